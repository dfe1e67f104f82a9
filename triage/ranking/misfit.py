"""Do these findings hang together at all? (docs/ranking.md, step 4, "Misfit".)

misfit = log( Π_i b'(level_i) / P(all) ), untempered and unweighted, over the observed votes, with the
reference prior. It is judged against the release's own 95th centile for that number of observations, measured
at publishing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.compile import canonical, compile_release
from triage.ranking.findings import record
from triage.ranking.model import CompiledModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CASES = 20_000  # sampled at publishing (step 4)
MINIMUM = 4  # observations below which misfit is not judged (step 4)
MOST = 40  # observations up to which a centile is measured; longer cases use the last
LARGEST = 4_000_000  # conditions × columns beyond which misfit is not measured (large corpora)
CHUNK = 2_000  # cases sampled at once: bounds memory at CHUNK × H doubles a step


@dataclass(frozen=True)
class Misfit:
    """`value` in nats; `threshold` is the 95th centile of coherent cases with as many `observations`."""

    value: float
    threshold: float
    observations: int
    fired: bool


def judge_misfit(model: CompiledModel, levels: Sequence[tuple[int, int]], log_p: Floats) -> Misfit | None:
    """Misfit of n observed (finding, level) pairs with log p' (H + 1, n); None when too few, or nothing was
    measured."""
    thresholds = model.constants.misfit_centiles
    if not thresholds or len(levels) < max(1, model.constants.misfit_minimum):
        return None
    expected = sum(float(np.log(recorded_population(model, finding)[level])) for finding, level in levels)
    joint = log_p.sum(axis=1) + np.log(model.priors.reference)
    value = expected - float(np.logaddexp.reduce(joint))
    size = max((n for n in thresholds if n <= len(levels)), default=min(thresholds))
    return Misfit(round(value, 6), thresholds[size], len(levels), round(value, 6) > thresholds[size])


def recorded_population(model: CompiledModel, finding: int) -> Floats:
    """b' (K,): population rate with recording error."""
    return record(model.population[finding], model.findings[finding].epsilon)


def misfit_centiles(document: Mapping[str, Any]) -> dict[str, Any]:
    """The `misfit` part of a release's model block: `{"minimum", "centile95": {"4": …}}`, rounded up to 3
    decimals, in nats.

    20,000 coherent cases are sampled from the release itself: truth from the reference prior, then
    findings, at most one of each family (cluster or is-a tree), the sooner the more they tell – half of
    what they tell in general, half of what they tell of the truth, since people complain of what they have.
    Seeded by the document without its misfit. Raises InvalidRelease.
    """
    bare = {**document, "model": {key: value for key, value in document["model"].items() if key != "misfit"}}
    digest = hashlib.sha256(canonical(bare)).hexdigest()
    model = compile_release(bare, digest)
    if len(model.conditions) * sum(len(finding.levels) for finding in model.findings) > LARGEST:
        return {"minimum": MINIMUM, "centile95": {}}
    values = sample_misfit(model, np.random.default_rng(int(digest, 16)), CASES)
    centiles = np.ceil(np.quantile(values, 0.95, axis=0) * 1000) / 1000 + 0.0
    return {
        "minimum": MINIMUM,
        "centile95": {str(n): float(centiles[n - 1]) for n in range(MINIMUM, values.shape[1] + 1)},
    }


def sample_misfit(model: CompiledModel, random: np.random.Generator, cases: int) -> Floats:
    """Misfit after the 1st, 2nd … observation of sampled coherent cases; shape (cases, observations)."""
    columns = _Columns(model)
    groups = families(model)
    chunks = [
        _sample(model, columns, groups, random, min(CHUNK, cases - done)) for done in range(0, cases, CHUNK)
    ]
    return np.concatenate(chunks)


