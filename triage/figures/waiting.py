"""How long it takes until a complaint is proven; those that are not yet count as waiting, and show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from triage.figures.asking import Row
from triage.figures.complaints import Complaints

HALF = 0.5 + 1e-12  # a product of fractions that is a half may come out a trifle more


@dataclass(frozen=True)
class Quartiles:
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Wait:
    """Of one condition, one grade, or all (`code` None). `onsets`: how many have a day of onset."""

    code: str | None
    cases: int
    brought: int
    days: Quartiles | None
    onsets: int
    onset_days: Quartiles | None


@dataclass(frozen=True)
class Waits:
    """`total` and `conditions` are proven ones; `grades` holds judgement too, which proves nothing.

    `open` and `closed` are not proven. `half_proven_days`: by when half of all complaints are proven, those
    that wait counted as long as they have waited (Kaplan & Meier); None while fewer than half are.
    """

    total: Wait | None
    conditions: tuple[Wait, ...]
    grades: tuple[Wait, ...]
    open: int
    closed: int
    open_days: float | None
    half_proven_days: int | None


def waits_of(complaints: Complaints) -> Waits:
    rows, course = complaints.proven, complaints.course
    total = [
        _wait(row, None) for row in rows if row["proven"] and not (row["by_condition"] or row["by_grade"])
    ]
    conditions = [_wait(row, row["condition_code"]) for row in rows if row["proven"] and row["by_condition"]]
    grades = [_wait(row, row["grade"]) for row in rows if row["by_grade"]]
    return Waits(
        total=total[0] if total else None,
        conditions=tuple(sorted(conditions, key=lambda row: (-row.cases, row.code or ""))),
        grades=tuple(grades),
        open=sum(row["open"] for row in course),
        closed=sum(row["closed"] for row in course),
        open_days=_median((row["days"], row["open"]) for row in course),
        half_proven_days=half_proven(course),
    )


def half_proven(course: list[Row]) -> int | None:
    """The first day on which the Kaplan–Meier share of complaints that are not proven is a half or less.

    `course`: by day, oldest first, how many were proven, and how many left or still wait unproven.
    """
    at_risk = sum(row["proven"] + row["open"] + row["closed"] for row in course)
    unproven = 1.0
    for row in course:
        unproven *= 1 - row["proven"] / at_risk
        if unproven <= HALF:
            return int(row["days"])
        at_risk -= row["proven"] + row["open"] + row["closed"]
    return None


def _median(counted: Iterable[tuple[int, int]]) -> float | None:
    """Of (days, how many), by days: the lower median."""
    rows = [(days, many) for days, many in counted if many]
    total, reached = sum(many for _, many in rows), 0
    for days, many in rows:
        reached += many
        if 2 * reached >= total:
            return float(days)
    return None


def _wait(row: Row, code: str | None) -> Wait:
    return Wait(
        code=code,
        cases=row["cases"],
        brought=row["brought"],
        days=_quartiles(row["days"]),
        onsets=row["onsets"],
        onset_days=_quartiles(row["onset_days"]),
    )


def _quartiles(values: list[float] | None) -> Quartiles | None:
    return Quartiles(*values) if values else None
