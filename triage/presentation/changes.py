"""A comparison of two rankings -> what moved in the list and why, in words."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triage.presentation import words
from triage.presentation.conditions import name_of
from triage.presentation.knowledge import Shelf
from triage.presentation.reasons import item_of
from triage.ranking.comparison import Change, Comparison, Move, Reason, compare

PLACES_WATCHED = 5  # a condition further down than this, before and after, is not told
LEAST_SHARE = 0.02  # nor one that was and is very unlikely
LEAST_DIFFERENCE = 0.01  # of shares, where the place stayed
REASONS_SHOWN = 4
PERSON_WORDS = {
    "age_years": "age",
    "sex": "sex",
    "side": "side of the complaint",
    "setting": "setting of the visit",
}


@dataclass(frozen=True)
class ReasonLine:
    """One finding: what was said before and now, and how that moves the condition."""

    name: str
    said: str
    direction: str
    words: str
    ratio: str


@dataclass(frozen=True)
class MoveLine:
    name: str
    moved: str
    places: str
    before: str
    after: str
    up: bool
    reasons: tuple[ReasonLine, ...]
    more: int
    unattributed: str


@dataclass(frozen=True)
class Changes:
    """Since `since`; `besides` is what changed that is no finding."""

    since: str
    lines: tuple[MoveLine, ...]
    besides: tuple[str, ...]

    @property
    def summary(self) -> str:
        told = [f"{line.name} {line.moved} ({line.before} → {line.after})" for line in self.lines[:2]]
        more = f" and {len(self.lines) - 2} more" if len(self.lines) > 2 else ""
        return f"{'; '.join(told)}{more}" if told else "nothing moved in the first five"


def watched(*rankings: Mapping[str, Any]) -> set[str]:
    """The conditions that are compared: the first places of either list."""
    first = [row for ranking in rankings for row in ranking["hypotheses"] if row["rank"] <= PLACES_WATCHED]
    return {row["condition"] for row in first}


def changes(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    cases: tuple[Mapping[str, Any], Mapping[str, Any]],
    shelves: tuple[Shelf, Shelf],
    since: dt.date,
    beside: dt.date,
) -> Changes:
    """`since` is the day of the earlier visit, `beside` that of the later."""
    found = compare(before, after, cases=cases, conditions=watched(before, after))
    return Changes(
        since=words.day_words(since, beside),
        lines=tuple(_line(move, found, shelves) for move in found.moves if _worth_telling(move)),
        besides=_besides(found, shelves),
    )


def _worth_telling(move: Move) -> bool:
    if max(move.share_before, move.share_after) < LEAST_SHARE:
        return False
    moved = abs(move.share_after - move.share_before) >= LEAST_DIFFERENCE
    return moved or move.rank_before != move.rank_after


def _line(move: Move, found: Comparison, shelves: tuple[Shelf, Shelf]) -> MoveLine:
    telling = [reason for reason in move.reasons if abs(reason.log_difference) >= words.NEUTRAL_LOG]
    steps = move.rank_before - move.rank_after
    rest = move.log_unattributed
    foreign = found.other_release or found.other_engine or found.other_clinic_model
    return MoveLine(
        name=name_of(move.condition, shelves[1]),
        moved=_moved(steps, move.share_after - move.share_before),
        places=f"place {move.rank_before} → {move.rank_after}" if steps else f"place {move.rank_after}",
        before=words.percent(move.share_before),
        after=words.percent(move.share_after),
        up=steps > 0 or (steps == 0 and move.share_after > move.share_before),
        reasons=tuple(_reason(reason, shelves) for reason in telling[:REASONS_SHOWN]),
        more=max(0, len(telling) - REASONS_SHOWN),
        unattributed=words.ratio_text(math.exp(rest)) if foreign and abs(rest) >= words.NEUTRAL_LOG else "",
    )


def _moved(steps: int, share: float) -> str:
    if not steps:
        return "stays, more likely" if share > 0 else "stays, less likely"
    count = words.COUNT_WORDS[abs(steps)] if abs(steps) < len(words.COUNT_WORDS) else str(abs(steps))
    return f"up {count}" if steps > 0 else f"down {count}"


def _reason(reason: Reason, shelves: tuple[Shelf, Shelf]) -> ReasonLine:
    difference = reason.log_difference
    return ReasonLine(
        name=_name(reason, shelves),
        said=_said(reason, shelves),
        direction=words.direction(difference),
        words=words.strength_words(difference),
        ratio=words.ratio_text(math.exp(difference)),
    )


def _name(reason: Reason, shelves: tuple[Shelf, Shelf]) -> str:
    if reason.kind == "prior":
        return "How common it is in your setting"
    if not reason.finding:
        return "What was not mentioned"
    return _item_name(reason.finding, shelves)


def _item_name(code: str, shelves: tuple[Shelf, Shelf]) -> str:
    item = item_of(shelves[1], code) or item_of(shelves[0], code)
    return str(item["name"]) if item else code.replace("_", " ")


def _said(reason: Reason, shelves: tuple[Shelf, Shelf]) -> str:
    if reason.kind != "observation":
        return {Change.NEW: "new", Change.WITHDRAWN: "no longer"}.get(reason.change, "counts otherwise")
    before, after = (
        _answer(bar, shelf) for bar, shelf in zip((reason.before, reason.after), shelves, strict=True)
    )
    return {
        Change.NEW: f"new: {after}",
        Change.ANSWER: f"{before} → {after}",
        Change.WITHDRAWN: f"withdrawn: {before}",
        Change.WEIGHT: f"still {after}, weighs otherwise beside the other answers",
    }[reason.change]


def _answer(bar: Mapping[str, Any] | None, shelf: Shelf) -> str:
    if bar is None:
        return ""
    if bar["status"] == "equivocal" or not bar["level"]:
        return "equivocal"
    side = f" ({bar['side']})" if bar["side"] else ""
    return f"{shelf.catalogue.label(bar['finding'], bar['level'])}{side}"


def _besides(found: Comparison, shelves: tuple[Shelf, Shelf]) -> tuple[str, ...]:
    """In whole phrases, each for a line of its own."""
    named = {
        code: (item_of(shelves[1], code) or item_of(shelves[0], code) or {}).get("name")
        or code.replace("_", " ")
        for code in (*found.factors_new, *found.factors_gone)
    }
    told = [
        "Ranked under another release" if found.other_release else "",
        "Ranked by another version of the engine" if found.other_engine else "",
        "Ranked with other numbers of the clinic" if found.other_clinic_model else "",
        *(f"Another {PERSON_WORDS[key]}" for key in found.person),
        *(f"Risk factor new: {named[code]}" for code in found.factors_new),
        *(f"Risk factor no longer: {named[code]}" for code in found.factors_gone),
    ]
    return tuple(line for line in told if line)
