"""What every page of the knowledge is put together from: a row, named, with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.catalogue import Catalogue

Item = Mapping[str, Any]
WORDS_WITHOUT_YEAR = 6


@dataclass(frozen=True)
class Basis:
    """What a row rests on: a place in a source, an estimate, or an estimate that a source inspired."""

    code: str = ""
    short: str = ""
    citation: str = ""
    locator: str = ""
    estimate: bool = False


@dataclass(frozen=True)
class Line:
    """One row of a table: the row itself, the names it needs, and what it rests on."""

    row: Item
    name: str
    basis: Basis
    label: str = ""
    percent: float | None = None
    counts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Group:
    code: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Link:
    """A way to another page: the kind of thing, its code and its name."""

    kind: str
    code: str
    name: str
    note: str = ""


def link_to(known: Catalogue, kind: str, code: str, note: str = "") -> Link:
    return Link(kind, code, known.name(kind, code), note)


def short_citation(citation: str) -> str:
    """First name and last year, enough to recognise a source: “Rose 2003”; a few words without a year."""
    spaced = citation.translate(dict.fromkeys(map(ord, ";.(),"), " ")).split()
    years = [word for word in spaced if len(word) == 4 and word.isdigit() and word[:2] in ("19", "20")]
    return f"{spaced[0]} {years[-1]}" if years else " ".join(citation.split()[:WORDS_WITHOUT_YEAR])


def basis_of(known: Catalogue, row: Item) -> Basis:
    estimate = row.get("basis") == "expert_estimate"
    source = known.source(row.get("source", ""))
    if source is None:
        return Basis(estimate=estimate)
    citation = source["citation"]
    return Basis(source["code"], short_citation(citation), citation, row.get("locator", ""), estimate)
