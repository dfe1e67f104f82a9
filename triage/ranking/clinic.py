"""Likelihoods of a clinic release: dense, with evidence carried along the hierarchy (docs/ranking.md, steps
2, 3, 10).

For a binary finding q and condition h
* own evidence, or evidence of a descendant: F(h, q), the largest of them. A descendant is only a lower
  bound, so
  without own evidence F never falls below the default rate of q;
* else own evidence of ancestors a: d_q · Σ v_a F(h, a)/d_a over them and the root (F = d = 1), Σ v = 1;
* else d_q.
A block uses step 10 for conditions that say where their pain comes from. Everything else takes its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from triage.ranking.findings import block_rates, record
from triage.ranking.table import Floats, Knowledge, Match, Means, Values

Ints = NDArray[np.int64]


class ClinicTable:
    """Dense table; small enough to be computed whole at compile time."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._below: list[list[int]] = [[] for _ in knowledge.findings]
        for finding in range(len(knowledge.findings)):
            for ancestor in knowledge.hierarchy.ancestors(finding):
                self._below[int(ancestor)].append(finding)
        means = Means(knowledge)
        count = range(len(knowledge.findings))
        self._matches = [self._match(finding) for finding in count]
        self._probabilities = [self.recorded(finding, means) for finding in count]

    def probabilities(self, finding: int) -> Floats:
        return self._probabilities[finding]

    def likelihood(self, finding: int, level: int) -> Floats:
        return self._probabilities[finding][:, level]

    def likelihoods(self, findings: Sequence[int], levels: Sequence[int]) -> Floats:
        pairs = zip(findings, levels, strict=True)
        return np.column_stack([self.likelihood(finding, level) for finding, level in pairs])

    def match(self, finding: int) -> NDArray[np.int8]:
        return self._matches[finding]

    def recorded(self, finding: int, values: Values) -> Floats:
        """p' (…, H + 1, K) of a finding for given cell values (means or draws), Other last."""
        spec = self.knowledge.findings[finding]
        default = values.default(finding)
        conditions = self._binary(finding, values) if spec.binary and spec.block is None else None
        if conditions is None:
            conditions = self._levels(finding, values)
        whole = np.concatenate([conditions, default[..., None, :]], axis=-2)
        return record(whole, spec.epsilon)

    def population(self, prior: Floats) -> list[Floats]:
        """b_f = Σ_{h∈E} π_h p(f|h) + (1 − Σ_{h∈E} π_h) d_f, never falling towards the root."""
        means = Means(self.knowledge)
        result = []
        for finding, match in enumerate(self._matches):
            known = np.isin(match, (Match.EXACT, Match.DESCENDANT, Match.BLOCK))
            spec = self.knowledge.findings[finding]
            plain = (
                self._binary(finding, means)
                if spec.binary and spec.block is None
                else self._levels(finding, means)
            )
            weight = np.where(known, prior[:-1], 0.0)
            result.append(weight @ plain + (1 - weight.sum()) * np.array(spec.rates))
        self._lift(result)
        return result

    def rows(self, finding: int, condition: int) -> list[int]:
        match = self._matches[finding][condition]
        cells: list[int] = []
        if match in (Match.EXACT, Match.DESCENDANT):
            cells = self._best_cells(finding, condition)
        elif match == Match.ANCESTOR:
            ancestors = self.knowledge.hierarchy.ancestors(finding)
            cells = [cell for a in ancestors if (cell := self._cell(int(a), condition)) is not None]
        return sorted({row for cell in cells for row in self.knowledge.cells.rows(cell)})

    @cached_property
    def _cell_at(self) -> dict[tuple[int, int], int]:
        cells = self.knowledge.cells
        pairs = zip(cells.finding.tolist(), cells.condition.tolist(), strict=True)
        return {pair: number for number, pair in enumerate(pairs)}

    def _cell(self, finding: int, condition: int) -> int | None:
        return self._cell_at.get((finding, condition))

    def _best_cells(self, finding: int, condition: int) -> list[int]:
        """The own cell, and the descendant's where it is the larger: the cells F(h, q) is read from."""
        own = self._cell(finding, condition)
        below = [
            cell for member in self._below[finding] if (cell := self._cell(member, condition)) is not None
        ]
        best = max(below, key=self._share, default=None)
        result = [] if own is None else [own]
        if best is not None and (own is None or self._share(best) > self._share(own)):
            result.append(best)
        return result

    def _share(self, cell: int) -> float:
        """Mean probability of the last level of a cell."""
        alpha = self.knowledge.cells.alpha[
            self.knowledge.cells.start[cell] : self.knowledge.cells.start[cell + 1]
        ]
        return float(alpha[-1] / alpha.sum())

    def _conditions(self, finding: int) -> Ints:
        return self.knowledge.cells.condition[self.knowledge.cells.of(finding)]

    def _match(self, finding: int) -> NDArray[np.int8]:
        """Match of each condition (H,), strongest last."""
        match = np.zeros(self.knowledge.conditions, dtype=np.int8)
        covered = self.knowledge.covered.get(finding)
        if covered is not None:
            match[~np.isnan(covered)] = Match.BLOCK
        for ancestor in self.knowledge.hierarchy.ancestors(finding):
            match[self._conditions(int(ancestor))] = Match.ANCESTOR
        for member in self._below[finding]:
            match[self._conditions(member)] = Match.DESCENDANT
        match[self._conditions(finding)] = Match.EXACT
        return match

    def _largest(self, finding: int, values: Values) -> Floats:
        """F(h, t) before the default: (…, H), NaN without evidence on t or below it."""
        largest = np.full((*values.default(finding).shape[:-1], self.knowledge.conditions), np.nan)
        for member in (finding, *self._below[finding]):
            here = self._conditions(member)
            if len(here):
                largest[..., here] = np.fmax(largest[..., here], values.cells(member)[..., 1])
        return largest

    def _binary(self, finding: int, values: Values) -> Floats:
        """p (…, H, 2) of a binary finding, before recording error."""
        default = values.default(finding)[..., 1]
        present = self._largest(finding, values)
        lower_bound = self._matches[finding] == Match.DESCENDANT
        present = np.where(lower_bound, np.fmax(present, default[..., None]), present)
        present = np.where(np.isnan(present), self._from_ancestors(finding, default, values), present)
        return np.stack([1 - present, present], axis=-1)

    def _from_ancestors(self, finding: int, default: Floats, values: Values) -> Floats:
        """d_q · Σ v_a F(h, a)/d_a over ancestors with own evidence and the root; d_q where there is none. (…,
        H)."""
        shape = (*default.shape, self.knowledge.conditions)
        total, count = np.zeros(shape), np.zeros(self.knowledge.conditions)
        for ancestor in self.knowledge.hierarchy.ancestors(finding):
            here = self._conditions(int(ancestor))
            if len(here):
                rate = values.default(int(ancestor))[..., 1]
                total[..., here] += self._largest(int(ancestor), values)[..., here] / rate[..., None]
                count[here] += 1
        between, root = 1 - self.knowledge.v_q - self.knowledge.v_root, self.knowledge.v_root
        carried = (between * total / np.maximum(count, 1) + root) / (between + root)
        ratio: Floats = np.where(count > 0, carried, 1.0)
        return np.minimum(default[..., None] * ratio, 1 - 1e-6)

    def _levels(self, finding: int, values: Values) -> Floats:
        """p (…, H, K) of a finding with many levels, or of a block, before recording error."""
        default = values.default(finding)
        shape = (*default.shape[:-1], self.knowledge.conditions, default.shape[-1])
        result = np.broadcast_to(default[..., None, :], shape).copy()
        covered = self.knowledge.covered.get(finding)
        spec = self.knowledge.findings[finding]
        if covered is not None and spec.block is not None:
            here = np.flatnonzero(~np.isnan(covered))
            rates = [block_rates(spec.block, spec.levels, covered[h]) for h in here]
            if rates:
                result[..., here, :] = values.block(finding, np.array(rates))
        here = self._conditions(finding)
        if len(here):
            result[..., here, :] = values.cells(finding)
        return result

    def _lift(self, population: list[Floats]) -> None:
        """Raise each ancestor's b to that of its descendants, so that information does not rise towards the
        root."""
        for finding, below in enumerate(self._below):
            if below:
                present = max(float(population[member][1]) for member in (finding, *below))
                population[finding] = np.array([1 - present, present])
