"""Share claimed against share right, in bins (docs/evaluation.md, "Reliability")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum

from triage.evaluation.wilson import Proportion, proportion

BINS = 10
ENOUGH = 20  # cases; of 20 with half of them right the 95 % interval is already 30 to 70 %


@dataclass(frozen=True)
class Bin:
    """Cases whose first hypothesis claimed a share from `low` to below `high` (the last bin holds 1)."""

    low: float
    high: float
    claimed: float | None  # mean share claimed, None without a case
    right: Proportion

    @property
    def too_few(self) -> bool:
        return self.right.total < ENOUGH


def reliability(claims: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Ten equal bins of (share claimed for the first hypothesis, whether it was right)."""
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for share, right in claims:
        groups[min(int(share * BINS), BINS - 1)].append((share, right))
    return tuple(_bin(at, group) for at, group in enumerate(groups))


def _bin(at: int, group: list[tuple[float, bool]]) -> Bin:
    claimed = fsum(share for share, _ in group) / len(group) if group else None
    right = proportion(sum(right for _, right in group), len(group))
    return Bin(at / BINS, (at + 1) / BINS, claimed, right)
