"""Red flags when the ranking itself is unavailable: the rules of the release over the raw observations."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from triage.ranking import Case, Observation
from triage.ranking.rules import URGENCIES, Facts, RedFlag, Rule, fired

logger = logging.getLogger(__name__)


def flags_without_ranking(document: Mapping[str, Any], case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fired rules in the engine's own shape, straight from the release; an unreadable rule is passed over."""
    facts = _facts(case)
    flags: list[RedFlag] = []
    for row in document.get("rules", []):
        rule = Rule(row["code"], row.get("condition"), row["urgency"], row["when"])
        try:
            flags += fired([rule], facts)
        except (KeyError, TypeError, ValueError):
            logger.exception("rule %s cannot be read", row["code"])
    flags.sort(key=lambda flag: (URGENCIES.index(flag.urgency), flag.rule))
    return [
        {
            "rule": flag.rule,
            "condition": flag.condition,
            "urgency": flag.urgency,
            "matched": [
                {"finding": seen.finding, "level": seen.level, "side": seen.side} for seen in flag.matched
            ],
        }
        for flag in flags
    ]


def _facts(document: Mapping[str, Any]) -> Facts:
    observations = tuple(
        Observation(**{key: value for key, value in row.items() if key != "seen_on"})
        for row in document["observations"]
    )
    case = Case(
        setting=document["setting"],
        age_years=document["age_years"],
        sex=document["sex"],
        side=document["side"],
        risk_factors=tuple(document["risk_factors"]),
        observations=observations,
    )
    seen: dict[str, tuple[Observation, ...]] = {}
    for row in observations:
        if row.status == "observed" and _on_side(row, case.side):
            seen[row.finding] = (*seen.get(row.finding, ()), row)
    return Facts(
        observations=seen,
        risk_factors=frozenset(case.risk_factors),
        risk_factors_absent=frozenset(),
        case=case,
    )


def _on_side(row: Observation, side: str) -> bool:
    return row.side in {None, "both", side} or side in {"both", "unknown"}
