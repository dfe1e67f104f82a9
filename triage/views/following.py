"""What a visit shows of the visits before it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinics.requests import MemberRequest
from triage.carrying import earlier_answers
from triage.differential import CaseDocument, case_document, rank_encounter
from triage.models import Assessment, Encounter, Observation
from triage.own_lists import own_list_state
from triage.presentation.answers import NOTHING_BEFORE, Before
from triage.presentation.changes import PLACES_WATCHED, Changes, changes, watched
from triage.presentation.earlier import lost_answers
from triage.presentation.knowledge import shelf
from triage.presentation.record import answered_sections
from triage.ranking import RankingError
from triage.views.access import opened_or_404
from triage.views.differential import encounter_shelf
from triage.views.rendering import page_or_fragment, wants_fragment


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


@require_safe
def encounter_changes(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """What moved in the list since the visit before, and which findings moved it; not before one's own list
    is written, where that comes first.
    """
    encounter, observations = opened_or_404(request, encounter_id)
    if encounter.previous_id is None or encounter.status == Encounter.Status.DISCARDED:
        return redirect("triage:encounter-detail", encounter.pk)
    if own_list_state(encounter, request.membership).hides:
        if wants_fragment(request):
            return render(request, "triage/_changes_link.html", {"encounter": encounter})
        return redirect("triage:own-list", encounter.pk)
    context = {
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "at": timezone.now(),
        "changes": changes_of(encounter, observations),
    }
    return page_or_fragment(
        request, "triage/encounter_changes.html", context, fragment="triage/_changes_opened.html"
    )


def changes_of(encounter: Encounter, observations: Sequence[Observation]) -> Changes | None:
    """None where the visit cannot be ranked now."""
    earlier: Assessment = Assessment.objects.select_related("encounter").get(encounter=encounter.previous_id)
    before = json.loads(bytes(earlier.output))
    try:
        case, after = _now(encounter, observations, before)
    except RankingError:
        return None
    return changes(
        before,
        after,
        cases=(earlier.case_json, case),
        shelves=(shelf(earlier.release_sha256), encounter_shelf(encounter)),
        since=timezone.localdate(earlier.encounter.held_at),
        beside=timezone.localdate(encounter.held_at),
    )


def _now(
    encounter: Encounter, observations: Sequence[Observation], before: Mapping[str, Any]
) -> tuple[CaseDocument, Mapping[str, Any]]:
    """Case file and ranking: as frozen for a signed visit, ranked now for a draft."""
    if encounter.is_signed:
        return encounter.assessment.case_json, json.loads(bytes(encounter.assessment.output))
    ranking = rank_encounter(encounter, observations)
    first = {*ranking.differential.first(PLACES_WATCHED), *watched(before)}
    return case_document(encounter, observations), ranking.to_dict(explained=first)
