"""How a complaint goes on in scores: a simple course, and the answers it gives.

Course: pain begins at 3 to 8 of 10. In seven of ten complaints it halves every 10 to 50 days, in the others
it stays; a visit's answer lies a point around it. Function is 100 % less 8 % for each point of pain, own
activities 10 less one point. No source stands behind these numbers (expert estimate, for looking around);
no finding, diagnosis or proof hangs on them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.demo.sampled.people import Random, one_of, pick, population, rare
from triage.outcomes import MEASURES, SAFETY, Measure

IMPROVES = 0.7
BY_LINK = 0.15  # of complaints; asked nine days after the first visit
ASKED_AFTER = dt.timedelta(days=9)
ANSWERED_AFTER = dt.timedelta(hours=20)
GOOD_FOR = dt.timedelta(days=7)
SECOND = {"faam-adl": 0.35, "lefs": 0.25, "psfs": 0.25, "faam-sport": 0.15}
FEW = 150  # one in so many patients shows an alarm of these days


@dataclass(frozen=True)
class Score:
    """`visit` is the number of the visit, None when it came by link."""

    measure: str
    answers: Mapping[str, Any]
    activities: tuple[str, ...]
    at: dt.datetime
    visit: int | None
    seen: bool = False


@dataclass(frozen=True)
class Series:
    scores: tuple[Score, ...]
    asked_at: dt.datetime | None  # of a link that nobody has answered yet


def draw_series(
    random: Random, visits: Sequence[dt.datetime], now: dt.datetime, *, shows: bool, number: int
) -> Series:
    """`shows`: the patient's last complaint, in which an alarm or an open link of these days may stand."""
    start, half_days = 3 + 5 * random.random(), 10 + 40 * random.random()
    improves = random.random() < IMPROVES
    second = MEASURES[pick(random, SECOND)]
    activities = tuple(one_of(random, population()["activities"])) if second.names_activities else ()
    scores: list[Score] = []

    def pain(at: dt.datetime) -> int:
        days = (at - visits[0]).total_seconds() / 86400
        mean = start * 0.5 ** (days / half_days) if improves else start
        return int(min(10, max(0, round(mean + random.normal(0, 0.8)))))

    for visit, at in enumerate(visits):
        felt = pain(at)
        scores.append(Score("nprs", {"pain": felt}, (), at, visit))
        scores.append(Score(second.code, _answers(second, felt, random, activities), activities, at, visit))
    alarming, open_link = shows and rare(number, FEW, 3), shows and rare(number, FEW, 9)
    answered = max(visits[0] + dt.timedelta(minutes=5), now - ANSWERED_AFTER) if alarming else None
    if not alarming and random.random() < BY_LINK:
        answered = visits[0] + ASKED_AFTER
    if answered is not None and answered < now:
        scores.append(_by_link(pain(answered), answered, alarming, random))
    return Series(tuple(scores), max(visits[0], now - dt.timedelta(days=2)) if open_link else None)


def _by_link(felt: int, at: dt.datetime, alarming: bool, random: Random) -> Score:
    """Safety questions come with every link; one in fifty answers yes to new numbness or weakness."""
    answers = {"pain": felt, **dict.fromkeys((item.code for item in SAFETY), 0)}
    alarm = alarming or random.random() < 0.02
    if alarm:
        answers["new_deficit"] = 1
    return Score("nprs", answers, (), at, None, seen=alarm and not alarming)


def _answers(measure: Measure, felt: int, random: Random, activities: Sequence[str]) -> dict[str, int]:
    items = measure.items[: len(activities)] if measure.names_activities else measure.items
    ability = 1 - 0.08 * felt if not measure.names_activities else 1 - 0.1 * felt
    middle = measure.lowest + ability * (measure.highest - measure.lowest)
    spread = random.normal(0, 0.12 * (measure.highest - measure.lowest), size=len(items))
    rounded = [min(measure.highest, max(measure.lowest, round(middle + by))) for by in spread.tolist()]
    return {item.code: answer for item, answer in zip(items, rounded, strict=True)}
