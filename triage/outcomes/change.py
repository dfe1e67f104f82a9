"""One score against the first: which way, and whether by enough to matter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from triage.outcomes.measure import Measure


@dataclass(frozen=True)
class Change:
    """`direction`: better, worse or same. `reach` compares its size with the smallest important change: more,
    exactly, less – or empty where there is no change or nobody has found that size.
    """

    points: Decimal
    direction: str
    reach: str


def change_since(measure: Measure, first: Decimal, now: Decimal) -> Change:
    points = now - first
    if points == 0:
        return Change(points, "same", "")
    better = (points > 0) == measure.higher_is_better
    return Change(points, "better" if better else "worse", _reach(measure, points))


def _reach(measure: Measure, points: Decimal) -> str:
    if measure.important_change is None:
        return ""
    size, mark = Fraction(abs(points)), measure.important_change
    if size == mark:
        return "exactly"
    return "more" if size > mark else "less"
