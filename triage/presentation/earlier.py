"""Answers of earlier visits on the pages of a later one: each with its day, never as if it were of today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from triage.carrying import Earlier, Lost
from triage.presentation import words
from triage.presentation.knowledge import Shelf
from triage.presentation.reasons import item_of

Key = tuple[str, str]
Days = Mapping[Key, dt.date]


@dataclass(frozen=True)
class LostAnswer:
    """An earlier answer for which the release of this visit has no words."""

    name: str
    answer: str
    side: str
    day: str


def days_of_case(case: Mapping[str, Any]) -> dict[Key, dt.date]:
    """By finding and side, the day of each earlier answer of a case file."""
    return {
        (row["finding"], row["side"] or ""): dt.date.fromisoformat(row["seen_on"])
        for row in case["observations"]
        if row.get("seen_on")
    }


def days_of(earlier: Earlier) -> dict[Key, dt.date]:
    return {(row.finding_code, row.side): row.seen_on for row in earlier.stands}


def mark_earlier(ranking: dict[str, Any], days: Days, beside: dt.date) -> None:
    """Write into a ranking (`Ranking.to_dict()`) which bars, flags and contradictions rest on an earlier
    answer. A flag's own `matched` stays as it is: dismissals are compared with it.
    """
    if not days:
        return
    said = {key: words.day_words(day, beside) for key, day in days.items()}
    for hypothesis in ranking.get("hypotheses", ()):
        _mark((bar for bar in hypothesis["bars"] if bar["kind"] == "observation"), said)
    for pair in ranking.get("contradictions") or ():
        _mark(pair.values(), said)
    for flag in ranking.get("red_flags") or ():
        flag["matched_on"] = [_day(match, said) for match in flag["matched"]]


def _mark(places: Iterable[dict[str, Any]], said: Mapping[Key, str]) -> None:
    for place in places:
        if day := _day(place, said):
            place["seen_on"] = day


def _day(place: Mapping[str, Any], said: Mapping[Key, str]) -> str:
    return said.get((place["finding"], place["side"] or ""), "")


def lost_answers(lost: Iterable[Lost], shelf: Shelf, beside: dt.date) -> tuple[LostAnswer, ...]:
    return tuple(
        LostAnswer(
            name=(item_of(shelf, row.finding_code) or {}).get("name") or row.finding_code.replace("_", " "),
            answer=shelf.catalogue.label(row.finding_code, row.level_code) if row.level_code else "equivocal",
            side=row.side,
            day=words.day_words(row.seen_on, beside),
        )
        for row in lost
    )
