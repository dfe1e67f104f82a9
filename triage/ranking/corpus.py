"""Likelihoods of a corpus release: sparse (docs/ranking.md, steps 2, 3, 12).

p(q | h) = b_q Σ_{a ∈ anc(q)} v_a F(h, a) / b_a^η, with v_q for q itself, v_root for the floor and the rest
spread evenly over the ancestors between. F is kept as compressed columns; one finding costs the non-zeros of
its ancestors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from triage.ranking.cells import mean
from triage.ranking.findings import record
from triage.ranking.table import Floats, Knowledge, Match

Ints = NDArray[np.int64]


class CorpusTable:
    """Sparse table: columns of F by finding; nothing of shape conditions × findings is ever made."""

    def __init__(self, knowledge: Knowledge, prior: Floats) -> None:
        self.knowledge = knowledge
        self.columns = len(knowledge.findings) * max(len(f.levels) for f in knowledge.findings)
        self.binary = np.array([finding.binary for finding in knowledge.findings], dtype=np.bool_)
        share = knowledge.cells.alpha[knowledge.cells.start[1:] - 1] / _sums(knowledge)
        self.start, self.condition, self.largest, self.origin = _propagate(knowledge, self.binary, share)
        self.rate = np.array([finding.rates[-1] for finding in knowledge.findings])
        self.b = self._present(prior)
        self.divisor = self.b**knowledge.eta

    def probabilities(self, finding: int) -> Floats:
        spec = self.knowledge.findings[finding]
        if not spec.binary:
            return record(self._levels(finding), spec.epsilon)
        result = np.empty((self.knowledge.conditions + 1, 2))
        result[:-1, 1] = self.present(finding)
        result[-1, 1] = self.rate[finding]
        result[:, 0] = 1 - result[:, 1]
        return record(result, spec.epsilon)

    def likelihood(self, finding: int, level: int) -> Floats:
        result: Floats = self.likelihoods([finding], [level])[:, 0]
        return result

    def likelihoods(self, findings: Sequence[int], levels: Sequence[int]) -> Floats:
        """p'(level | h) of several findings at once, shape (H + 1, n)."""
        chosen, level = np.array(findings, dtype=np.int64), np.array(levels, dtype=np.int64)
        binary = self.binary[chosen]
        if binary.all():
            return self._recorded(chosen, level)
        result = np.empty((self.knowledge.conditions + 1, len(findings)))
        if binary.any():
            result[:, binary] = self._recorded(chosen[binary], level[binary])
        for column in np.flatnonzero(~binary).tolist():
            result[:, column] = self.probabilities(findings[column])[:, levels[column]]
        return result

    def _recorded(self, findings: Ints, levels: Ints) -> Floats:
        """p' (H + 1, n) of binary findings at the given levels, with recording error."""
        result = np.empty((self.knowledge.conditions + 1, len(findings)))
        self.presents(findings, out=result[:-1])
        result[-1] = self.rate[findings]
        if not levels.all():
            np.subtract(1, result, out=result, where=levels == 0)
        epsilon = np.array([self.knowledge.findings[finding].epsilon for finding in findings.tolist()])
        return (1 - epsilon) * result + epsilon / 2 if epsilon.any() else result

    def present(self, finding: int) -> Floats:
        """p(present | h) of a binary finding, shape (H,), in (0, 1)."""
        result = np.empty((self.knowledge.conditions, 1))
        self.presents(np.array([finding]), out=result)
        return result[:, 0]

    def presents(self, findings: Ints, out: Floats) -> None:
        """p(present | h) of binary findings into `out` (H, n): one sparse product over the union of their
        ancestors, so that an ancestor they share is read once.
        """
        mixtures = [self.mixture(finding) for finding in findings.tolist()]
        column = np.repeat(np.arange(len(findings)), [len(closure) for closure, _ in mixtures])
        union, place = np.unique(np.concatenate([closure for closure, _ in mixtures]), return_inverse=True)
        weight = np.zeros((len(union), len(findings)))
        weight[place, column] = np.concatenate([v for _, v in mixtures])
        here = [slice(self.start[a], self.start[a + 1]) for a in union.tolist()]
        starts = np.concatenate([[0], np.cumsum(self.start[union + 1] - self.start[union])])
        values = np.concatenate([self.largest[part] for part in here])
        rows = np.concatenate([self.condition[part] for part in here])
        largest = csc_matrix((values, rows, starts), shape=(self.knowledge.conditions, len(union)))
        np.add(largest @ weight, self.knowledge.v_root * self.b[findings], out=out)
        np.minimum(out, 1 - 1e-9, out=out)

    def mixture(self, finding: int) -> tuple[Ints, Floats]:
        """(closure of q, b_q · v_a / b_a^η): what F of each ancestor is multiplied by."""
        closure = self.knowledge.hierarchy.closure(finding)
        between = 1 - self.knowledge.v_q - self.knowledge.v_root
        weight = np.full(len(closure), between / max(1, len(closure) - 1))
        weight[0] = self.knowledge.v_q + (between if len(closure) == 1 else 0.0)
        return closure, self.b[finding] * weight / self.divisor[closure]

    def match(self, finding: int) -> NDArray[np.int8]:
        match = np.zeros(self.knowledge.conditions, dtype=np.int8)
        for ancestor in self.knowledge.hierarchy.ancestors(finding):
            match[self.condition[self.start[ancestor] : self.start[ancestor + 1]]] = Match.ANCESTOR
        match[self.condition[self.start[finding] : self.start[finding + 1]]] = Match.DESCENDANT
        match[self.knowledge.cells.condition[self.knowledge.cells.of(finding)]] = Match.EXACT
        return match

    def rows(self, finding: int, condition: int) -> list[int]:
        """Rows behind the nearest evidence: F of the finding, else of each ancestor that has any."""
        own = self._origin(finding, condition)
        above = self.knowledge.hierarchy.ancestors(finding)
        cells = [own] if own is not None else [self._origin(int(a), condition) for a in above]
        return sorted({row for cell in cells if cell is not None for row in self.knowledge.cells.rows(cell)})

    def population(self, prior: Floats) -> list[Floats]:
        present = self._present(prior)
        result: list[Floats] = []
        for finding, spec in enumerate(self.knowledge.findings):
            if spec.binary:
                result.append(np.array([1 - present[finding], present[finding]]))
            else:
                result.append(prior @ self._levels(finding))
        return result

    def _present(self, prior: Floats) -> Floats:
        """b of every binary finding (F,), lifted so that it never falls towards the root."""
        column = np.repeat(np.arange(len(self.rate)), np.diff(self.start))
        weight = prior[self.condition]
        b = np.bincount(column, weight * self.largest, minlength=len(self.rate)).astype(np.float64)
        b += (1 - np.bincount(column, weight, minlength=len(self.rate))) * self.rate
        lifted = b.copy()
        hierarchy = self.knowledge.hierarchy
        np.maximum.at(lifted, hierarchy.index, np.repeat(b, np.diff(hierarchy.start)))
        return np.minimum(lifted, 1 - 1e-9)

    def _levels(self, finding: int) -> Floats:
        spec, cells = self.knowledge.findings[finding], self.knowledge.cells
        result = np.tile(np.array(spec.rates), (self.knowledge.conditions + 1, 1))
        here = cells.condition[cells.of(finding)]
        if len(here):
            result[here] = mean(cells.parameters(finding))
        return result

    def _origin(self, finding: int, condition: int) -> int | None:
        here = slice(int(self.start[finding]), int(self.start[finding + 1]))
        at = int(np.searchsorted(self.condition[here], condition))
        found = at < here.stop - here.start and self.condition[here][at] == condition
        return int(self.origin[here][at]) if found else None


