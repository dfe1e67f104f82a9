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

SHOWN = 10  # findings returned; the gain of every candidate is computed
TOP = 3  # hypotheses whose shares each answer is shown for (step 9)


@dataclass(frozen=True)
class Columns:
    """Every finding's likelihoods, padded to the largest K with probability 0: p' and log p', (F, K, H +
    1).
    """

    p: Floats
    log_p: Floats
    levels: NDArray[np.int64]  # (F,)


@dataclass(frozen=True)
class Outlook:
    """What answers would do. `shares` (C, K, H + 1) after each answer, `probability` (C, K), `gain` (C,) in
    nats.
    """

    finding: NDArray[np.int64]
    shares: Floats
    probability: Floats
    gain: Floats


def padded_columns(model: CompiledModel) -> Columns:
    """Columns of a clinic release, kept with the model."""
    kept = model.cache.get("columns")
    if isinstance(kept, Columns):
        return kept
    levels = np.array([len(finding.levels) for finding in model.findings])
    p = np.zeros((len(levels), levels.max(), len(model.conditions) + 1))
    for at, count in enumerate(levels):
        p[at, :count] = model.table.probabilities(at).T
    columns = Columns(p, np.log(np.where(p > 0, p, 1.0)), levels)
    model.cache["columns"] = columns
    return columns


def outlook(
    model: CompiledModel, differential: Differential, candidates: Sequence[int], log_p: Floats
) -> Outlook:
    """Gain of every candidate, and the shares after each of its answers. `log_p` (H + 1, n): what is
    recorded.
    """
    finding = np.asarray(candidates, dtype=np.int64)
    columns = padded_columns(model)
    p, log_candidate = columns.p[finding], columns.log_p[finding]
    weight = candidate_weights(model, differential, finding, log_candidate, log_p)
    temperature = model.constants.temperature
    now = _shares(differential.scores)
    untempered = _shares(differential.scores * temperature)
    probability = p @ untempered
    after = _shares(differential.scores + weight[:, :, None] * log_candidate / temperature)
    after = np.where(probability[:, :, None] > 0, after, 0.0)
    gain = _entropy(now) - (probability * _entropy(after)).sum(axis=1)
    return Outlook(finding, after, probability, np.maximum(gain, 0.0))


def candidate_weights(
    model: CompiledModel,
    differential: Differential,
    finding: NDArray[np.int64],
    log_candidate: Floats,
    log_p: Floats,
) -> Floats:
    """ω of each candidate's levels beside what is recorded, (C, K); times `absent_weight` for an absent
    one.
    """
    recorded = [term.vote.finding for term in differential.terms if term.vote is not None]
    weight = np.ones(log_candidate.shape[:2])
    if recorded and model.kind == "clinic":
        shared = all_similarities(model)[np.ix_(finding, np.array(recorded, dtype=np.int64))]
        spread, ranges = np.ptp(log_candidate, axis=2), np.ptp(log_p, axis=0)
        heard = spread[:, :, None] > 0
        ratio = np.divide(
            ranges, spread[:, :, None], out=np.ones((*spread.shape, len(recorded))), where=heard
        )
        weight = 1 / (1 + (shared[:, None, :] * np.minimum(1.0, ratio)).sum(axis=2))
    binary = padded_columns(model).levels[finding] == 2
    weight[binary, 0] *= model.constants.absent_weight
    return weight


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
    burden = np.array([model.findings[at].burden for at in found.finding])
    later = np.array(
        [model.findings[at].stage == "investigation" and not urgent_open for at in found.finding]
    )
    value = np.round(found.gain / burden, 12)
    codes = np.array([model.findings[at].code for at in found.finding])
    first = np.zeros(len(value)) if worth is None else np.round(worth, 12)
    order = [int(at) for at in np.lexsort((codes, -value, later, -first)) if found.gain[at] > 0][:SHOWN]
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
    effects = [
        _effect(model, level, float(found.probability[at, k]), found.shares[at, k])
        for k, level in enumerate(spec.levels)
    ]
    codes = (*model.conditions, OTHER)
    return {
        "finding": spec.code,
        "gain": round(float(found.gain[at]), RATIO_DECIMALS),
        "stage": spec.stage,
        "package": spec.package,
        "burden": spec.burden,
        "changes_first": any(effect["top"][0]["condition"] != codes[first] for effect in effects),
        "changes_order": _changes_order(differential, found.shares[at, : len(spec.levels)]),
        "effects": effects,
    }


def _changes_order(differential: Differential, after: Floats) -> bool:
    """Whether any answer would give another first three, or the same in another order."""
    before = differential.order[:TOP].tolist()
    return any(_order(shares)[:TOP].tolist() != before for shares in after)


def _order(shares: Floats) -> NDArray[np.int64]:
    """Hypotheses by share, best first; ties keep their place."""
    return np.argsort(-np.round(shares, 9), kind="stable")


def _effect(model: CompiledModel, level: str, probability: float, shares: Floats) -> dict[str, Any]:
    codes = (*model.conditions, OTHER)
    return {
        "level": level,
        "probability": round(probability, SHARE_DECIMALS),
        "top": [
            {"condition": codes[at], "share": round(float(shares[at]), SHARE_DECIMALS)}
            for at in _order(shares)[:TOP].tolist()
        ],
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
