"""Own list first: written before the differential is shown, then both side by side; and who does so."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinics.requests import MemberRequest
from triage.errors import TriageError
from triage.forms_own_list import OwnListForm
from triage.models import Encounter
from triage.own_lists import own_list_state
from triage.presentation.hidden import hidden_panel
from triage.presentation.own_lists import shown_lists
from triage.services import record_own_list, set_own_list_of_clinic, set_own_list_of_member
from triage.views.access import answers_of, encounter_or_404
from triage.views.differential import encounter_shelf, panel_of
from triage.views.unsent import answer_to_keeping, restore, sent


@require_http_methods(["GET", "HEAD", "POST"])
def own_list(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Write the own list; once the differential is shown, both side by side."""
    encounter = encounter_or_404(request, encounter_id)
    if not own_list_state(encounter, request.membership).hides:
        if request.method == "POST":
            messages.warning(request, "Nothing was saved: the differential is shown already.")
            return redirect("triage:own-list", encounter.pk)
        return _shown(request, encounter)
    form = OwnListForm(request.POST or None, known=encounter_shelf(encounter).catalogue)
    if keeping := answer_to_keeping(request, form, heading="Own list", patient=encounter.episode.patient):
        return keeping
    if request.POST.get("without") == "yes":
        return _reveal(request, encounter, OwnListForm(known=encounter_shelf(encounter).catalogue))
    if form.is_bound and form.is_valid():
        return _reveal(request, encounter, form)
    return _form_page(request, encounter, form)


def _reveal(request: MemberRequest, encounter: Encounter, form: OwnListForm) -> HttpResponse:
    """Put on record what `form` holds; unbound, that the differential is shown without an own list."""
    try:
        record_own_list(
            encounter=encounter,
            member=request.membership,
            entries=form.entries,
            submission_id=form.cleaned_data["submission_id"] if form.is_bound else None,
        )
    except TriageError as refusal:
        messages.error(request, str(refusal))
        return redirect("triage:own-list", encounter.pk)
    sent(request)
    if not form.is_bound:
        messages.info(request, "Shown without an own list; that is on record.")
        return redirect(f"{_visit(encounter)}#differential")
    return redirect("triage:own-list", encounter.pk)


def _form_page(request: MemberRequest, encounter: Encounter, form: OwnListForm) -> HttpResponse:
    observations = answers_of(encounter)
    panel = hidden_panel(panel_of(encounter, request.GET, observations))
    context = _record(encounter) | {"form": form, "panel": panel, "unsent": restore(request, form)}
    return render(request, "triage/own_list.html", context, status=422 if form.is_bound else 200)


def _shown(request: MemberRequest, encounter: Encounter) -> HttpResponse:
    rows = encounter.own_lists.oldest_first().select_related("by")
    diagnosis = encounter.episode.diagnoses.newest_first().first()
    context = _record(encounter) | {"lists": shown_lists(rows, diagnosis)}
    return render(request, "triage/own_list_shown.html", context)


def _record(encounter: Encounter) -> dict[str, object]:
    return {
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "encounter_url": _visit(encounter),
    }


def _visit(encounter: Encounter) -> str:
    return reverse("triage:encounter-detail", args=[encounter.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def own_list_settings(request: MemberRequest) -> HttpResponse:
    """Who writes an own list first: a lead chooses for the clinic, everybody for themselves."""
    member = request.membership
    if request.method == "POST":
        first = request.POST.get("first") == "yes"
        if request.POST.get("whose") == "clinic":
            if not member.leads:
                raise PermissionDenied
            set_own_list_of_clinic(member=member, first=first)
        elif request.POST.get("whose") == "me":
            set_own_list_of_member(member=member, first=first)
        else:
            messages.error(request, "Choose for whom.")
            return redirect("triage:own-list-settings")
        messages.success(request, "Saved. It holds from the next page on, for drafts begun earlier too.")
        return redirect("triage:own-list-settings")
    return render(request, "triage/own_list_settings.html", {"clinic": member.clinic, "member": member})