def _sums(knowledge: Knowledge) -> Floats:
    cells = knowledge.cells
    sums: Floats = np.add.reduceat(cells.alpha, cells.start[:-1]) if len(cells.finding) else np.zeros(0)
    return sums


def _propagate(
    knowledge: Knowledge, binary: NDArray[np.bool_], share: Floats
) -> tuple[Ints, Ints, Floats, Ints]:
    """F(h, t) = the largest p over t and its descendants, as columns (start (F + 1,), condition, F, cell of
    origin)."""
    cells, hierarchy = knowledge.cells, knowledge.hierarchy
    use = np.flatnonzero(binary[cells.finding]).astype(np.int32)
    size = np.diff(hierarchy.start)[cells.finding[use]]
    cell = np.repeat(use, size)
    place = np.arange(len(cell), dtype=np.int32)
    place += np.repeat(hierarchy.start[cells.finding[use]] - np.cumsum(size) + size, size).astype(np.int32)
    key = hierarchy.index[place]
    del place  # the longest arrays of a build: memory peaks here
    key *= knowledge.conditions
    key += cells.condition[cell]
    order = np.lexsort((share[cell], key))
    key = key[order]
    last = np.flatnonzero(np.diff(key, append=-1))
    chosen, ancestor = cell[order[last]].astype(np.int64), key[last] // knowledge.conditions
    start = np.searchsorted(ancestor, np.arange(len(knowledge.findings) + 1))
    return start, cells.condition[chosen], share[chosen], chosen
