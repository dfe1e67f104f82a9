"""Evidence pooled into one Beta or Dirichlet per condition and finding (docs/ranking.md, step 2).

A row becomes pseudo-counts over the finding's levels. Rows of one cell are added; where studies disagree
(χ²/df > 1) their counts are divided by χ²/df; the strength is capped at `n_max`; the prior pseudo-counts come
last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.constants import Constants
from triage.ranking.findings import Finding
from triage.ranking.rows import Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Pooled evidence, ordered by finding then condition. M cells; `alpha` is ragged over levels.

    `alpha[start[m]:start[m + 1]]` are the Dirichlet parameters of cell m (for two levels a Beta: [absent,
    present]). `row_order[row_start[m]:row_start[m + 1]]` are its evidence rows, in document order.
    """

    finding: Ints  # (M,)
    condition: Ints  # (M,)
    start: Ints  # (M + 1,)
    alpha: Floats  # (sum of K,)
    disagree: Bools  # (M,) studies disagree, χ²/df > 1
    dispersion: Floats  # (M,) χ²/df, at least 1
    row_start: Ints  # (M + 1,)
    row_order: Ints  # (rows,)
    first_of: Ints  # (findings + 1,) cells of finding f are first_of[f]:first_of[f + 1]

    def of(self, finding: int) -> slice:
        """The cells of a finding."""
        return slice(int(self.first_of[finding]), int(self.first_of[finding + 1]))

    def parameters(self, finding: int) -> Floats:
        """Dirichlet parameters of a finding's cells, shape (cells, K)."""
        here = self.of(finding)
        count = here.stop - here.start
        return self.alpha[self.start[here.start] : self.start[here.stop]].reshape(count, -1 if count else 0)

    def rows(self, cell: int) -> list[int]:
        """Document positions of the evidence rows of a cell."""
        return [int(row) for row in self.row_order[self.row_start[cell] : self.row_start[cell + 1]]]


def pool(rows: Rows, findings: Sequence[Finding], conditions: int, constants: Constants, kind: str) -> Cells:
    """Pool evidence rows into cells. All steps are vectorised over rows and levels."""
    levels = np.fromiter((len(finding.levels) for finding in findings), dtype=np.int64, count=len(findings))
    key = rows.finding * conditions + rows.condition
    cell_key, cell_of_row = np.unique(key, return_inverse=True)
    finding, condition = cell_key // max(1, conditions), cell_key % max(1, conditions)
    width = levels[finding]
    start = _starts(width)
    entry = start[cell_of_row[rows.entry_row]] + rows.entry_level  # entries -> flat (cell, level)
    study = rows.studied[rows.entry_row]
    counts = _totals(entry[study], rows.entry_count[study], start[-1])
    opinion = _totals(entry[~study], rows.entry_count[~study], start[-1])
    dispersion = _dispersion(rows, cell_of_row, entry, counts, start)
    total = counts / np.repeat(dispersion, width) + opinion
    strength = np.add.reduceat(total, start[:-1]) if len(width) else np.zeros(0)
    total *= np.repeat(np.minimum(1.0, constants.n_max / np.maximum(strength, 1e-300)), width)
    with_prior = np.bincount(cell_of_row, rows.studied, minlength=len(width)) > 0
    alpha = total + _prior(width, with_prior | (kind == "corpus"), start, constants)
    return Cells(
        finding, condition, start, alpha, dispersion > 1, dispersion,
        _starts(np.bincount(cell_of_row, minlength=len(width))),
        np.argsort(cell_of_row, kind="stable"),
        np.searchsorted(finding, np.arange(len(findings) + 1)),
    )  # fmt: skip


def _totals(group: Ints, count: Floats, groups: int) -> Floats:
    """Sum of counts by group, shape (groups,)."""
    return np.bincount(group, count, minlength=groups).astype(np.float64)


def _starts(sizes: Ints) -> Ints:
    """Offsets of ragged groups, shape (groups + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _prior(width: Ints, wanted: Bools, start: Ints, constants: Constants) -> Floats:
    """Prior pseudo-counts, flat over (cell, level), of the same total in every cell (Perks's prior).

    A yes/no cell takes `beta_prior` as it is (Jeffreys), one of K levels an equal part of its sum. A half for
    each of two dozen levels would drown the evidence of a place of pain.
    """
    present, absent = constants.beta_prior
    level_share = np.where(width == 2, present, (present + absent) / np.maximum(width, 1))
    prior = np.repeat(np.where(wanted, level_share, 0.0), width)
    prior[start[:-1][wanted & (width == 2)]] = absent
    return prior


def _dispersion(rows: Rows, cell_of_row: Ints, entry: Ints, counts: Floats, start: Ints) -> Floats:
    """χ²/df of the studies of each cell around their pooled rate, at least 1; shape (cells,).

    df = (studies − 1)(K − 1) over the levels that any study filled; expert classes do not take part.
    """
    studies = np.bincount(cell_of_row[rows.studied], minlength=len(start) - 1)
    result = np.ones(len(studies))
    several = studies > 1
    if not several.any():
        return result
    width = np.diff(start)
    rate = counts / np.repeat(np.maximum(np.add.reduceat(counts, start[:-1]), 1e-300), width)
    use = rows.studied[rows.entry_row] & several[cell_of_row[rows.entry_row]] & (rate[entry] > 0)
    row, count = rows.entry_row[use], rows.entry_count[use]
    expected = np.bincount(row, count, minlength=len(cell_of_row))[row] * rate[entry[use]]
    distance = np.divide((count - expected) ** 2, expected, out=np.zeros(len(row)), where=expected > 0)
    chi2 = np.bincount(cell_of_row[row], distance, minlength=len(studies))
    filled = np.add.reduceat((rate > 0).astype(np.int64), start[:-1])
    freedom = np.maximum(1, (studies - 1) * (filled - 1))
    result[several] = np.maximum(1.0, chi2[several] / freedom[several])
    return result


def mean(alpha: Floats) -> Floats:
    """Mean of Beta/Dirichlet cells; last axis levels. Strictly inside (0, 1) because every parameter is."""
    result: Floats = alpha / alpha.sum(axis=-1, keepdims=True)
    return result


def published_ratio(ratios: Mapping[str, Any], level_is_reference: bool) -> float | None:
    """The source's own likelihood ratio for an observed level, when it printed one."""

    value = ratios.get("negative" if level_is_reference else "positive")
    return None if value is None else float(value)
