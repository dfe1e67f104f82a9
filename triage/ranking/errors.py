"""What can go wrong, as values (docs/ranking.md, "Errors").

The engine raises; it never returns a partial list. A fault is a `Problem`: an enum-like `kind`, the place,
the value found and, for a misspelt code, the nearest codes that exist. All faults of one input are reported
at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Problem:
    """One fault. `where` is a path such as `observations[3].finding`; `nearest` holds existing codes, best
    first."""

    where: str
    kind: str
    value: str = ""
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        value = f": {self.value!r}" if self.value else ""
        nearest = f" (nearest: {', '.join(self.nearest)})" if self.nearest else ""
        return f"{self.where}: {self.kind.replace('_', ' ')}{value}{nearest}"


class RankingError(Exception):
    """Parent of everything the engine raises. `problems` lists every fault, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = sorted(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class InvalidRelease(RankingError):
    """The release document cannot be compiled."""


class InvalidCase(RankingError):
    """The case does not fit the release."""


def nearest(value: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Known codes that look like `value`, best first (difflib ratio ≥ 0.5)."""
    return tuple(get_close_matches(value, list(known), n=limit, cutoff=0.5))
