"""The best next findings: expected information gain (docs/ranking.md, step 9).

    EIG(f) = H(h | e) − Σ_level P(level | e) H(h | e, level)

P(level | e) is untempered; the weights of what is recorded are held, a candidate carries its own. One step
ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.explain import RATIO_DECIMALS, SHARE_DECIMALS, Differential
from triage.ranking.model import OTHER, CompiledModel
from triage.ranking.redundancy import all_similarities
from triage.ranking.rounding import rounded
from triage.ranking.table import Floats

Ints = NDArray[np.int64]
SHOWN = 10  # findings returned; the gain of every candidate is computed
TOP = 3  # hypotheses whose shares each answer is shown for (step 9)


@dataclass(frozen=True)
class Block:
    """The findings with K levels, (n,), and their rows among the columns: n · K of them from `start` on."""

    levels: int
    finding: Ints
    start: int

    def of(self, values: Floats) -> Floats:
        """(n, K, …) of values by row (R, …); no copy."""
        size = len(self.finding), self.levels
        return values[self.start : self.start + size[0] * size[1]].reshape(*size, *values.shape[1:])


@dataclass(frozen=True)
class Columns:
    """Every level of every finding as a row, (R,): its finding, p' and log p' (R, H + 1), the range of log p'
    (R,). `first` (F,) is the first row of each finding; blocks in order of the number of levels.
    """

    finding: Ints
    first: Ints
    blocks: tuple[Block, ...]
    p: Floats
    log_p: Floats
    spread: Floats


@dataclass(frozen=True)
class Traits:
    """What orders equal gains: burden (F,), whether an investigation (F,), alphabetical place (F,)."""

    burden: Floats
    investigation: NDArray[np.bool_]
    place: Ints


@dataclass(frozen=True)
class Answers:
    """Candidates with K levels: their places among all (n,), likelihoods `p` (n, K, H + 1), `probability`
    (n, K) and `shares` (n, K, H + 1) after each answer.
    """

    place: Ints
    p: Floats
    probability: Floats
    shares: Floats


@dataclass(frozen=True)
class Outlook:
    """What answers to the candidates (C,) would do: `gain` (C,) in nats. By row of the columns: probability
    (R,) of each answer and shares (R, H + 1) after it, of findings that are no candidates too.
    """

    finding: Ints
    gain: Floats
    columns: Columns
    probability: Floats
    shares: Floats

    @property
    def answers(self) -> Iterator[Answers]:
        """The candidates by number of levels."""
        place = np.full(len(self.columns.first), -1)
        place[self.finding] = np.arange(len(self.finding))
        for block in self.columns.blocks:
            wanted = place[block.finding] >= 0
            if wanted.any():
                by_row = (self.columns.p, self.probability, self.shares)
                yield Answers(place[block.finding[wanted]], *(block.of(values)[wanted] for values in by_row))


def all_columns(model: CompiledModel) -> Columns:
    """Columns of every finding, kept with the model. In one piece, so that nothing is copied to be read."""
    kept = model.cache.get("columns")
    if isinstance(kept, Columns):
        return kept
    levels = np.array([len(finding.levels) for finding in model.findings], dtype=np.int64)
    order = np.argsort(levels, kind="stable")
    ends = np.cumsum(levels[order])
    first = np.empty(len(levels), dtype=np.int64)
    first[order] = ends - levels[order]
    found = [model.table.probabilities(at).T for at in order.tolist()]
    p = np.concatenate(found) if found else np.empty((0, len(model.conditions) + 1))
    log_p = np.log(np.where(p > 0, p, 1.0))
    blocks = [
        Block(count, here, int(first[here[0]]))
        for count in np.unique(levels).tolist()
        if len(here := np.flatnonzero(levels == count))
    ]
    columns = Columns(np.repeat(order, levels[order]), first, tuple(blocks), p, log_p, np.ptp(log_p, axis=1))
    model.cache["columns"] = columns
    return columns


def outlook(
    model: CompiledModel, differential: Differential, candidates: Sequence[int], log_p: Floats
) -> Outlook:
    """Gain of every candidate, and the shares after each of its answers. `log_p` (H + 1, n): what is
    recorded.
    """
    columns, temperature = all_columns(model), model.constants.temperature
    weight = row_weights(model, differential, columns, log_p)
    scores = (weight / temperature)[:, None] * columns.log_p
    scores += differential.scores - differential.scores.max()
    shares = np.exp(scores)
    total = shares.sum(axis=1, keepdims=True)
    shares /= total
    untempered = _shares(differential.scores * temperature)
    probability = np.empty(len(weight))
    for block in columns.blocks:
        block.of(probability)[:] = block.of(columns.p) @ untempered
    shares[probability <= 0] = 0.0  # an answer that cannot be
    expected = probability * (np.log(total[:, 0]) - np.einsum("rh,rh->r", shares, scores))
    left = np.empty(len(model.findings))
    for block in columns.blocks:
        left[block.finding] = block.of(expected).sum(axis=1)
    finding = np.asarray(candidates, dtype=np.int64)
    before = float(_entropy(_shares(differential.scores)))
    return Outlook(finding, np.maximum(before - left[finding], 0.0), columns, probability, shares)


def row_weights(model: CompiledModel, differential: Differential, columns: Columns, log_p: Floats) -> Floats:
    """ω of every level beside what is recorded, (R,); times `absent_weight` for the absent one of two."""
    recorded = [term.vote.finding for term in differential.terms if term.vote is not None]
    weight: Floats = np.ones(columns.spread.shape)
    if recorded and model.kind == "clinic":
        similar = all_similarities(model)
        alike = np.logical_or.reduce(similar[recorded])
        rows = np.flatnonzero(alike[columns.finding])
        shared = similar[columns.finding[rows][:, None], recorded]
        spread, ranges = columns.spread[rows][:, None], np.ptp(log_p, axis=0)
        ratio = np.divide(ranges, spread, out=np.ones(shared.shape), where=spread > 0)
        weight[rows] = 1 / (1 + (shared * np.minimum(1.0, ratio)).sum(axis=1))
    for block in columns.blocks:
        if block.levels == 2:
            block.of(weight)[:, 0] *= model.constants.absent_weight
    return weight


def _traits(model: CompiledModel) -> Traits:
    """Kept with the model."""
    kept = model.cache.get("traits")
    if isinstance(kept, Traits):
        return kept
    traits = model.cache["traits"] = Traits(
        burden=np.array([finding.burden for finding in model.findings]),
        investigation=np.array([finding.stage == "investigation" for finding in model.findings]),
        place=np.argsort(np.argsort(np.array([finding.code for finding in model.findings]))),
    )
    return traits


def best_next(
    model: CompiledModel,
    differential: Differential,
    found: Outlook,
    urgent_open: bool,
    worth: Floats | None = None,
) -> list[dict[str, Any]]:
    """The best candidates: gain per minute and discomfort, investigations last unless something urgent is
    open. Where `worth` (C,), the value for the decision, is known, it orders before all that.
    """
    traits = _traits(model)
    value = np.round(found.gain / traits.burden[found.finding], 12)
    later = traits.investigation[found.finding] & (not urgent_open)
    first = np.zeros(len(value)) if worth is None else np.round(worth, 12)
    order = np.lexsort((traits.place[found.finding], -value, later, -first))
    order = order[value[order] > 0][:SHOWN].tolist()
    rows = _proposals(model, differential, found, order)
    if worth is None:
        return rows
    return [
        {**row, "value": round(float(worth[at]), RATIO_DECIMALS) + 0.0}
        for row, at in zip(rows, order, strict=True)
    ]


def _proposals(
    model: CompiledModel, differential: Differential, found: Outlook, order: Sequence[int]
) -> list[dict[str, Any]]:
    """What is said of some of the candidates; the answers to all of them are ordered in one go."""
    findings = found.finding[order].tolist()
    specs = [model.findings[at] for at in findings]
    starts = found.columns.first[findings].tolist()
    rows = [start + n for start, spec in zip(starts, specs, strict=True) for n in range(len(spec.levels))]
    after = found.shares[rows]
    tops = np.argsort(-np.round(after, 9), axis=1, kind="stable")[:, :TOP]  # ties keep their place
    levels = [level for spec in specs for level in spec.levels]
    effects = _effects(model, levels, found.probability[rows], tops, np.take_along_axis(after, tops, axis=1))
    first, orders = differential.order[:TOP].tolist(), tops.tolist()
    proposals, begin = [], 0
    for at, spec in zip(order, specs, strict=True):
        here = slice(begin, begin := begin + len(spec.levels))
        proposals.append(
            {
                "finding": spec.code,
                "gain": round(float(found.gain[at]), RATIO_DECIMALS),
                "stage": spec.stage,
                "package": spec.package,
                "burden": spec.burden,
                "changes_first": any(top[0] != first[0] for top in orders[here]),
                "changes_order": any(top != first for top in orders[here]),
                "effects": effects[here],
            }
        )
    return proposals


def _effects(
    model: CompiledModel, levels: Sequence[str], probability: Floats, tops: Ints, shares: Floats
) -> list[dict[str, Any]]:
    """Answers (n,) with the hypotheses that would stand first, (n, TOP), and their shares."""
    codes = (*model.conditions, OTHER)
    said = zip(
        levels,
        rounded(probability, SHARE_DECIMALS).tolist(),
        tops.tolist(),
        rounded(shares, SHARE_DECIMALS).tolist(),
        strict=True,
    )
    return [
        {
            "level": level,
            "probability": likely,
            "top": [{"condition": codes[h], "share": share} for h, share in zip(top, shown, strict=True)],
        }
        for level, likely, top, shown in said
    ]


def _shares(scores: Floats) -> Floats:
    """Softmax over the last axis."""
    likelihood = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = likelihood / likelihood.sum(axis=-1, keepdims=True)
    return shares


def _entropy(shares: Floats) -> Floats:
    """−Σ p ln p over the last axis, nats."""
    entropy: Floats = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=-1)
    return entropy
