"""What checks between rows share: the rows by code, and the flaws that were found.

Errors: none; a flaw is a value with the row, the path inside it, the problem and the remedy.
Source: docs/knowledge-format.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rapidfuzz import fuzz, process

from knowledge.schema.base import Row
from knowledge.schema.document import Document

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Flaw:
    row: Row
    path: Path
    problem: str
    remedy: str
    unknown: str = ""


class Coded(Protocol):
    @property
    def code(self) -> str: ...


def nearest(code: str, known: Collection[str]) -> str:
    """ "did you mean a, b or c" for a code that does not exist, else a list's size."""
    matches = [
        match
        for match, _, _ in process.extract(code, sorted(known), scorer=fuzz.WRatio, limit=3, score_cutoff=60)
    ]
    if not matches:
        return f"none of the {len(known)} known codes is near; add it, or correct the spelling"
    return f"did you mean {' or '.join(matches)}?"


@dataclass
class Book:
    """The document by code, with the flaws found so far."""

    document: Document
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: list[Flaw] = field(default_factory=list)

    def __post_init__(self) -> None:
        lists: Mapping[str, Iterable[Coded]] = {
            "site": self.document.sites,
            "structure": self.document.structures,
            "cluster": self.document.clusters,
            "finding": self.document.findings,
            "condition": self.document.conditions,
            "risk factor": self.document.risk_factors,
            "contributing factor": self.document.contributing_factors,
            "rule": self.document.rules,
            "treatment": self.document.treatments,
            "programme": self.document.programmes,
            "source": self.document.sources,
        }
        for kind, rows in lists.items():
            self.codes[kind] = {row.code: row for row in rows}

    def flaw(self, row: Row, path: Path, problem: str, remedy: str, unknown: str = "") -> None:
        self.found.append(Flaw(row, path, problem, remedy, unknown))

    def known(self, row: Row, path: Path, kind: str, code: str | None) -> bool:
        """Whether the code exists; adds a flaw where it does not. None is nobody's fault."""
        if code is None:
            return False
        if code in self.codes[kind]:
            return True
        self.flaw(row, path, f"there is no {kind} {code}", nearest(code, self.codes[kind]), unknown=code)
        return False

    def known_all(self, row: Row, key: str, kind: str, codes: Iterable[str]) -> None:
        for code in codes:
            self.known(row, (key,), kind, code)

    def known_level(self, row: Row, path: Path, finding_code: str, levels: Iterable[str]) -> None:
        """Whether the finding exists and has these levels; `path` points to the finding's key."""
        if not self.known(row, path, "finding", finding_code):
            return
        existing = [level.code for level in self.codes["finding"][finding_code].levels]
        for level in levels:
            if level not in existing:
                self.flaw(
                    row,
                    (*path[:-1], "level"),
                    f"finding {finding_code} has no level {level}",
                    f"its levels are {', '.join(existing)}",
                )
