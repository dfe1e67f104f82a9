"""Kilometres by week and the change from the week before, in per cent. No rule of thumb is applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Ran:
    on: dt.date
    distance_km: Decimal | None
    minutes: int | None


@dataclass(frozen=True)
class Week:
    """`change_percent` is empty for the first week, after a week without kilometres, and where a run of
    either week has no distance: then the sum says less than was run.
    """

    begins_on: dt.date
    runs: int
    distance_km: Decimal
    minutes: int
    without_distance: int
    change_percent: int | None


def weeks_of(runs: Iterable[Ran]) -> tuple[Week, ...]:
    """Every week from Monday on, from the first run to the last; weeks without a run stand between."""
    by_week: dict[dt.date, list[Ran]] = {}
    for run in runs:
        by_week.setdefault(run.on - dt.timedelta(days=run.on.weekday()), []).append(run)
    if not by_week:
        return ()
    found: list[Week] = []
    begins_on, last = min(by_week), max(by_week)
    while begins_on <= last:
        found.append(_week(begins_on, by_week.get(begins_on, []), found[-1] if found else None))
        begins_on += WEEK
    return tuple(found)


def _week(begins_on: dt.date, runs: list[Ran], before: Week | None) -> Week:
    distance_km = sum((run.distance_km for run in runs if run.distance_km is not None), Decimal(0))
    without = sum(run.distance_km is None for run in runs)
    change = None
    if before is not None and before.distance_km and not before.without_distance and not without:
        change = round(100 * (distance_km - before.distance_km) / before.distance_km)
    minutes = sum(run.minutes or 0 for run in runs)
    return Week(begins_on, len(runs), distance_km, minutes, without, change)
