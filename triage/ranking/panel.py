"""What must not be missed (docs/ranking.md, step 8.2).

Every urgent condition of the release is in one of three states. A fired rule is never cleared, by nothing
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from triage.ranking.model import CompiledModel, PanelEntry
from triage.ranking.rules import Facts, RedFlag
from triage.ranking.table import Floats

ALERT, NOT_SCREENED, EXCLUDED = "alert", "not_screened", "excluded"
STATES = (ALERT, NOT_SCREENED, EXCLUDED)


class PanelRow(NamedTuple):
    """One urgent condition. `excluded_by`: recorded (finding, level); `questions`: findings that could
    exclude it.
    """

    condition: str
    urgency: str
    state: str
    high: float
    threshold: float
    rules: tuple[str, ...]
    excluded_by: tuple[tuple[str, str], ...]
    questions: tuple[tuple[str, str], ...]


def cant_miss(model: CompiledModel, high: Floats, flags: Sequence[RedFlag], facts: Facts) -> list[PanelRow]:
    """All urgent conditions: alerts first, then those not screened, then excluded ones; by code within."""
    rows = [_row(model, entry, float(high[entry.condition]), flags, facts) for entry in model.panel]
    return sorted(rows, key=lambda row: (STATES.index(row.state), row.condition))


def _row(
    model: CompiledModel, entry: PanelEntry, high: float, flags: Sequence[RedFlag], facts: Facts
) -> PanelRow:
    code, seen = model.conditions[entry.condition], facts.observations
    rules = tuple([flag.rule for flag in flags if flag.condition == code])
    asked = [pair for pair in entry.excluded_by if pair[0] in seen]
    excluded = tuple([pair for pair in asked if any(found.level == pair[1] for found in seen[pair[0]])])
    alert = bool(rules) or high > entry.threshold
    return PanelRow(
        condition=code,
        urgency=entry.urgency,
        state=ALERT if alert else EXCLUDED if excluded else NOT_SCREENED,
        high=high,
        threshold=entry.threshold,
        rules=rules,
        excluded_by=excluded,
        questions=tuple([pair for pair in entry.excluded_by if pair[0] not in seen]),
    )


def fewest_questions(rows: Sequence[PanelRow]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Answers that would clear what is not screened: (finding, level, conditions), a greedy cover."""
    clears: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row.state == NOT_SCREENED:
            for question in row.questions:
                clears.setdefault(question, set()).add(row.condition)
    chosen: list[tuple[str, str, tuple[str, ...]]] = []
    while clears:
        most = max(map(len, clears.values()))
        best = min(question for question, conditions in clears.items() if len(conditions) == most)
        cleared = clears[best]
        chosen.append((*best, tuple(sorted(cleared))))
        clears = {question: left for question, open_ in clears.items() if (left := open_ - cleared)}
    return chosen


def plain(rows: Sequence[PanelRow]) -> dict[str, list[dict[str, Any]]]:
    """The panel as output data."""
    return {
        "cant_miss": [
            {
                "condition": row.condition,
                "urgency": row.urgency,
                "state": row.state,
                "high": row.high,
                "threshold": row.threshold,
                "rules": list(row.rules),
                "excluded_by": [_pair(pair) for pair in row.excluded_by],
                "questions": [_pair(pair) for pair in row.questions],
            }
            for row in rows
        ],
        "screening": [
            {"finding": finding, "level": level, "clears": list(conditions)}
            for finding, level, conditions in fewest_questions(rows)
        ],
    }


def _pair(pair: tuple[str, str]) -> Mapping[str, str]:
    return {"finding": pair[0], "level": pair[1]}
