"""A source and everything that rests on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.catalogue import Catalogue
from knowledge.pages.lines import Group, Item, Line, basis_of, short_citation


@dataclass(frozen=True)
class SourcePage:
    source: Item
    short: str
    uses: tuple[Group, ...]


def source_page(known: Catalogue, code: str) -> SourcePage | None:
    """A source and every row that rests on it, by kind; None where the release does not have it."""
    source = known.source(code)
    if source is None:
        return None
    groups = (
        Group(kind, tuple(_use(known, row, name(row)) for row in rows if row.get("source") == code))
        for kind, rows, name in _claims(known)
    )
    return SourcePage(
        source, short_citation(source["citation"]), tuple(group for group in groups if group.lines)
    )


def _use(known: Catalogue, row: Item, name: str) -> Line:
    """A line whose label names the condition it speaks of, where it speaks of one."""
    condition = row.get("condition", "")
    return Line(row, name, basis_of(known, row), known.name("condition", condition) if condition else "")


def _claims(known: Catalogue) -> Sequence[tuple[str, Iterable[Item], Callable[[Item], str]]]:
    """(kind, its rows, how a row is called) of everything in a release that names a source."""

    def name(row: Item) -> str:
        return str(row["name"])

    return (
        ("evidence", known.rows("evidence"), lambda row: known.name("finding", row["finding"])),
        ("priors", known.rows("priors"), lambda row: str(row.get("setting", "")).replace("_", " ")),
        ("default_rates", _inside(known, "findings", "default"), name),
        ("risk_factors", _inside(known, "risk_factors", "effects"), name),
        ("rules", known.rows("rules"), name),
        (
            "treatments",
            known.rows("condition_treatments"),
            lambda row: known.name("treatment", row["treatment"]),
        ),
        ("cautions", _cautions(known), lambda row: f"{row['name']}: {row['text']}"),
        ("contributing_factors", known.rows("contributing_factors"), name),
        ("programmes", known.rows("programmes"), name),
        ("recovery", _of_conditions(known, "recovery"), lambda row: str(row["text"])),
        (
            "exclusions",
            _of_conditions(known, "excluded_by"),
            lambda row: known.name("finding", row["finding"]),
        ),
        ("disputes", _positions(known), lambda row: f"{row['topic']}: {row['claim']}"),
    )


def _inside(known: Catalogue, key: str, inner: str) -> list[Item]:
    """Claims inside coded rows, each with the name of its row."""
    return [
        {**claim, "name": row["name"]}
        for row in known.rows(key)
        if inner in row
        for claim in _listed(row[inner])
    ]


def _of_conditions(known: Catalogue, inner: str) -> list[Item]:
    """Claims inside conditions, each with the code of its condition."""
    return [
        {**claim, "condition": row["code"]}
        for row in known.rows("conditions")
        if inner in row
        for claim in _listed(row[inner])
    ]


def _cautions(known: Catalogue) -> list[Item]:
    """Cautions that rest on something else than their treatment does."""
    return [
        {**caution, "name": known.name("treatment", row["treatment"]), "condition": row["condition"]}
        for row in known.rows("condition_treatments")
        for caution in row.get("cautions", [])
        if "source" in caution
    ]


def _positions(known: Catalogue) -> list[Item]:
    return [
        {**position, "topic": dispute["topic"], "condition": dispute["condition"]}
        for dispute in _of_conditions(known, "disputes")
        for position in dispute["positions"]
    ]


def _listed(value: Any) -> list[Item]:
    return value if isinstance(value, list) else [value]
