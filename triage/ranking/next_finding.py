"""The best next findings: expected information gain (docs/ranking.md, step 9).

    EIG(f) = H(h | e) − Σ_level P(level | e) H(h | e, level)

P(level | e) is untempered; the weights of what is recorded are held, a candidate carries its own. One step
ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.explain import RATIO_DECIMALS, SHARE_DECIMALS, Differential
from triage.ranking.model import OTHER, CompiledModel
from triage.ranking.redundancy import all_similarities
from triage.ranking.table import Floats

Ints = NDArray[np.int64]
SHOWN = 10  # findings returned; the gain of every candidate is computed
TOP = 3  # hypotheses whose shares each answer is shown for (step 9)


@dataclass(frozen=True)
class Columns:
    """Findings with K levels, (n,), and their likelihoods: p' and log p' (n, K, H + 1), the range of each
    log p' (n, K).
    """

    finding: Ints
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
    """Candidates with K levels: their places among all (n,), `probability` (n, K) and `shares` (n, K, H + 1)
    after each answer.
    """

    place: Ints
    columns: Columns
    probability: Floats
    shares: Floats


@dataclass(frozen=True)
class Outlook:
    """What answers to the candidates (C,) would do: `gain` (C,) in nats, answers by number of levels."""

    finding: Ints
    gain: Floats
    answers: tuple[Answers, ...]

    def of(self, at: int) -> tuple[Floats, Floats]:
        """Probability (K,) and shares (K, H + 1) of the answers to one candidate."""
        here = next(group for group in self.answers if at in group.place)
        row = int(np.flatnonzero(here.place == at)[0])
        return here.probability[row], here.shares[row]


def columns_by_levels(model: CompiledModel) -> tuple[Columns, ...]:
    """Columns of every finding, kept with the model: one block for each number of levels."""
    kept = model.cache.get("columns")
    if isinstance(kept, tuple):
        return kept
    levels = np.array([len(finding.levels) for finding in model.findings], dtype=np.int64)
    blocks = []
    for count in np.unique(levels):
        here = np.flatnonzero(levels == count)
        p = np.ascontiguousarray([model.table.probabilities(int(at)).T for at in here])
        log_p = np.log(np.where(p > 0, p, 1.0))
        blocks.append(Columns(here, p, log_p, np.ptp(log_p, axis=2)))
    model.cache["columns"] = columns = tuple(blocks)
    return columns


def outlook(
    model: CompiledModel, differential: Differential, candidates: Sequence[int], log_p: Floats
) -> Outlook:
    """Gain of every candidate, and the shares after each of its answers. `log_p` (H + 1, n): what is
    recorded.
    """
    finding = np.asarray(candidates, dtype=np.int64)
    place = np.full(len(model.findings), -1)
    place[finding] = np.arange(len(finding))
    before = float(_entropy(_shares(differential.scores)))
    gain, answers = np.zeros(len(finding)), []
    for columns in columns_by_levels(model):
        wanted = place[columns.finding] >= 0
        if wanted.any():
            chosen = Columns(*(values[wanted] for values in vars(columns).values()))
            group, left = _answers(model, differential, chosen, place[chosen.finding], log_p)
            gain[group.place] = np.maximum(before - left, 0.0)
            answers.append(group)
    return Outlook(finding, gain, tuple(answers))


def _answers(
    model: CompiledModel, differential: Differential, columns: Columns, place: Ints, log_p: Floats
) -> tuple[Answers, Floats]:
    """Candidates with K levels, and the entropy (n,) expected after the answer to each."""
    temperature = model.constants.temperature
    weight = candidate_weights(model, differential, columns, log_p)
    probability = columns.p @ _shares(differential.scores * temperature)
    scores = (weight / temperature)[:, :, None] * columns.log_p
    scores += differential.scores - differential.scores.max()
    shares = np.exp(scores)
    total = shares.sum(axis=2, keepdims=True)
    shares /= total
    shares[probability <= 0] = 0.0  # an answer that cannot be
    left = np.log(total[:, :, 0]) - np.einsum("nkh,nkh->nk", shares, scores)
    return Answers(place, columns, probability, shares), (probability * left).sum(axis=1)


def candidate_weights(
    model: CompiledModel, differential: Differential, columns: Columns, log_p: Floats
) -> Floats:
    """ω of each candidate's levels beside what is recorded, (n, K); times `absent_weight` for an absent
    one.
    """
    recorded = [term.vote.finding for term in differential.terms if term.vote is not None]
    weight: Floats = np.ones(columns.spread.shape)
    if recorded and model.kind == "clinic":
        shared = all_similarities(model)[columns.finding[:, None], recorded]
        alike = np.flatnonzero(shared.any(axis=1))
        spread, ranges = columns.spread[alike][:, :, None], np.ptp(log_p, axis=0)
        alone = np.ones((len(alike), weight.shape[1], len(recorded)))
        ratio = np.divide(ranges, spread, out=alone, where=spread > 0)
        weight[alike] = 1 / (1 + (shared[alike][:, None, :] * np.minimum(1.0, ratio)).sum(axis=2))
    if weight.shape[1] == 2:
        weight[:, 0] *= model.constants.absent_weight
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
    rows = [_proposal(model, differential, found, at) for at in order]
    if worth is None:
        return rows
    return [
        {**row, "value": round(float(worth[at]), RATIO_DECIMALS) + 0.0}
        for row, at in zip(rows, order, strict=True)
    ]


def _proposal(model: CompiledModel, differential: Differential, found: Outlook, at: int) -> dict[str, Any]:
    spec = model.findings[found.finding[at]]
    first = int(differential.order[0])
    probability, after = found.of(at)
    orders = np.argsort(-np.round(after, 9), axis=1, kind="stable")[:, :TOP]  # ties keep their place
    effects = [
        _effect(model, level, *row)
        for level, *row in zip(spec.levels, probability.tolist(), after, orders.tolist(), strict=True)
    ]
    codes = (*model.conditions, OTHER)
    return {
        "finding": spec.code,
        "gain": round(float(found.gain[at]), RATIO_DECIMALS),
        "stage": spec.stage,
        "package": spec.package,
        "burden": spec.burden,
        "changes_first": any(effect["top"][0]["condition"] != codes[first] for effect in effects),
        "changes_order": orders.tolist() != [differential.order[:TOP].tolist()] * len(orders),
        "effects": effects,
    }


def _effect(
    model: CompiledModel, level: str, probability: float, shares: Floats, top: Sequence[int]
) -> dict[str, Any]:
    codes = (*model.conditions, OTHER)
    return {
        "level": level,
        "probability": round(probability, SHARE_DECIMALS),
        "top": [{"condition": codes[at], "share": round(float(shares[at]), SHARE_DECIMALS)} for at in top],
    }


def _shares(scores: Floats) -> Floats:
    """Softmax over the last axis."""
    likelihood = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = likelihood / likelihood.sum(axis=-1, keepdims=True)
    return shares


def _entropy(shares: Floats) -> Floats:
    """−Σ p ln p over the last axis, nats."""
    entropy: Floats = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=-1)
    return entropy
