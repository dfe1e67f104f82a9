"""Readings of pain after a block -> the level of its finding (docs/ranking.md, step 10; docs/blocks.md).

Relief counts on the declared task alone, and only while the drug certainly has begun and may still work:
from `works_by` to `lasts_to` of the agent, both included. The best reading in that window decides, since
relief comes and goes within it. Pure: plain values in, a frozen verdict out, whatever the order of readings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from triage.blocks.agents import Agent

LEVELS = ("worse", "none", "some", "most", "complete")
WORSE, NONE, SOME, MOST, COMPLETE = LEVELS
# Relief in per cent of the pain before from which each level begins; the names of the levels in the release
# say the same. `worse` mirrors the first step: expert estimate, since the release gives it no number.
SOME_FROM, MOST_FROM, COMPLETE_FROM, WORSE_TO = 30, 50, 80, -30
WEAK_START = 3  # of 10: below it one point of the scale is a third or more of all there is


class Caution(StrEnum):
    """What makes the relief say less than it seems to."""

    EARLY_RELIEF = "early_relief"  # before the drug can work
    OUTLASTS = "outlasts"  # far longer than the drug
    READINGS_DISAGREE = "readings_disagree"  # two steps or more apart within the window
    ONE_READING = "one_reading"
    MAY_HAVE_WORN_OFF = "may_have_worn_off"  # little relief, and read late only
    WEAK_START = "weak_start"


@dataclass(frozen=True)
class Reading:
    """Pain 0–10, so many minutes after the injection; of the declared task, or of something else."""

    minutes_after: int
    pain: int
    of_task: bool = True


@dataclass(frozen=True)
class Verdict:
    """`level` is None, and with it relief and `decided_by`, while no reading of the task is in the window."""

    level: str | None
    relief_percent: Fraction | None
    decided_by: Reading | None
    counted: int
    cautions: tuple[Caution, ...]


def relief_percent(pain_before: int, pain: int) -> Fraction:
    """In per cent of the pain before, negative when it is worse. `pain_before` is 1–10."""
    return Fraction(100 * (pain_before - pain), pain_before)


def level_of(relief: Fraction) -> str:
    """The level of so much relief; more relief never gives a lower one."""
    if relief >= COMPLETE_FROM:
        return COMPLETE
    if relief >= MOST_FROM:
        return MOST
    if relief >= SOME_FROM:
        return SOME
    return WORSE if relief <= WORSE_TO else NONE


def judge(pain_before: int, readings: Iterable[Reading], given: Agent) -> Verdict:
    """The level that the readings support, with what speaks against trusting it."""
    of_task = sorted(
        (reading for reading in readings if reading.of_task), key=lambda row: (row.pain, row.minutes_after)
    )
    counted = [row for row in of_task if given.works_by <= row.minutes_after <= given.lasts_to]
    cautions = tuple(_cautions(pain_before, of_task, counted, given))
    if not counted:
        return Verdict(None, None, None, 0, cautions)
    best = counted[0]
    relief = relief_percent(pain_before, best.pain)
    return Verdict(level_of(relief), relief, best, len(counted), cautions)


def _cautions(
    pain_before: int, of_task: list[Reading], counted: list[Reading], given: Agent
) -> Iterable[Caution]:
    eased = [row for row in of_task if relief_percent(pain_before, row.pain) >= SOME_FROM]
    if any(row.minutes_after < given.onset_from for row in eased):
        yield Caution.EARLY_RELIEF
    if any(row.minutes_after > given.far_beyond for row in eased):
        yield Caution.OUTLASTS
    if pain_before < WEAK_START:
        yield Caution.WEAK_START
    if not counted:
        return
    places = [LEVELS.index(level_of(relief_percent(pain_before, row.pain))) for row in counted]
    if max(places) - min(places) > 1:
        yield Caution.READINGS_DISAGREE
    if len(counted) == 1:
        yield Caution.ONE_READING
    late = all(row.minutes_after > given.lasts_from for row in counted)
    if late and max(places) < LEVELS.index(SOME):
        yield Caution.MAY_HAVE_WORN_OFF


def next_due_minute(minutes_read: Iterable[int], given: Agent) -> int | None:
    """When the task is to be repeated next: as it works, half-way to wearing off, and when it should be over.

    None when the last of these is read. Each counts as read by any reading at or after it.
    """
    plan = (given.works_by, (given.works_by + given.lasts_from) // 2, given.lasts_to)
    last = max(minutes_read, default=-1)
    return next((minute for minute in plan if minute > last), None)
