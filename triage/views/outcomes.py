from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.access import rate_limited
from clinics.requests import MemberRequest
from triage.errors import TriageError
from triage.forms_outcome import LinkForm, OutcomeForm
from triage.models import Encounter, Episode, OutcomeRequest, OutcomeScore
from triage.outcomes import MEASURES, Measure, ScoreError, alarm
from triage.presentation.outcomes import measures_to_ask, names_of, open_links, series_of
from triage.services import create_link, mark_alarm_seen, record_outcome, revoke_link
from triage.views.access import episode_or_404
from triage.views.unsent import answer_to_keeping, restore, sent

FORM_METHODS = ["GET", "HEAD", "POST"]
VISITS_OFFERED = 12


@require_safe
def episode_outcomes(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """Every measure of one complaint: curve, table, and the links that are open."""
    return _outcomes_page(request, episode_or_404(request, episode_id))


def _outcomes_page(
    request: MemberRequest, episode: Episode, *, status: int = 200, **more: Any
) -> HttpResponse:
    series = series_of(_scores(request, episode))
    links = OutcomeRequest.objects.visible_to(request.membership).of_episode(episode).open()
    context = {
        "episode": episode,
        "patient": episode.patient,
        "measures": list(MEASURES.values()),
        "series": series,
        "to_ask": measures_to_ask(row.measure.code for row in series),
        "links": open_links(links.newest_first()),
        **more,
    }
    return render(request, "triage/outcomes.html", context, status=status)


def _scores(request: MemberRequest, episode: Episode) -> Any:
    scores = OutcomeScore.objects.visible_to(request.membership).of_episode(episode)
    return scores.with_people().oldest_first()


@require_http_methods(FORM_METHODS)
def outcome_new(request: MemberRequest, episode_id: uuid.UUID, measure: str) -> HttpResponse:
    episode, asked = episode_or_404(request, episode_id), _measure_or_404(measure)
    initial: dict[str, Any] = {}
    if asked.names_activities:
        newest = _scores(request, episode).of_measure(asked.code).last()
        names = newest.activities if newest else []
        initial = {f"name_{number}": name for number, name in enumerate(names, start=1)}
    return _form_page(request, episode, asked, initial=initial)


@require_http_methods(FORM_METHODS)
def outcome_correct(request: MemberRequest, score_id: uuid.UUID) -> HttpResponse:
    """The same questions with the answers as they stand; the corrected row stays on record."""
    score = _score_or_404(request, score_id)
    day = timezone.localdate(score.answered_at)
    initial: dict[str, Any] = {**score.answers, "answered_on": day, "visit": str(score.encounter_id or "")}
    initial |= {f"name_{number}": name for number, name in enumerate(score.activities, start=1)}
    return _form_page(request, score.episode, MEASURES[score.measure], initial=initial, corrects=score)


def _form_page(
    request: MemberRequest,
    episode: Episode,
    asked: Measure,
    *,
    initial: dict[str, Any],
    corrects: OutcomeScore | None = None,
) -> HttpResponse:
    visits = _visits(request, episode)
    offered = [(str(visit.pk), f"{timezone.localtime(visit.held_at):%-d %b %Y}") for visit in visits]
    if not initial.get("visit") and corrects is None:
        today = [visit for visit in visits if timezone.localdate(visit.held_at) == timezone.localdate()]
        initial["visit"] = str(today[0].pk) if today else ""
    form = OutcomeForm(request.POST or None, measure=asked, visits=offered, initial=initial)
    heading = f"{'Correct: ' if corrects else ''}{asked.name}"
    if keeping := answer_to_keeping(request, form, heading=heading, patient=episode.patient):
        return keeping
    if form.is_bound and form.is_valid() and (saved := _saved(request, form, episode, corrects, visits)):
        sent(request)
        for code in saved.alarms:
            messages.warning(request, f"Alarming answer: {alarm(code).words}. {alarm(code).advice}")
        return redirect(_page(episode))
    context = {
        "form": form,
        "heading": heading,
        "measure": asked,
        "corrects": corrects,
        "patient": episode.patient,
        "episode": episode,
        "back_url": _page(episode),
        "unsent": restore(request, form),
    }
    return render(request, "triage/outcome_form.html", context, status=422 if form.is_bound else 200)


def _saved(
    request: MemberRequest,
    form: OutcomeForm,
    episode: Episode,
    corrects: OutcomeScore | None,
    visits: list[Encounter],
) -> OutcomeScore | None:
    """None when the service refuses; the form then says why."""
    chosen = form.cleaned_data["visit"]
    try:
        return record_outcome(
            episode=episode,
            member=request.membership,
            measure_code=form.measure.code,
            answers=form.answers(),
            activities=form.named(),
            encounter=next((visit for visit in visits if str(visit.pk) == chosen), None),
            answered_at=form.answered_at(),
            corrects=corrects,
            submission_id=form.cleaned_data["submission_id"],
        )
    except (TriageError, ScoreError) as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return None


def _visits(request: MemberRequest, episode: Episode) -> list[Encounter]:
    kept = Encounter.objects.visible_to(request.membership).of_episode(episode).kept()
    return list(kept.newest_first()[:VISITS_OFFERED])


@require_POST
def alarm_seen(request: MemberRequest, score_id: uuid.UUID) -> HttpResponse:
    score = _score_or_404(request, score_id)
    seen = mark_alarm_seen(score=score, member=request.membership)
    messages.success(request, f"The alarming answer is marked seen by {seen.user}.")
    return redirect("triage:worklist" if request.POST.get("from") == "worklist" else _page(score.episode))


@require_POST
@rate_limited("outcome_link")
def outcome_link_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """The address is shown this once: the database keeps its fingerprint alone."""
    episode = episode_or_404(request, episode_id)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _outcomes_page(request, episode, status=422, link_form=form)
    link, token = create_link(
        episode=episode, member=request.membership, measure_codes=form.cleaned_data["measures"]
    )
    address = request.build_absolute_uri(reverse("triage:outcome-link-open", args=[token]))
    made = {"row": link, "names": names_of(link), "address": address}
    return _outcomes_page(request, episode, made=made)


@require_POST
def outcome_link_revoke(request: MemberRequest, request_id: uuid.UUID) -> HttpResponse:
    requests = OutcomeRequest.objects.of_clinic(request.membership)
    link: OutcomeRequest = get_object_or_404(requests, pk=request_id)
    episode = episode_or_404(request, link.episode_id)
    revoke_link(request=link, member=request.membership)
    messages.success(request, "The link is withdrawn; it opens nothing.")
    return redirect(_page(episode))


def _measure_or_404(code: str) -> Measure:
    if code not in MEASURES:
        raise Http404
    return MEASURES[code]


def _score_or_404(request: MemberRequest, score_id: uuid.UUID) -> OutcomeScore:
    scores = OutcomeScore.objects.of_clinic(request.membership)
    score: OutcomeScore = get_object_or_404(scores, pk=score_id)
    score.episode = episode_or_404(request, score.episode_id)
    return score


def _page(episode: Episode) -> str:
    return reverse("triage:episode-outcomes", args=[episode.pk])
