"""The visits of a complaint, newest first: what stood first at each, and what moved between two."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from triage.models import Assessment, Encounter
from triage.presentation import words
from triage.presentation.changes import Changes, changes
from triage.presentation.conditions import name_of
from triage.presentation.knowledge import shelf

FIRST_SHOWN = 3


@dataclass(frozen=True)
class First:
    name: str
    percent: str
    words: str


@dataclass(frozen=True)
class TimelineVisit:
    """`first` and `changes` as frozen at signing; a draft has neither."""

    visit: Encounter
    first: tuple[First, ...] = ()
    changes: Changes | None = None


@dataclass(frozen=True)
class _Frozen:
    visit: Encounter
    assessment: Assessment
    output: Mapping[str, Any]


def timeline(visits: Iterable[Encounter], assessments: Iterable[Assessment]) -> list[TimelineVisit]:
    """In the order of `visits`; each signed one is compared with the one on which it builds."""
    by_visit = {row.encounter_id: row for row in assessments}
    rows = list(visits)
    frozen = {
        visit.pk: _Frozen(visit, by_visit[visit.pk], json.loads(bytes(by_visit[visit.pk].output)))
        for visit in rows
        if visit.pk in by_visit
    }
    return [_visit(visit, frozen) for visit in rows]


def _visit(visit: Encounter, frozen: Mapping[uuid.UUID, _Frozen]) -> TimelineVisit:
    now = frozen.get(visit.pk)
    if now is None:
        return TimelineVisit(visit)
    before = frozen.get(visit.previous_id) if visit.previous_id else None
    return TimelineVisit(visit, _first(now), _changes(before, now) if before else None)


def _first(now: _Frozen) -> tuple[First, ...]:
    known = shelf(now.assessment.release_sha256)
    return tuple(
        First(name_of(row["condition"], known), words.percent(row["share"]), words.share_words(row["share"]))
        for row in now.output["hypotheses"][:FIRST_SHOWN]
    )


def _changes(before: _Frozen, now: _Frozen) -> Changes:
    return changes(
        before.output,
        now.output,
        cases=(before.assessment.case_json, now.assessment.case_json),
        shelves=(shelf(before.assessment.release_sha256), shelf(now.assessment.release_sha256)),
        since=timezone.localdate(before.visit.held_at),
        beside=timezone.localdate(now.visit.held_at),
    )
