"""The page of one complaint: a head with its facts, then parts, each a fragment with a context of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinics.requests import MemberRequest
from triage.models import (
    Assessment,
    Diagnosis,
    DiagnosticBlock,
    Encounter,
    Episode,
    EpisodeProgramme,
    FollowUp,
    OutcomeRequest,
    OutcomeScore,
    Run,
)
from triage.presentation.blocks import view_of
from triage.presentation.diagnoses import diagnosis_line, names_of_conditions
from triage.presentation.episodes import facts_of
from triage.presentation.outcomes import latest_lines, open_links
from triage.presentation.plan_page import episode_summary, plan_of
from triage.presentation.programmes import programme_shown
from triage.presentation.runs import run_line
from triage.presentation.timeline import timeline
from triage.views.access import episode_or_404

Here = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One section of the page: `template` reads what `context` gives as `here`."""

    anchor: str
    title: str
    template: str
    context: Callable[[MemberRequest, Episode], Here]


@dataclass(frozen=True)
class ShownPart:
    anchor: str
    title: str
    template: str
    here: Here


def visits(request: MemberRequest, episode: Episode) -> Here:
    """Newest first, with what stood first at each and what moved between two; discarded drafts apart."""
    of_clinic = Encounter.objects.visible_to(request.membership).of_episode(episode)
    rows = list(of_clinic.with_answer_count().newest_first())
    kept = [visit for visit in rows if visit.status != Encounter.Status.DISCARDED]
    assessments = Assessment.objects.visible_to(request.membership).of_episode(episode)
    return {
        "visits": timeline(kept, assessments if any(visit.is_signed for visit in kept) else ()),
        "discarded": [visit for visit in rows if visit.status == Encounter.Status.DISCARDED],
    }


def diagnosis(request: MemberRequest, episode: Episode) -> Here:
    rows = Diagnosis.objects.visible_to(request.membership).filter(episode=episode).newest_first()
    found = list(rows.select_related("recorded_by"))
    follow_ups = FollowUp.objects.visible_to(request.membership).filter(episode=episode).soonest_first()
    known = names_of_conditions() if found else None
    return {"line": diagnosis_line(found, known), "follow_ups": list(follow_ups)}


def outcomes(request: MemberRequest, episode: Episode) -> Here:
    scores = OutcomeScore.objects.visible_to(request.membership).of_episode(episode).oldest_first()
    links = OutcomeRequest.objects.visible_to(request.membership).of_episode(episode).open().newest_first()
    return {
        "lines": latest_lines(scores.with_people()),
        "links": open_links(links),
    }


def blocks(request: MemberRequest, episode: Episode) -> Here:
    """Those that were given, oldest first."""
    of_clinic = DiagnosticBlock.objects.visible_to(request.membership).of_episode(episode).given()
    return {"views": [view_of(row) for row in of_clinic.with_all().oldest_first()]}


def plan(request: MemberRequest, episode: Episode) -> Here:
    """What it is for, how far it is, and the cautions that apply on the record of now."""
    found = plan_of(episode, request.membership)
    return episode_summary(found, request.membership) if found else {}


def running(request: MemberRequest, episode: Episode) -> Here:
    """Where the newest programme stands, and the last run."""
    programmes = EpisodeProgramme.objects.visible_to(request.membership).of_episode(episode)
    newest = programmes.newest_first().first()
    runs = Run.objects.visible_to(request.membership).of_episode(episode).kept()
    last = runs.with_shoe().newest_first().first()
    return {
        "programme": programme_shown(newest) if newest else None,
        "last": run_line(last, {}) if last else None,
        "stop_waits": runs.stops_unanswered().exists() if last else False,
    }


# A new part is one line here and one fragment in templates/triage/episode/.
PARTS = (
    Part("visits", "Visits", "triage/episode/_visits.html", visits),
    Part("blocks", "Diagnostic blocks", "triage/episode/_blocks.html", blocks),
    Part("diagnosis", "Diagnosis and follow-up", "triage/episode/_diagnosis.html", diagnosis),
    Part("plan", "Plan", "triage/episode/_plan.html", plan),
    Part("outcomes", "Outcomes", "triage/episode/_outcomes.html", outcomes),
    Part("running", "Back to running", "triage/episode/_running.html", running),
)


@require_safe
def episode_detail(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    episode = episode_or_404(request, episode_id)
    shown = [
        ShownPart(part.anchor, part.title, part.template, part.context(request, episode)) for part in PARTS
    ]
    context = {
        "episode": episode,
        "patient": episode.patient,
        "facts": facts_of(episode, request.membership),
        "parts": shown,
    }
    return render(request, "triage/episode_detail.html", context)
