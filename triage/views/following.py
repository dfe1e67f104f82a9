"""What a visit shows of the visits before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from triage.carrying import earlier_answers
from triage.models import Encounter, Observation
from triage.presentation.answers import NOTHING_BEFORE, Before
from triage.presentation.earlier import lost_answers
from triage.presentation.record import answered_sections
from triage.views.differential import encounter_shelf


def before_of(encounter: Encounter) -> Before:
    """What stands beside the rows of the form: every earlier answer, asked again or not."""
    if encounter.previous_id is None:
        return NOTHING_BEFORE
    stands = earlier_answers(encounter, (), release=encounter.release.sha256).stands
    rows = {(row.finding_code, row.side): row for row in stands}
    return Before(rows, timezone.localdate(encounter.held_at))


def follow_up_context(encounter: Encounter, observations: Sequence[Observation]) -> dict[str, Any]:
    """What the workspace says above the form; nothing at a first visit."""
    if encounter.previous_id is None:
        return {}
    earlier = earlier_answers(encounter, observations, release=encounter.release.sha256)
    day = timezone.localdate(encounter.held_at)
    return {
        "follow_up": True,
        "carried_count": len(earlier.stands),
        "lost_answers": lost_answers(earlier.lost, encounter_shelf(encounter), day),
    }


def record_context(encounter: Encounter, observations: Sequence[Observation]) -> dict[str, Any]:
    """What was asked at the visit, and apart from it what stands from earlier ones."""
    known, side = encounter_shelf(encounter).catalogue, encounter.episode.side
    day = timezone.localdate(encounter.held_at)
    earlier = earlier_answers(encounter, observations, release=encounter.release.sha256)
    return {
        "record": answered_sections(known, observations, side, beside=day),
        "stands": answered_sections(known, earlier.stands, side, beside=day) if earlier.stands else (),
        "lost_answers": lost_answers(earlier.lost, encounter_shelf(encounter), day),
    }
