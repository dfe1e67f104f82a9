"""A visit's answers under another release: what stays, what has another name there, what must be asked again.

A code means the same in every release, so an answer stays where its finding, level and side are still in use.
A retired finding or level names its successor (`replaced_by`), and the answer follows it. What cannot follow
is never guessed and never dropped: it is told with the reason and asked again.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from knowledge.catalogue import Catalogue, catalogue

ROLES = ("finding", "risk_factor", "contributing_factor")
YES_NO = ("absent", "present")


class Reason(enum.StrEnum):
    """Why an answer cannot follow."""

    FINDING = "finding"  # the release asks this no more, and names no successor
    LEVEL = "level"  # the answer is no longer one of its answers
    SIDE = "side"  # it is asked by side now, or no longer is
    TWICE = "twice"  # its successor is answered too, and otherwise


@dataclass(frozen=True)
class Said:
    """One answer as recorded; `level` is empty for one that has none."""

    finding: str
    side: str
    status: str
    level: str

    @property
    def key(self) -> tuple[str, str]:
        return self.finding, self.side


@dataclass(frozen=True)
class Moved:
    """Where an answer goes: `finding` is asked there in its place (empty: nothing is); with a `reason` it
    cannot follow and `level` is empty.
    """

    said: Said
    finding: str
    level: str
    reason: Reason | None = None
    merged: bool = False  # another answer says the same there

    @property
    def says(self) -> tuple[str, str]:
        return self.said.status, self.level

    @property
    def stays(self) -> bool:
        return self.reason is None and (self.finding, self.level) == (self.said.finding, self.said.level)

    @property
    def renamed(self) -> bool:
        return self.reason is None and not self.stays

    @property
    def key(self) -> tuple[str, str]:
        return self.finding, self.said.side


def moved_answers(answers: Iterable[Said], *, to_sha256: str) -> list[Moved]:
    """Each answer under the release with this hash, in the order given.

    Where several come to stand in one place, the one given there directly stays, and those that say the same
    are merged into it. Followers that contradict it, or one another where there is none, are asked again.
    """
    known = catalogue(to_sha256)
    alone = [_moved(said, known) for said in answers]
    places: dict[tuple[str, str], list[Moved]] = {}
    for row in alone:
        if row.reason is None:
            places.setdefault(row.key, []).append(row)
    return [_settled(row, places[row.key]) if row.reason is None else row for row in alone]


def _settled(row: Moved, rivals: Sequence[Moved]) -> Moved:
    if len(rivals) == 1:
        return row
    direct = next((rival for rival in rivals if rival.finding == rival.said.finding), None)
    if direct is None and len({rival.says for rival in rivals}) > 1:
        return replace(row, level="", reason=Reason.TWICE)
    first = direct or rivals[0]
    if row is first:
        return row
    return (
        replace(row, merged=True) if row.says == first.says else replace(row, level="", reason=Reason.TWICE)
    )


def successor(code: str, known: Catalogue) -> str:
    """The code in use for this one of a risk factor or finding; empty where there is none."""
    row = _row(code, known)
    if row is None:
        return ""
    return str(row["replaced_by"]) if row.get("replaced_by") else code


def _moved(said: Said, known: Catalogue) -> Moved:
    finding = successor(said.finding, known)
    row = _row(finding, known) if finding else None
    if row is None:
        return Moved(said, "", "", Reason.FINDING)
    if bool(row.get("side_aware")) != bool(said.side):
        return Moved(said, finding, "", Reason.SIDE)
    if not said.level:
        return Moved(said, finding, "")
    levels = _levels(row)
    if said.level not in levels:
        return Moved(said, finding, "", Reason.LEVEL)
    return Moved(said, finding, levels[said.level] or said.level)


def _row(code: str, known: Catalogue) -> Mapping[str, Any] | None:
    return next((row for kind in ROLES if (row := known.row(kind, code)) is not None), None)


def _levels(row: Mapping[str, Any]) -> dict[str, str]:
    """The successor of each level, empty for one in use."""
    given = row.get("levels") or [{"code": code} for code in YES_NO]
    return {level["code"]: level.get("replaced_by") or "" for level in given}
