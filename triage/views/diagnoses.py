from __future__ import annotations

import json
import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinics.requests import MemberRequest
from triage.errors import StaleVersion
from triage.forms_diagnosis import DiagnosisForm, FollowUpForm
from triage.models import Encounter, Episode, FollowUp
from triage.presentation.knowledge import shelf
from triage.services import plan_follow_up, record_diagnosis, settle_follow_up
from triage.views.access import episode_or_404
from triage.views.posted import VERSION_DIGITS
from triage.views.rendering import FormPage, record_form

FORM_METHODS = ["GET", "HEAD", "POST"]
LIKELY_SHOWN = 5
OTHER = "other"


@require_http_methods(FORM_METHODS)
def diagnosis_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """What the complaint proved to be; a correction is recorded the same way."""
    episode = episode_or_404(request, episode_id)
    likely, conditions = condition_choices(request, episode)
    return record_form(
        request,
        DiagnosisForm(request.POST or None, likely=likely, conditions=conditions),
        FormPage(
            "Proven diagnosis",
            "Put on record",
            _episode_url(episode),
            lead="The newest one counts; earlier ones stay on record.",
            patient=episode.patient,
            episode=episode,
        ),
        save=lambda form: record_diagnosis(
            episode=episode,
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            close=form.cleaned_data["close"],
            **form.record_values(),
        ),
        done=lambda saved: _episode_url(episode),
    )


def condition_choices(
    request: MemberRequest, episode: Episode
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The first of the last signed differential, and every condition of its release, by name."""
    visits = Encounter.objects.visible_to(request.membership).filter(episode=episode).with_patient()
    visit = visits.signed().newest_first().first() or visits.kept().newest_first().first()
    if visit is None:
        return [], []
    known = shelf(visit.release.sha256).catalogue
    rows = [row for row in known.rows("conditions") if "replaced_by" not in row]
    names = sorted(((row["code"], row["name"]) for row in rows), key=lambda pair: pair[1].casefold())
    if not visit.is_signed:
        return [], names
    ranked = json.loads(bytes(visit.assessment.output))["hypotheses"][: LIKELY_SHOWN + 1]
    codes = [row["condition"] for row in ranked if row["condition"] != OTHER][:LIKELY_SHOWN]
    return [(code, known.name("condition", code)) for code in codes], names


@require_http_methods(FORM_METHODS)
def follow_up_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    episode = episode_or_404(request, episode_id)
    return record_form(
        request,
        FollowUpForm(request.POST or None),
        FormPage(
            "Follow-up",
            "Put on the worklist",
            _episode_url(episode),
            lead="It stands on the worklist until it is done.",
            patient=episode.patient,
            episode=episode,
        ),
        save=lambda form: plan_follow_up(
            episode=episode,
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            **form.record_values(),
        ),
        done=lambda saved: _episode_url(episode),
    )


@require_POST
def follow_up_settle(request: MemberRequest, follow_up_id: uuid.UUID) -> HttpResponse:
    """Done, or – the way back – open again."""
    follow_ups = FollowUp.objects.of_clinic(request.membership)
    follow_up: FollowUp = get_object_or_404(follow_ups, pk=follow_up_id)
    episode = episode_or_404(request, follow_up.episode_id)
    version, done = request.POST.get("version", ""), request.POST.get("done") == "yes"
    seen = int(version) if version.isdecimal() and len(version) <= VERSION_DIGITS else 0
    try:
        settle_follow_up(follow_up=follow_up, member=request.membership, version=seen, done=done)
    except StaleVersion:
        messages.warning(request, "Somebody else changed this follow-up meanwhile; look again.")
    else:
        messages.success(request, f"“{follow_up.text}” is {'done' if done else 'open again'}.")
    return redirect(_episode_url(episode))


def _episode_url(episode: Episode) -> str:
    return f"{reverse('triage:episode-detail', args=[episode.pk])}#diagnosis"
