"""The patient's plan and letters to colleagues, on paper. What leaves as a file is an export: proof again of
who asks, and an event that says so.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.access import fresh_authentication_required
from clinics.requests import MemberRequest
from triage.errors import StaleVersion
from triage.forms_letter import LetterForm
from triage.letters import pdf
from triage.letters.letter_data import letter_data
from triage.letters.plan_data import plan_data
from triage.models import Encounter, Episode, Letter, PatientItem, Referral, SentLetter
from triage.presentation.plan_page import newest_visit, plan_of, plan_page
from triage.services import change_letter, send_letter, write_letter
from triage.services.records import audit
from triage.views.access import episode_or_404
from triage.views.plans import FORM_METHODS, plan_or_404, plan_url
from triage.views.posted import uuid_or_none, version_of
from triage.views.rendering import FormPage, record_form

OPENING = "Dear colleague, thank you for seeing this patient."
CLOSING = "Thank you for your answer. Please write or call with any question."


@require_safe
@fresh_authentication_required
def plan_pdf(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    _, plan = plan_or_404(request, episode_id)
    now = timezone.localtime()
    data = plan_data(plan_page(plan, request.membership), request.membership, day=now.date())
    audit(request.membership, "plan.exported", plan)
    return _download(pdf.plan_pdf(data, at=now), "plan.pdf")


@require_http_methods(FORM_METHODS)
def letter_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """A letter tells what was frozen at the newest signature; before one there is nothing to tell."""
    episode = episode_or_404(request, episode_id)
    visit = newest_visit(episode, request.membership, signed=True)
    if visit is None:
        messages.warning(request, "A letter tells what a signed visit found: sign one first.")
        return redirect(plan_url(episode))
    referrals = _referrals(request, episode)
    asked = referrals.get(uuid_or_none(request.GET.get("referral", "")) or uuid.UUID(int=0))
    initial = {"opening": OPENING, "closing": CLOSING}
    if asked:
        initial |= {"recipient": asked.to_whom, "asked": asked.reason, "referral_id": str(asked.pk)}
    choices = [(str(row.pk), row.to_whom) for row in referrals.values()]

    def save(form: Any) -> Letter:
        chosen = uuid_or_none(form.cleaned_data.get("referral_id") or "")
        return write_letter(
            episode=episode,
            encounter=visit,
            member=request.membership,
            referral=referrals.get(chosen) if chosen else None,
            submission_id=form.cleaned_data["submission_id"],
            **form.record_values(),
        )

    return record_form(
        request,
        LetterForm(request.POST or None, referrals=choices, initial=initial),
        FormPage(
            "Letter to a colleague",
            "Write it",
            plan_url(episode),
            lead=f"Findings come from the visit signed for {timezone.localtime(visit.held_at):%-d %B %Y}.",
            patient=episode.patient,
            episode=episode,
        ),
        save=save,
        done=_letter_url,
    )


def _referrals(request: MemberRequest, episode: Episode) -> dict[uuid.UUID, Referral]:
    plan = plan_of(episode, request.membership)
    if plan is None:
        return {}
    rows = Referral.objects.visible_to(request.membership).of_plan(plan).kept().in_order()
    return {row.pk: row for row in rows}


@require_http_methods(FORM_METHODS)
def letter_edit(request: MemberRequest, letter_id: uuid.UUID) -> HttpResponse:
    letter = _letter_or_404(request, letter_id)
    if letter.is_sent:
        messages.warning(request, "This letter was sent: it never changes. Write another one.")
        return redirect(_letter_url(letter))
    episode = letter.episode
    return record_form(
        request,
        LetterForm(request.POST or None, instance=_letter_or_404(request, letter_id), referrals=[]),
        FormPage("Change the letter", "Save", _letter_url(letter), patient=episode.patient, episode=episode),
        save=lambda form: change_letter(
            letter=letter,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=_letter_url,
    )


@require_safe
def letter_detail(request: MemberRequest, letter_id: uuid.UUID) -> HttpResponse:
    """What the letter says; of a sent one the paper itself is kept, and this page is what it says now."""
    letter = _letter_or_404(request, letter_id)
    copy = SentLetter.objects.visible_to(request.membership).filter(letter=letter).defer("pdf").first()
    context = {
        "letter": letter,
        "copy": copy,
        "episode": letter.episode,
        "patient": letter.episode.patient,
        "data": None if letter.is_sent else _data(request, letter),
    }
    return render(request, "triage/letter_detail.html", context)


@require_POST
def letter_send(request: MemberRequest, letter_id: uuid.UUID) -> HttpResponse:
    letter = _letter_or_404(request, letter_id)

    def make(current: Letter) -> bytes:
        current.episode, current.encounter = letter.episode, letter.encounter
        return pdf.letter_pdf(_data(request, current), at=current.sent_at or timezone.now())

    try:
        send_letter(letter=letter, member=request.membership, version=version_of(request.POST), make=make)
    except StaleVersion:
        messages.warning(request, "Somebody else changed the letter meanwhile; read it again, then send it.")
    else:
        messages.success(request, "The letter is frozen as sent. Download the PDF and pass it on.")
    return redirect(_letter_url(letter))


@require_safe
@fresh_authentication_required
def letter_pdf(request: MemberRequest, letter_id: uuid.UUID) -> HttpResponse:
    """The bytes as they were sent; of a draft, as it would be sent now."""
    letter = _letter_or_404(request, letter_id)
    copy = SentLetter.objects.visible_to(request.membership).filter(letter=letter).first()
    made = bytes(copy.pdf) if copy else pdf.letter_pdf(_data(request, letter), at=timezone.now())
    audit(request.membership, "letter.exported", letter)
    return _download(made, "letter.pdf")


def _data(request: MemberRequest, letter: Letter) -> dict[str, Any]:
    plan = plan_of(letter.episode, request.membership)
    day = timezone.localdate()
    items = PatientItem.objects.visible_to(request.membership).filter(patient=letter.episode.patient)
    return letter_data(
        letter,
        member=request.membership,
        plan=plan_page(plan, request.membership) if plan else None,
        items=list(items.current(day)),
        day=day,
    )


def _download(made: bytes, name: str) -> HttpResponse:
    """Nobody's name in the file's name, and nothing kept on the way."""
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    patch_cache_control(response, private=True, no_store=True)
    return response


def _letter_or_404(request: MemberRequest, letter_id: uuid.UUID) -> Letter:
    letters = Letter.objects.of_clinic(request.membership).select_related("referral")
    letter: Letter = get_object_or_404(letters, pk=letter_id)
    letter.episode = episode_or_404(request, letter.episode_id)
    visits = Encounter.objects.visible_to(request.membership).with_record().select_related("signed_by")
    letter.encounter = visits.get(pk=letter.encounter_id)
    return letter


def _letter_url(letter: Letter) -> str:
    return reverse("triage:letter-detail", args=[letter.pk])
