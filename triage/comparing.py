"""One visit ranked under two releases, with its answers as each release knows them. Nothing is written."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.catalogue import catalogue
from knowledge.models import Release
from triage.differential import (
    CaseDocument,
    case_document,
    current_clinic_model,
    model_for,
    rank_document,
)
from triage.models import Assessment, ClinicModel, Encounter, Observation
from triage.moving import Moved, Said, moved_answers, successor
from triage.ranking import InvalidRelease, RankingError

Ranking = Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """`before` and `after` in the engine's own shape (`Ranking.to_dict()`), None where it cannot rank.

    `without_numbers`: the clinic's own numbers do not fit one of the releases and were left out of `after`
    (and of `before`, unless that is frozen). `unused`: codes of the patient's record that count no more.
    """

    before: Ranking | None
    after: Ranking | None
    moves: tuple[Moved, ...]
    unused: tuple[str, ...]
    without_numbers: bool


def compare_draft(encounter: Encounter, observations: Sequence[Observation], *, to: Release) -> Compared:
    """A draft as it is ranked now, and as it would be ranked under the release `to`."""
    said = [Said(row.finding_code, row.side, row.status, row.level_code) for row in observations]
    moves = moved_answers(said, to_sha256=to.sha256)
    there = copy.copy(encounter)
    there.release = to
    lost = [_withheld(row) for row in moves if row.reason]
    vars(there)["withheld"] = [*encounter.withheld, *lost]
    now, then = case_document(encounter, observations), case_document(there, _rows(observations, moves))
    own, sure = _numbers(current_clinic_model(encounter.clinic_id), encounter.release.sha256, to.sha256)
    recorded = {row.finding_code for row in observations}
    gone = set(now["risk_factors"]) - set(then["risk_factors"]) - recorded
    return Compared(
        before=_ranked(now, encounter.release.sha256, own),
        after=_ranked(then, to.sha256, own),
        moves=tuple(moves),
        unused=tuple(sorted(gone)),
        without_numbers=not sure,
    )


def compare_signed(assessment: Assessment, own: ClinicModel | None, *, to: Release) -> Compared:
    """A signed visit as it was frozen, and what the release `to` would say of the same case; `own` are the
    clinic's numbers it was signed under.
    """
    case: CaseDocument = assessment.case_json
    rows = case["observations"]
    said = [Said(row["finding"], row["side"] or "", row["status"], row["level"] or "") for row in rows]
    moves = moved_answers(said, to_sha256=to.sha256)
    followed = [
        {**row, "finding": moved.finding, "level": moved.level or None}
        for row, moved in zip(rows, moves, strict=True)
        if moved.reason is None and not moved.merged
    ]
    known = catalogue(to.sha256)
    factors = {code: successor(code, known) for code in case["risk_factors"]}
    there = {**case, "observations": followed, "risk_factors": sorted({*factors.values()} - {""})}
    own, sure = _numbers(own, to.sha256)
    return Compared(
        before=json.loads(bytes(assessment.output)),
        after=_ranked(there, to.sha256, own),
        moves=tuple(moves),
        unused=tuple(sorted(code for code, there_ in factors.items() if not there_)),
        without_numbers=not sure,
    )


def _rows(observations: Sequence[Observation], moves: Sequence[Moved]) -> list[Observation]:
    """Unsaved copies of the answers that follow, as the other release would hold them."""
    rows = []
    for row, moved in zip(observations, moves, strict=True):
        if moved.reason is None and not moved.merged:
            there = copy.copy(row)
            there.finding_code, there.level_code = moved.finding, moved.level
            rows.append(there)
    return rows


def _withheld(row: Moved) -> dict[str, str]:
    """As a move would keep it (ReleaseMove.answers)."""
    return {
        "finding": row.said.finding,
        "side": row.said.side,
        "to_finding": row.finding,
        "reason": row.reason.value if row.reason else "",
    }


def _numbers(own: ClinicModel | None, *releases: str) -> tuple[ClinicModel | None, bool]:
    """The clinic's numbers where they fit every release; else none, and False."""
    try:
        for release in releases:
            model_for(release, own)
    except InvalidRelease:
        return None, False
    return own, True


def _ranked(case: CaseDocument, release: str, own: ClinicModel | None) -> Ranking | None:
    try:
        return rank_document(case, release=release, clinic_model=own).to_dict(explained=())
    except RankingError:
        return None
