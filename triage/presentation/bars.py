"""Bars over time, laid out for an SVG of fixed size; the same measure of the page as the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.presentation.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Tick

GAP = 0.3  # of the room of one bar
LABELS_MOST = 10  # above that every second bar says its day


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    middle: float
    value: str
    label: str


@dataclass(frozen=True)
class Bars:
    bars: tuple[Bar, ...]
    rows: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def bars(values: Sequence[tuple[str, float, str]]) -> Bars:
    """`values`: label beneath, how much, its words; at least one."""
    top = max((value for _, value, _ in values), default=0) or 1
    room = (WIDTH - LEFT - RIGHT) / len(values)
    every = 2 if len(values) > LABELS_MOST else 1
    drawn = []
    for number, (label, value, words) in enumerate(values):
        height = value / top * (HEIGHT - TOP - BOTTOM)
        left = LEFT + room * (number + GAP / 2)
        drawn.append(
            Bar(
                x=round(left, 1),
                y=round(HEIGHT - BOTTOM - height, 1),
                width=round(room * (1 - GAP), 1),
                height=round(height, 1),
                middle=round(LEFT + room * (number + 0.5), 1),
                value=words,
                label=label if number % every == 0 else "",
            )
        )
    rows = tuple(
        Tick(round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1), f"{top * part:g}")
        for part in (0, 0.5, 1)
    )
    return Bars(tuple(drawn), rows)
