"""Two conditions at once (docs/ranking.md, step 7).

Sets of none, one or two of the best conditions explain the findings together by noisy-OR with leak; exact
for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.ranking.explain import LOG_DECIMALS, Differential
from triage.ranking.model import CompiledModel
from triage.ranking.table import Floats

Ints = NDArray[np.int64]
BEST = 12  # conditions considered (step 7): 66 pairs


@dataclass(frozen=True)
class Pair:
    """Two condition codes, sorted, and how many times better they explain the findings than the best single
    one.
    """

    conditions: tuple[str, str]
    factor: float


def together(leak: Floats, p: Floats) -> Floats:
    """P(present | both) of every pair: (n,) leak and (m, n) singles to (m, m, n); the diagonal repeats the
    singles.

    q = max(0, (p − b)/(1 − b)), b_S = b Π min(1, p/b), P = 1 − (1 − b_S) Π (1 − q).
    """
    extra = np.maximum(0.0, (p - leak) / (1 - leak))
    kept = np.minimum(1.0, p / leak)
    both: Floats = 1 - (1 - leak * kept[:, None] * kept[None, :]) * (1 - extra[:, None]) * (
        1 - extra[None, :]
    )
    diagonal = np.arange(len(p))
    both[diagonal, diagonal] = p
    return both


def pairs(model: CompiledModel, differential: Differential) -> list[Pair]:
    """Pairs that beat the best single hypothesis by the release's factor, best first."""
    best = np.array([at for at in differential.order.tolist() if at < len(model.conditions)][:BEST])
    if len(best) < 2:
        return []
    scores = _pair_scores(model, differential, best)
    single = max(float(np.diagonal(scores).max()), 0.0)
    factors = np.exp(np.minimum(scores - single, 50.0))
    found = []
    for i, j in np.argwhere(np.tril(factors >= model.constants.pair_factor, -1)).tolist():
        first, second = sorted((model.conditions[best[i]], model.conditions[best[j]]))
        found.append(Pair((first, second), round(float(factors[i, j]), 3)))
    return sorted(found, key=lambda pair: (-pair.factor, pair.conditions))


def _pair_scores(model: CompiledModel, differential: Differential, best: Ints) -> Floats:
    """Score of every pair of the best m against Other, (m, m), /T; the diagonal holds the singles."""
    prior_and_risk = [c for c, term in enumerate(differential.terms) if term.vote is None]
    alone = differential.brackets[best][:, prior_and_risk].sum(axis=1)
    log_other = float(np.log(model.priors.by_setting[differential.setting][-1]))
    scores = alone[:, None] + alone[None, :] + log_other + _comorbidity(model, best)
    np.fill_diagonal(scores, alone)
    heard = [(t.vote.finding, t.vote.level, t.weight) for t in differential.terms if t.vote is not None]
    known = [(finding, level, weight) for finding, level, weight in heard if level is not None]
    binary = [row for row in known if model.findings[row[0]].binary]
    if binary:
        scores += _joint_binary(model, best, *zip(*binary, strict=True))
    for finding, level, weight in known:
        if not model.findings[finding].binary:
            scores += weight * _joint_levels(model, finding, level, best)
    result: Floats = np.round(scores / model.constants.temperature, LOG_DECIMALS)
    return result


def _joint_binary(
    model: CompiledModel, best: Ints, findings: Sequence[int], levels: Sequence[int], weights: Sequence[float]
) -> Floats:
    """Σ ω [log p'(level | pair) − log p'(level | Other)] over n binary findings, (m, m)."""
    epsilon = np.array([model.findings[finding].epsilon for finding in findings])
    recorded = model.table.likelihoods(findings, [1] * len(findings))
    plain = (recorded - epsilon / 2) / (1 - epsilon)
    present = (1 - epsilon) * together(plain[-1], plain[best]) + epsilon / 2
    seen, other = (np.where(levels, p, 1 - p) for p in (present, recorded[-1]))
    result: Floats = (np.log(seen) - np.log(other)) @ np.array(weights)
    return result


def _joint_levels(model: CompiledModel, finding: int, level: int, best: Ints) -> Floats:
    """log p'(level | pair) − log p'(level | Other), (m, m), of a finding with many levels."""
    recorded = model.table.probabilities(finding)[:, level]  # of a mean, p' is the mean of p'
    joint = (recorded[best][:, None] + recorded[best][None, :]) / 2
    result: Floats = np.log(joint) - np.log(recorded[-1])
    return result


def _comorbidity(model: CompiledModel, best: Ints) -> Floats:
    """Log odds that the release gives to pairs, (m, m); 0 where it says nothing."""
    result = np.zeros((len(best), len(best)))
    codes = [model.conditions[at] for at in best]
    for first, second, odds in model.constants.comorbidity:
        if first in codes and second in codes:
            i, j = codes.index(first), codes.index(second)
            result[i, j] = result[j, i] = np.log(odds)
    return result


def plain(found: Sequence[Pair]) -> list[dict[str, object]]:
    """Pairs as output data."""
    return [{"conditions": list(pair.conditions), "factor": pair.factor} for pair in found]
