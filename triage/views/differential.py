"""The differential of a visit as the pages show it: ranked now for a draft, as frozen for a signed one."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from triage.carrying import Earlier, earlier_answers
from triage.differential import case_document, dismissals, rank_encounter
from triage.models import Encounter, Observation
from triage.presentation.earlier import Key, days_of, days_of_case, mark_earlier
from triage.presentation.flags import flags_without_ranking
from triage.presentation.knowledge import Shelf, shelf
from triage.presentation.panel import ROWS_SHOWN, Panel, PutAside, View, build_panel, unavailable_panel
from triage.ranking import RankingError

logger = logging.getLogger(__name__)
CODE_LENGTH = 63


def panel_of(
    encounter: Encounter, asked: QueryDict, observations: Sequence[Observation], *, opened: str = ""
) -> Panel:
    """The panel of a visit. After an engine error: no list at all, the red flags still."""
    known = shelf(encounter.release.sha256)
    earlier = _earlier_of_draft(encounter, observations)
    days = days_of_earlier(encounter, observations) if earlier is None else days_of(earlier)
    answered = {code for code, _ in days} | {
        row.finding_code for row in observations if row.status != Observation.Status.NOT_TESTED
    }
    label = release_label(encounter)
    view = _view(encounter, asked, answered, opened or asked.get("open", "")[:CODE_LENGTH])
    try:
        ranking = frozen(encounter) or _ranked_now(encounter, observations, view, earlier)
        mark_earlier(ranking, days, timezone.localdate(encounter.held_at))
    except RankingError:
        logger.exception("ranking failed for encounter %s", encounter.pk)
        flags = flags_without_ranking(known.catalogue.document, case_document(encounter, observations))
        mark_earlier({"red_flags": flags}, days, timezone.localdate(encounter.held_at))
        aside = put_aside(encounter, flags)
        return unavailable_panel(flags, known, answered=len(answered), release_label=label, put_aside=aside)
    aside = put_aside(encounter, ranking["red_flags"])
    return build_panel(ranking, known, view, release_label=label, put_aside=aside)


def days_of_earlier(encounter: Encounter, observations: Sequence[Observation]) -> Mapping[Key, dt.date]:
    """When each answer that stands from an earlier visit was given; as frozen for a signed visit."""
    if encounter.previous_id is None:
        return {}
    if encounter.is_signed:
        return days_of_case(encounter.assessment.case_json)
    return days_of(earlier_answers(encounter, observations, release=encounter.release.sha256))


def put_aside(encounter: Encounter, flags: Sequence[Mapping[str, Any]]) -> dict[str, PutAside]:
    """What a person dismissed of the fired flags: as it stands for a draft, as frozen for a signed visit."""
    if not flags:
        return {}
    if encounter.is_signed:
        return {
            row["rule"]: PutAside(row["reason"], row["by"], dt.datetime.fromisoformat(row["at"]))
            for row in encounter.assessment.dismissals_json
        }
    return {
        rule: PutAside(row.reason, str(row.by), row.created_at, row.matched)
        for rule, row in dismissals(encounter).items()
    }


def _view(encounter: Encounter, asked: QueryDict, answered: set[str], opened: str) -> View:
    all_rows = asked.get("all") == "1"
    query = "?all=1" if all_rows else ""
    closed = reverse("triage:encounter-detail", args=[encounter.pk])
    detail = reverse("triage:hypothesis-detail", args=[encounter.pk, "code"]).removesuffix("code/")
    return View(
        open=opened,
        all=all_rows,
        recorded=answered,
        on_record=on_record(encounter),
        page_url=lambda code: f"{detail}{code}/",
        toggle_url=lambda code, is_open: f"{closed if is_open else f'{detail}{code}/'}{query}",
    )


def _earlier_of_draft(encounter: Encounter, observations: Sequence[Observation]) -> Earlier | None:
    """Worked out once for the days and for the case; None for a signed visit, whose case is frozen."""
    if encounter.is_signed:
        return None
    return earlier_answers(encounter, observations, release=encounter.release.sha256)


def _ranked_now(
    encounter: Encounter, observations: Sequence[Observation], view: View, earlier: Earlier | None
) -> dict[str, Any]:
    """Every hypothesis with its numbers; the reasons of those that the view shows."""
    ranking = rank_encounter(encounter, observations, earlier)
    shown = None if view.all else {*ranking.differential.first(ROWS_SHOWN), view.open}
    return ranking.to_dict(explained=shown)


def frozen(encounter: Encounter) -> dict[str, Any] | None:
    """What was frozen at signing."""
    if not encounter.is_signed:
        return None
    output: dict[str, Any] = json.loads(bytes(encounter.assessment.output))
    return output


def on_record(encounter: Encounter) -> set[str]:
    """Codes of the patient's current comorbidities, medicines and allergies, for cautions."""
    day = timezone.localdate(encounter.held_at)
    return {item.code for item in encounter.episode.patient.items.all() if item.code and item.is_current(day)}


def release_label(encounter: Encounter) -> str:
    release = encounter.release
    return f"{release.number} ({release.sha256[:8]})"


def encounter_shelf(encounter: Encounter) -> Shelf:
    return shelf(encounter.release.sha256)
