from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinics.requests import MemberRequest
from triage.models import Encounter
from triage.presentation.blocks import due_readings
from triage.presentation.diagnoses import due_lines
from triage.presentation.outcomes import alarm_lines
from triage.presentation.runs import waiting_stops
from triage.presentation.unsent import unsent_rows
from triage.services import newer_than_chosen

DRAFTS_SHOWN = 30
RECENT_SHOWN = 10


@dataclass(frozen=True)
class VisitRow:
    """One visit on the worklist."""

    url: str
    patient: str
    facts: str
    title: str
    side: str
    held_at: Any
    status: str
    answers: int


@require_safe
def worklist(request: MemberRequest) -> HttpResponse:
    visits = (
        Encounter.objects.visible_to(request.membership).with_patient().with_answer_count().newest_first()
    )
    today = timezone.localdate()
    drafts = visits.drafts().not_held_on(today)
    context = {
        "today": today,
        "newer": newer_than_chosen(request.membership),
        "held_today": visit_rows(visits.kept().held_on(today)),
        "drafts": visit_rows(drafts[:DRAFTS_SHOWN]),
        "more_drafts": max(0, drafts.count() - DRAFTS_SHOWN),
        "alarms": alarm_lines(request.membership),
        "due_readings": due_readings(request.membership),
        "stops": waiting_stops(request.membership),
        "due": due_lines(request.membership),
        "unsent": unsent_rows(request.membership),
        "recent": visit_rows(visits.signed().not_held_on(today)[:RECENT_SHOWN]),
    }
    return render(request, "triage/worklist.html", context)


def visit_rows(visits: Iterable[Encounter]) -> list[VisitRow]:
    return [_visit_row(visit) for visit in visits]


def _visit_row(visit: Any) -> VisitRow:
    episode, patient = visit.episode, visit.episode.patient
    return VisitRow(
        url=reverse("triage:encounter-detail", args=[visit.pk]),
        patient=str(patient),
        facts=" · ".join(
            filter(None, [f"{patient.age_years} years", patient.get_sex_display().lower(), patient.sport])
        ),
        title=episode.title,
        side="" if episode.side == "unknown" else episode.get_side_display().lower(),
        held_at=visit.held_at,
        status=visit.status,
        answers=visit.answer_count,
    )
