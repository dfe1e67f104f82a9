"""What the two kinds of release have in common: p(level | hypothesis), one finding at a time.

Axis order everywhere: (…draws, hypotheses, levels); hypotheses are the conditions in document order, then
Other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.ranking.cells import Cells, mean
from triage.ranking.findings import Finding
from triage.ranking.hierarchy import Hierarchy

Floats = NDArray[np.float64]


class Match(IntEnum):
    """Where a hypothesis' probability for a finding comes from (docs/ranking.md, step 3)."""

    DEFAULT = 0
    EXACT = 1
    DESCENDANT = 2
    ANCESTOR = 3
    BLOCK = 4


@dataclass(frozen=True)
class Knowledge:
    """What a table is built from: H conditions, F findings, their pooled cells and the hierarchy."""

    findings: tuple[Finding, ...]
    conditions: int
    cells: Cells
    hierarchy: Hierarchy
    covered: dict[int, Floats]  # block finding -> (H,) share of the pain it covers, NaN without `pain_from`
    v_q: float
    v_root: float
    eta: float


class Values(Protocol):
    """Probabilities of cells: their means, or draws of them with one more leading axis."""

    def cells(self, finding: int) -> Floats:
        """(…, cells of the finding, K)."""

    def default(self, finding: int) -> Floats:
        """(…, K)."""

    def block(self, finding: int, rates: Floats) -> Floats:
        """Given mean rates (n, K) of a block, (…, n, K)."""


class Means:
    """The mean of every cell."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def cells(self, finding: int) -> Floats:
        return mean(self.knowledge.cells.parameters(finding))

    def default(self, finding: int) -> Floats:
        return np.array(self.knowledge.findings[finding].rates)

    def block(self, finding: int, rates: Floats) -> Floats:
        return rates


class Table(Protocol):
    """Likelihoods of a compiled release."""

    def probabilities(self, finding: int) -> Floats:
        """p'(level | h) with recording error, shape (H + 1, K), Other last."""

    def likelihood(self, finding: int, level: int) -> Floats:
        """One column of `probabilities`, shape (H + 1,)."""

    def likelihoods(self, findings: Sequence[int], levels: Sequence[int]) -> Floats:
        """Columns of several findings' `probabilities`, shape (H + 1, n)."""

    def match(self, finding: int) -> NDArray[np.int8]:
        """`Match` of each condition, shape (H,)."""

    def rows(self, finding: int, condition: int) -> list[int]:
        """Document positions of the evidence rows behind one probability, in document order."""

    def population(self, prior: Floats) -> list[Floats]:
        """b before recording error, one (K,) per finding, given a prior (H + 1,)."""
