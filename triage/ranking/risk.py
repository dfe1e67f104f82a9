"""Risk factors, age and sex: sourced odds ratios that move the prior (docs/ranking.md, step 4).

One per mechanism group (the strongest), the product kept within the release's `odds_cap`; never lowering an
urgent condition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.case import Case
from triage.ranking.constants import is_number
from triage.ranking.errors import Problem, nearest

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one risk factor does to one condition; `log_odds` is the natural log of the odds ratio."""

    condition: int
    log_odds: float
    source: str | None
    basis: str


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """A factor asked for, or derived from age and sex when `applies_if` is given."""

    code: str
    group: str
    applies_if: Mapping[str, Any] | None
    effects: Mapping[int, Effect]


def read_risk_factors(
    rows: Sequence[Mapping[str, Any]], condition_at: Mapping[str, int]
) -> tuple[list[RiskFactor], list[Problem]]:
    """Risk factors in document order, and every fault."""
    factors: list[RiskFactor] = []
    problems: list[Problem] = []
    for row in rows:
        code = str(row.get("code"))
        read = [
            _read_effect(f"risk_factors[{code}].effects[{number}]", effect, condition_at, problems)
            for number, effect in enumerate(row.get("effects") or ())
        ]
        effects = {effect.condition: effect for effect in read if effect is not None}
        factors.append(RiskFactor(code, row.get("group") or code, row.get("applies_if"), effects))
    return factors, problems


def _read_effect(
    where: str, row: Mapping[str, Any], condition_at: Mapping[str, int], problems: list[Problem]
) -> Effect | None:
    code, ratio = str(row.get("condition")), row.get("odds_ratio")
    if code not in condition_at:
        problems.append(Problem(where, "unknown_condition", code, nearest(code, condition_at)))
        return None
    if not is_number(ratio) or ratio is None or ratio <= 0:
        problems.append(Problem(f"{where}.odds_ratio", "bad_figure", str(ratio)))
        return None
    basis = row.get("basis") or ("study" if row.get("source") else "expert_estimate")
    return Effect(condition_at[code], math.log(ratio), row.get("source"), basis)


def person_satisfies(wanted: Mapping[str, Any], case: Case) -> bool | None:
    """Whether age and sex fit `age_at_least`, `age_below` (years) and `sex`; None when not recorded."""
    answers: list[bool | None] = []
    for key, value in wanted.items():
        if key == "sex":
            answers.append(None if case.sex in (None, "unknown") else case.sex == value)
        elif case.age_years is None:
            answers.append(None)
        else:
            answers.append(case.age_years >= value if key == "age_at_least" else case.age_years < value)
    if False in answers:
        return False
    return None if None in answers or not answers else True


def present_factors(factors: Sequence[RiskFactor], case: Case, recorded: Sequence[str]) -> list[int]:
    """Positions of the factors that hold in a case: recorded ones and those that age and sex imply,
    ascending."""
    named = set(recorded)
    return [
        at
        for at, factor in enumerate(factors)
        if factor.code in named or (factor.applies_if and person_satisfies(factor.applies_if, case))
    ]


def log_odds(
    factors: Sequence[RiskFactor], present: Sequence[int], urgent: NDArray[np.bool_], cap: tuple[float, float]
) -> Floats:
    """Log odds of each condition (rows, H) by each present factor (columns), as capped; rows sum to what is
    applied.

    A product beyond the cap shrinks all its factors by the same share, so that each bar says what it really
    did.
    """
    result = np.zeros((len(urgent), len(present)))
    if not present:
        return result
    for (condition, _), (_, _, column) in _strongest(factors, present).items():
        result[condition, column] = factors[present[column]].effects[condition].log_odds
    result[urgent] = np.maximum(result[urgent], 0.0)
    total = result.sum(axis=1)
    capped = np.clip(total, math.log(cap[0]), math.log(cap[1]))
    scale = np.divide(capped, total, out=np.ones_like(total), where=total != 0)
    applied: Floats = result * scale[:, None]
    return applied


def _strongest(
    factors: Sequence[RiskFactor], present: Sequence[int]
) -> dict[tuple[int, str], tuple[float, str, int]]:
    """By condition and mechanism group, the factor that counts: the strongest, ties by code; its column is
    last.
    """
    best: dict[tuple[int, str], tuple[float, str, int]] = {}
    for column, at in enumerate(present):
        factor = factors[at]
        for condition, effect in factor.effects.items():
            key, place = (-abs(effect.log_odds), factor.code, column), (condition, factor.group)
            best[place] = min(best.get(place, key), key)
    return best
