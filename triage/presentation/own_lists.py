"""An own list beside the differential of its moment, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from triage.agreement import COMPARED_DEPTH, OVERLAP_DEPTH, First, Proven, proven_place
from triage.models import Diagnosis, OwnList
from triage.presentation.conditions import name_of
from triage.presentation.knowledge import shelf
from triage.presentation.words import COUNT_WORDS

FIRST_WORDS = {
    First.OWN: "the own list had it first",
    First.ENGINE: "the differential had it first",
    First.BOTH: "both had it in the same place",
    First.NEITHER: "neither had it",
}


@dataclass(frozen=True)
class OwnLine:
    """The own list in one line, for the foot of the differential."""

    names: tuple[str, ...]
    agreement: str


@dataclass(frozen=True)
class Pair:
    """One place in both lists."""

    place: int
    own: str
    confidence: str
    unlisted: bool  # written in own words: the knowledge does not have it
    engine: str
    shared: bool  # the own condition stands among the compared places of the differential


@dataclass(frozen=True)
class Shown:
    """One person's list beside the differential that was then shown to them."""

    by: str
    at: dt.datetime
    without: bool
    pairs: tuple[Pair, ...]
    agreement: str
    overlap_percent: str
    proved: str


def own_line(row: OwnList | None) -> OwnLine | None:
    if row is None:
        return None
    return OwnLine(tuple(_names(row)), _agreement_words(row))


def shown_lists(rows: Iterable[OwnList], diagnosis: Diagnosis | None) -> list[Shown]:
    return [_shown(row, diagnosis) for row in rows]


def _shown(row: OwnList, diagnosis: Diagnosis | None) -> Shown:
    known = shelf(row.release_sha256)
    own, engine = _names(row), [name_of(code, known) for code in row.engine[:COMPARED_DEPTH]]
    places = range(max(len(own), len(engine)))
    overlap = row.rank_biased_overlap
    return Shown(
        by=str(row.by),
        at=row.created_at,
        without=not row.entries,
        pairs=tuple(_pair(row, place, own, engine) for place in places),
        agreement=_agreement_words(row),
        overlap_percent="" if overlap is None else f"{100 * overlap:.0f} %",
        proved=_proved(row, diagnosis),
    )


def _pair(row: OwnList, place: int, own: list[str], engine: list[str]) -> Pair:
    entry: dict[str, str] = row.entries[place] if place < len(own) else {}
    return Pair(
        place=place + 1,
        own=own[place] if entry else "",
        confidence=entry["confidence"] if entry else "",
        unlisted=bool(entry) and not entry["condition"],
        engine=engine[place] if place < len(engine) else "",
        shared=bool(entry) and entry["condition"] in row.engine[:COMPARED_DEPTH],
    )


def _names(row: OwnList) -> list[str]:
    known = shelf(row.release_sha256)
    return [
        name_of(entry["condition"], known) if entry["condition"] else entry["text"] for entry in row.entries
    ]


def _agreement_words(row: OwnList) -> str:
    if row.overlap_of_three is None:
        return ""
    first = "same first" if row.same_first else "another first"
    return f"{first}, {COUNT_WORDS[row.overlap_of_three]} of the first {COUNT_WORDS[OVERLAP_DEPTH]} shared"


def _proved(row: OwnList, diagnosis: Diagnosis | None) -> str:
    """Who had it first, once the complaint is proven to be a condition of the knowledge."""
    if diagnosis is None or not diagnosis.is_proven or not diagnosis.condition_code or not row.entries:
        return ""
    found = proven_place(diagnosis.condition_code, row.codes, row.engine)
    name = name_of(diagnosis.condition_code, shelf(row.release_sha256))
    return f"Proved to be {name}: {FIRST_WORDS[found.first]} ({_places(found)})."


def _places(found: Proven) -> str:
    own = f"place {found.own_place}" if found.own_place else "not listed"
    engine = f"place {found.engine_place}" if found.engine_place else "not among the first ten"
    return f"own list: {own}; differential: {engine}"
