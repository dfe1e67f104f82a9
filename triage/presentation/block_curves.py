"""Pain over the minutes after a block, with the time the drug works as an upright band, for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.blocks import Agent
from triage.models.blocks import PAIN_MOST

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 32, 28, 40
SHORTEST_MINUTES = 60
STEPS = (5, 10, 15, 30, 60, 120, 240, 480, 960)
TICKS_MOST = 7
NEAR_TOP = 26


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    label: str
    label_y: float
    counts: bool


@dataclass(frozen=True)
class Mark:
    at: float
    label: str


@dataclass(frozen=True)
class BlockCurve:
    """Places in the units of the view box. The line joins the readings of the declared task."""

    line: str
    dots: tuple[Dot, ...]
    rows: tuple[Mark, ...]
    minutes: tuple[Mark, ...]
    band_x: float
    band_width: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM

    @property
    def band_height(self) -> int:
        return self.bottom - self.top

    @property
    def band_middle(self) -> float:
        return round(self.band_x + self.band_width / 2, 1)


def block_curve(pain_before: int, values: Sequence[tuple[int, int, bool]], given: Agent) -> BlockCurve:
    """`values`: minutes after, pain, of the declared task or not; oldest first."""
    last = max((minute for minute, _, _ in values), default=0)
    longest = max(SHORTEST_MINUTES, last, min(given.lasts_to, 2 * max(last, given.works_by)))
    dots = [_dot(0, pain_before, longest, counts=True)]
    dots += [_dot(minute, pain, longest, counts=of_task) for minute, pain, of_task in values]
    begin, end = _across(given.works_by, longest), _across(min(given.lasts_to, longest), longest)
    return BlockCurve(
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots if dot.counts),
        dots=tuple(dots),
        rows=tuple(Mark(_up(pain), str(pain)) for pain in (0, PAIN_MOST // 2, PAIN_MOST)),
        minutes=_minutes(longest),
        band_x=begin,
        band_width=round(max(0.0, end - begin), 1),
    )


def _across(minute: int, longest: int) -> float:
    return round(LEFT + minute / longest * (WIDTH - LEFT - RIGHT), 1)


def _up(pain: int) -> float:
    return round(HEIGHT - BOTTOM - pain / PAIN_MOST * (HEIGHT - TOP - BOTTOM), 1)


def _dot(minute: int, pain: int, longest: int, *, counts: bool) -> Dot:
    x, y = _across(minute, longest), _up(pain)
    return Dot(x, y, str(pain), round(y - 12 if y > TOP + NEAR_TOP else y + 22, 1), counts)


def _minutes(longest: int) -> tuple[Mark, ...]:
    step = next((step for step in STEPS if longest / step <= TICKS_MOST), STEPS[-1])
    return tuple(Mark(_across(minute, longest), _said(minute)) for minute in range(0, longest + 1, step))


def _said(minute: int) -> str:
    return f"{minute // 60} h" if minute >= 120 and minute % 60 == 0 else str(minute)
