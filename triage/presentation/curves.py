"""A curve over time with the band of the smallest important change, laid out for an SVG of fixed size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 230
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 24, 36
LABELS_MOST = 12  # above that only the first and the last point say their number
NEAR_EDGE = 24  # where a label must not stand above its point


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    label: str
    label_y: float


@dataclass(frozen=True)
class Tick:
    at: float
    label: str
    anchor: str = "end"


@dataclass(frozen=True)
class Curve:
    """Places in the units of the view box; the band is empty where no important change is known."""

    line: str
    points: tuple[Point, ...]
    rows: tuple[Tick, ...]
    days: tuple[Tick, ...]
    band_y: float
    band_height: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def inner_width(self) -> int:
        return self.right - self.left


def curve(
    values: Sequence[tuple[dt.datetime, float, str]], *, floor: float, ceiling: float, band: float | None
) -> Curve:
    """`values`: when, how much and its words, oldest first, at least one; `band` in points of the score."""
    begin, end = values[0][0], values[-1][0]
    points = tuple(
        _point(_across(at, begin, end), _up(value, floor, ceiling), words, shown=_labelled(n, len(values)))
        for n, (at, value, words) in enumerate(values)
    )
    top, bottom = _band(values[0][1], floor, ceiling, band)
    middle = (floor + ceiling) / 2
    return Curve(
        line=" ".join(f"{point.x},{point.y}" for point in points),
        points=points,
        rows=tuple(Tick(_up(value, floor, ceiling), f"{value:g}") for value in (floor, middle, ceiling)),
        days=_days(begin, end),
        band_y=top,
        band_height=round(bottom - top, 1),
    )


def _across(at: dt.datetime, begin: dt.datetime, end: dt.datetime) -> float:
    inner = WIDTH - LEFT - RIGHT - 2 * NEAR_EDGE
    share = (at - begin) / (end - begin) if end > begin else 0.5
    return round(LEFT + NEAR_EDGE + share * inner, 1)


def _up(value: float, floor: float, ceiling: float) -> float:
    inside = min(max(value, floor), ceiling)
    return round(HEIGHT - BOTTOM - (inside - floor) / (ceiling - floor) * (HEIGHT - TOP - BOTTOM), 1)


def _point(x: float, y: float, words: str, *, shown: bool) -> Point:
    above = y > TOP + NEAR_EDGE
    return Point(x, y, words if shown else "", round(y - 10 if above else y + 20, 1))


def _labelled(number: int, count: int) -> bool:
    return count <= LABELS_MOST or number in (0, count - 1)


def _band(first: float, floor: float, ceiling: float, band: float | None) -> tuple[float, float]:
    if band is None:
        return 0, 0
    return _up(first + band, floor, ceiling), _up(first - band, floor, ceiling)


def _days(begin: dt.datetime, end: dt.datetime) -> tuple[Tick, ...]:
    first, last = (f"{at.day} {at:%b %Y}" for at in (begin, end))
    if begin.date() == end.date():
        return (Tick(_across(begin, begin, begin), first, "middle"),)
    return Tick(LEFT, first, "start"), Tick(WIDTH - RIGHT, last, "end")
