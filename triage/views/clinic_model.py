from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clinics.requests import MemberRequest
from knowledge.catalogue import catalogue
from triage.clinic_model_form import ClinicModelForm
from triage.errors import NoRelease, StaleVersion, TriageError
from triage.models import ClinicModel
from triage.presentation.clinic_numbers import version_row
from triage.proof import proof_in
from triage.ranking import InvalidRelease
from triage.services import release_for, save_clinic_model


@require_http_methods(["GET", "HEAD", "POST"])
def clinic_model(request: MemberRequest) -> HttpResponse:
    """A clinic's own numbers: every member may read them, a lead may save a new version."""
    if request.method == "POST" and not request.membership.leads:
        raise PermissionDenied
    try:
        document = catalogue(release_for(request.membership).sha256).document
    except NoRelease:
        return render(request, "triage/clinic_model.html", {"no_release": True})
    versions = list(
        ClinicModel.objects.visible_to(request.membership).newest_first().select_related("saved_by")
    )
    form = _form(request, document, versions)
    stale = False
    if form.is_bound and form.is_valid():
        stale = _save(request, form)
        if not stale and form.is_valid():
            messages.success(request, "Saved. Drafts are ranked with these numbers from now on.")
            return redirect("triage:clinic-model")
    context = {"form": form, "stale": stale, "proof": form.proof, "model": document["model"]}
    context["versions"] = [version_row(row, document) for row in versions]
    return render(request, "triage/clinic_model.html", context, status=_status(form, stale))


def _form(
    request: MemberRequest, document: Mapping[str, Any], versions: Sequence[ClinicModel]
) -> ClinicModelForm:
    current = versions[0] if versions else None
    return ClinicModelForm(
        request.POST or None,
        document=document,
        current=current.settings if current else {},
        version=current.version if current else 0,
        proof=proof_in(request.membership.clinic_id),
    )


def _save(request: MemberRequest, form: ClinicModelForm) -> bool:
    """Save; True when somebody was faster – then the form is made ready to be sent once more."""
    given: dict[str, Any] = form.cleaned_data
    try:
        save_clinic_model(
            member=request.membership,
            settings=form.settings(),
            version=given["version"],
            reason=given["reason"],
        )
    except StaleVersion as conflict:
        data = cast(QueryDict, form.data).copy()
        data["version"] = str(conflict.version)
        form.data = data
        return True
    except (TriageError, InvalidRelease, ValidationError) as refusal:
        form.add_error(None, str(refusal))
    return False


def _status(form: ClinicModelForm, stale: bool) -> int:
    return 409 if stale else 422 if form.is_bound else 200
