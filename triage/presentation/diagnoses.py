"""Diagnoses and follow-ups as the patient's page and the worklist show them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import Catalogue, catalogue
from knowledge.models import Release
from triage.models import Diagnosis, FollowUp

DUE_WITHIN = dt.timedelta(days=7)
DUE_SHOWN = 30


@dataclass(frozen=True)
class DiagnosisLine:
    """The newest diagnosis of a complaint; `earlier` counts those it replaced."""

    name: str
    grade: str
    proven: bool
    proven_on: dt.date
    note: str
    by: str
    earlier: int
    listed: bool  # in the knowledge, not in one's own words


@dataclass(frozen=True)
class DueLine:
    url: str
    patient: str
    title: str
    text: str
    kind: str
    due_on: dt.date
    overdue: bool


def diagnosis_line(rows: list[Diagnosis], known: Catalogue | None) -> DiagnosisLine | None:
    """`rows` newest first; `known` names the codes (`names_of_conditions`)."""
    if not rows:
        return None
    row = rows[0]
    return DiagnosisLine(
        name=row.text or _name(known, row.condition_code),
        grade=row.get_grade_display().lower(),
        proven=row.is_proven,
        proven_on=row.proven_on,
        note=row.note,
        by=str(row.recorded_by),
        earlier=len(rows) - 1,
        listed=bool(row.condition_code),
    )


def names_of_conditions() -> Catalogue | None:
    """The newest release, where codes stay for ever; asked for once, however many diagnoses there are."""
    release = Release.objects.current()
    return catalogue(release.sha256) if release else None


def _name(known: Catalogue | None, code: str) -> str:
    return known.name("condition", code) if known else code.replace("_", " ")


def due_lines(member: Membership) -> list[DueLine]:
    """What is due within a week or overdue, the longest overdue first."""
    today = timezone.localdate()
    due = FollowUp.objects.visible_to(member).open().with_patient().soonest_first()
    return [
        DueLine(
            url=f"{reverse('triage:episode-detail', args=[row.episode_id])}#diagnosis",
            patient=str(row.episode.patient),
            title=row.episode.title,
            text=row.text,
            kind=row.get_kind_display(),
            due_on=row.due_on,
            overdue=row.due_on < today,
        )
        for row in due.due_by(today + DUE_WITHIN)[:DUE_SHOWN]
    ]