class _Columns:
    """log p' and log b' of every (finding, level), padded to the largest K: (F, K, H + 1) and (F, K)."""

    def __init__(self, model: CompiledModel) -> None:
        widest = max(len(finding.levels) for finding in model.findings)
        hypotheses = len(model.conditions) + 1
        p = np.zeros((len(model.findings), widest, hypotheses))
        self.population = np.zeros((len(model.findings), widest))
        self.cumulative = np.ones((len(model.findings), hypotheses, widest))
        for finding, spec in enumerate(model.findings):
            likelihood = model.table.probabilities(finding)
            p[finding, : len(spec.levels)] = likelihood.T
            self.cumulative[finding, :, : len(spec.levels)] = np.cumsum(likelihood, axis=1)
            self.population[finding, : len(spec.levels)] = np.log(recorded_population(model, finding))
        self.last = np.array([len(finding.levels) - 1 for finding in model.findings])
        self.log_p = np.log(np.where(p > 0, p, 1.0))
        self.telling = self._telling(p, model.priors.reference)

    def _telling(self, p: Floats, prior: Floats) -> Floats:
        """How much each finding tells, (H + 1, F): KL of p(. | h) from b, plus its mean over hypotheses;
        nats.
        """
        divergence = (p * (self.log_p - self.population[:, :, None])).sum(axis=1).T
        divergence = np.maximum(divergence, 0.0)
        telling: Floats = divergence + prior @ divergence + 1e-9
        return telling


def families(model: CompiledModel) -> list[Ints]:
    """Findings that are told apart: joined by a cluster or a common ancestor, so that one case takes one of
    each."""
    leader = list(range(len(model.findings)))

    def find(at: int) -> int:
        while leader[at] != at:
            at = leader[at]
        return at

    first_of: dict[str, int] = {}
    for at, finding in enumerate(model.findings):
        joined = [int(ancestor) for ancestor in model.hierarchy.ancestors(at)]
        if finding.cluster is not None:
            joined.append(first_of.setdefault(finding.cluster, at))
        for other in joined:
            low, high = sorted((find(at), find(other)))
            leader[high] = low
    groups: dict[int, list[int]] = {}
    for at in range(len(leader)):
        groups.setdefault(find(at), []).append(at)
    return [np.array(groups[root]) for root in sorted(groups)]


def _sample(
    model: CompiledModel, columns: _Columns, groups: list[Ints], random: np.random.Generator, cases: int
) -> Floats:
    """Misfit after each observation of `cases` sampled cases; shape (cases, observations)."""
    prior = model.priors.reference
    truth = random.choice(len(prior), size=cases, p=prior / prior.sum())
    finding = _recorded(columns.telling[truth], groups, random)
    joint = np.tile(np.log(prior), (cases, 1))
    expected = np.zeros(cases)
    values = np.empty(finding.shape)
    for step in range(finding.shape[1]):
        at = finding[:, step]
        drawn = random.random(cases)
        level = (drawn[:, None] > columns.cumulative[at, truth]).sum(axis=1)
        level = np.minimum(level, columns.last[at])
        joint += columns.log_p[at, level]
        expected += columns.population[at, level]
        values[:, step] = expected - _log_sum(joint)
    return values


def _recorded(telling: Floats, families: list[Ints], random: np.random.Generator) -> Ints:
    """Findings recorded in each case, one of each family, the more telling sooner; (cases, ≤ MOST).

    Weighted sampling without replacement: order by exponential variates divided by the weights (cases, F).
    """
    key = random.standard_exponential(telling.shape) / telling
    rows = np.arange(len(key))
    member = np.stack([family[key[:, family].argmin(axis=1)] for family in families], axis=1)
    first = np.stack([key[rows, member[:, column]] for column in range(len(families))], axis=1)
    order = np.argsort(first, axis=1)[:, :MOST]
    return np.take_along_axis(member, order, axis=1)


def _log_sum(joint: Floats) -> Floats:
    """log Σ_h exp(joint); joint (cases, H + 1)."""
    top = joint.max(axis=1)
    result: Floats = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    return result
