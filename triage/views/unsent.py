"""A form keeps on the server what is typed into it: `unsent=keep` beside its fields, `unsent=discard` to
forget. Both go to the form's own address, so that whoever may not send the form may not keep it either.
"""

from __future__ import annotations

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from clinics.requests import MemberRequest
from triage.errors import TooMuchText
from triage.models import Patient, UnsentForm
from triage.services import drop_unsent, keep_unsent

WORD = "unsent"


def answer_to_keeping(
    request: MemberRequest,
    form: forms.BaseForm,
    *,
    heading: str,
    patient: Patient | None = None,
    page: str = "",
) -> HttpResponse | None:
    """Keep or discard when the request asks for that; None when the form is sent or shown."""
    wish = request.POST.get(WORD)
    if wish == "discard":
        drop_unsent(member=request.membership, path=request.path)
        return redirect(page or request.path)
    if wish != "keep":
        return None
    fields = {name: str(form.data.get(name, "")).replace("\x00", "") for name in form.fields}
    try:
        kept = keep_unsent(
            member=request.membership, path=request.path, heading=heading, fields=fields, patient=patient
        )
    except TooMuchText as refusal:
        return JsonResponse({"problem": str(refusal)}, status=422)
    return JsonResponse({"kept": f"{timezone.localtime(kept.saved_at):%H:%M}"})


def restore(request: MemberRequest, form: forms.BaseForm, *, path: str = "") -> UnsentForm | None:
    """Fill a form that is shown for the first time with what was kept of it, and say so."""
    if form.is_bound:
        return None
    kept: UnsentForm | None = UnsentForm.objects.of(request.membership).at(path or request.path).first()
    if kept is not None:
        form.initial.update({name: value for name, value in kept.fields.items() if name in form.fields})
    return kept


def sent(request: MemberRequest) -> None:
    """The form arrived: nothing of it needs to be kept."""
    drop_unsent(member=request.membership, path=request.path)
