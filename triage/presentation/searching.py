"""Search over what can be answered at a visit: the options of the search box, with the answers so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triage.presentation.answers import (
    BINARY,
    PACKAGE_TITLES,
    Recorded,
    level_choices,
    row_for,
    sides_of,
)
from triage.presentation.knowledge import Shelf

LIMIT = 8
ASKED_KINDS = {"finding", "risk_factor", "contributing_factor"}


@dataclass(frozen=True)
class Result:
    code: str
    name: str
    matched: str
    side: str
    binary: bool
    recorded: str
    section: str


def search(shelf: Shelf, text: str, recorded: Recorded, complaint_side: str) -> list[Result]:
    """The best matches for a few letters, a synonym or a slip of the keys."""
    items = {item["code"]: (package, item) for package, item in _items(shelf)}
    hits = shelf.catalogue.search(text, LIMIT * 3)
    found = [(items[hit[1]], hit[3]) for hit in hits if hit[0] in ASKED_KINDS and hit[1] in items]
    return [
        _result(package, item, matched, recorded, complaint_side)
        for (package, item), matched in found[:LIMIT]
    ]


def _items(shelf: Shelf) -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (package, item)
        for package, groups in shelf.catalogue.packages()
        for _, items in groups
        for item in items
    ]


def _result(
    package: str, item: Mapping[str, Any], matched: str, recorded: Recorded, complaint_side: str
) -> Result:
    row = row_for(item, recorded, complaint_side)
    side_known = complaint_side in {"left", "right"}
    sides = sides_of(item, complaint_side)
    said = [
        f"{control.side}: {control.recorded}".removeprefix(": ")
        for control in row.controls
        if control.answered
    ]
    return Result(
        code=item["code"],
        name=item["name"],
        matched="" if matched.casefold() == item["name"].casefold() else matched,
        side=sides[0],
        binary={code for code, _ in level_choices(item)} == BINARY and (side_known or sides == ("",)),
        recorded=", ".join(said),
        section=PACKAGE_TITLES.get(package, package),
    )
