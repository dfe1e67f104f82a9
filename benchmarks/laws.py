"""The laws on the shipped release: `python -m benchmarks.laws [--cases N] [--json]`.

Cases are sampled from the release itself (`triage.demo.sampling`): are shares right as often as they claim,
do 90 % bands hold the share under the drawn parameters, what do correlated tests do with and without φ, does
misfit keep silent on coherent cases and speak on torn ones, and what does a whole ranking cost. This is
self-consistency, not validation.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks import torn
from benchmarks.shipped import shipped_document
from triage.demo.sampling import Random, Sampled, Sampler
from triage.ranking import Case, CompiledModel, compile_release, rank
from triage.ranking.bands import bands
from triage.ranking.explain import Differential
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes

Floats = NDArray[np.float64]
Figures = dict[str, Any]
SEED, CASES, BINS = 20260101, 10_000, 10
MOST = 16  # findings on record in an ordinary case
LONG = (17, 60)
VISIBLE = 0.05  # a share that a reader looks at
LATENT = 0.5  # part of the variance that tests of one cluster share
CLUSTERS, SMALLEST = 8, 3  # clusters tested in a case, and tests that a cluster must have


def differential(model: CompiledModel, case: Case) -> Differential:
    votes = cast_votes(model, case).votes
    return weigh(model, case, votes, log_likelihoods(model, votes))


def calibration_error(claimed: Floats, right: Floats) -> float:
    """Expected calibration error: mean distance of share claimed and share right over ten bins."""
    bins = np.minimum((claimed * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == b).mean() * abs(claimed[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins)
    ]
    return float(sum(gaps))


def calibration(model: CompiledModel, cases: Iterable[Sampled]) -> Figures:
    """Expected calibration error of all hypotheses' shares and of the first's, with the noise of the latter:
    what it would be, were every claim exact.
    """
    shares, truths = [], []
    for sampled in cases:
        shares.append(differential(model, sampled.case).shares)
        truths.append(sampled.truth)
    claimed = np.array(shares)
    right = (np.arange(claimed.shape[1]) == np.array(truths)[:, None]).astype(float)
    first = claimed.argmax(axis=1)
    rows = np.arange(len(claimed))
    top, hit = claimed[rows, first], right[rows, first]
    random = np.random.default_rng(SEED)
    exact = [calibration_error(top, (random.random(len(top)) < top).astype(float)) for _ in range(20)]
    return _rounded({
        "cases": len(claimed),
        "ece": calibration_error(claimed.ravel(), right.ravel()),
        "ece_first": calibration_error(top, hit),
        "ece_first_if_exact": float(np.mean(exact)),
        "first_claimed": float(top.mean()),
        "first_right": float(hit.mean()),
    })  # fmt: skip


def coverage(model: CompiledModel, cases: Iterable[Sampled]) -> Figures:
    """How often the 90 % band holds the share under the drawn parameters: all hypotheses, visible ones."""
    held, visible, number = [], [], 0
    for sampled in cases:
        found = differential(model, sampled.case)
        band = bands(model, found)
        inside = (band.low - 1e-6 <= sampled.under) & (sampled.under <= band.high + 1e-6)
        held += inside.tolist()
        visible += inside[found.shares >= VISIBLE].tolist()
        number += 1
    return _rounded({
        "cases": number, "all": float(np.mean(held)), "visible": float(np.mean(visible)),
        "visible_shares": len(visible),
    })  # fmt: skip


class Clustered:
    """Cases in which whole clusters are tested, tests of one cluster sharing a latent normal factor."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler, self.model = sampler, sampler.model
        members: dict[str, list[int]] = {}
        for at, finding in enumerate(self.model.findings):
            if finding.cluster and finding.binary:
                members.setdefault(finding.cluster, []).append(at)
        self.clusters = [own for own in members.values() if len(own) >= SMALLEST]

    def cases(self, number: int, random: Random) -> Iterable[Sampled]:
        for _ in range(number):
            draw, truth = self.sampler.person(random)
            seen: dict[int, int] = {}
            for at in random.choice(len(self.clusters), CLUSTERS, replace=False):
                seen |= self.tested(draw, truth, self.clusters[int(at)], random)
            yield self.sampler.sampled(draw, truth, seen)

    def tested(self, draw: int, truth: int, tests: Sequence[int], random: Random) -> dict[int, int]:
        present = norm.ppf([np.exp(self.sampler.log_p[test][draw, truth, 1]) for test in tests])
        shared, own = random.standard_normal(), random.standard_normal(len(tests))
        latent = np.sqrt(LATENT) * shared + np.sqrt(1 - LATENT) * own
        return {test: int(level) for test, level in zip(tests, latent < present, strict=True)}


def without_phi(document: dict[str, Any]) -> CompiledModel:
    """The release as if tests of one cluster were independent."""
    clusters = [row | {"phi": 0.0} for row in document.get("clusters", [])]
    model = document["model"] | {"phi": 0.0}
    return compile_release({**document, "clusters": clusters, "model": model}, "without-phi")


def cost(model: CompiledModel, cases: Sequence[Sampled]) -> Figures:
    """Milliseconds of a whole `rank`, with bands, panel, pairs and next findings: wall clock, processor time,
    and wall clock to its JSON.
    """
    for sampled in cases[:20]:
        rank(model, sampled.case).to_json()
    plain, written, busy = [], [], []
    for sampled in cases:
        began, before = time.perf_counter(), time.process_time()
        ranking = rank(model, sampled.case)
        busy.append(1000 * (time.process_time() - before))
        plain.append(1000 * (time.perf_counter() - began))
        ranking.to_json()
        written.append(1000 * (time.perf_counter() - began))
    return _rounded({
        "cases": len(cases), "median_ms": statistics.median(plain),
        "p95_ms": statistics.quantiles(plain, n=20)[-1], "processor_median_ms": statistics.median(busy),
        "with_json_median_ms": statistics.median(written),
    })  # fmt: skip


def long_cases(sampler: Sampler, number: int, random: Random) -> Iterable[Sampled]:
    """Seventeen to sixty findings."""
    for _ in range(number):
        draw, truth = sampler.person(random)
        chosen = sampler.recorded(random)[: int(random.integers(LONG[0], LONG[1] + 1))]
        yield sampler.sampled(draw, truth, sampler.answers(draw, truth, chosen, random))


def measure(cases: int = CASES) -> Figures:
    """All laws. `cases` for the calibration; the costlier parts take a share of it."""
    document = shipped_document()
    model = compile_release(document, "laws")
    sampler = Sampler(model, "laws")

    def random(part: int) -> Random:
        return np.random.default_rng([SEED, part])

    clustered = list(Clustered(sampler).cases(cases // 2, random(5)))  # the same cases for both
    figures = {
        "cost": cost(model, list(sampler.told(max(cases // 25, 40), MOST, random(1)))),
        "told": calibration(model, sampler.told(cases, MOST, random(2))),
        "coverage": coverage(model, sampler.told(cases // 4, MOST, random(3))),
        "coverage_long": coverage(model, long_cases(sampler, cases // 10, random(4))),
        "clusters": calibration(model, clustered),
        "clusters_without_phi": calibration(without_phi(document), clustered),
        "misfit": torn.measure(sampler, cases // 5, random(6)),
    }
    asked = list(sampler.asked(cases // 25, MOST, random(7)))
    return figures | {"asked": calibration(model, asked), "coverage_asked": coverage(model, asked)}


def _rounded(figures: Figures) -> Figures:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}


def show(figures: Figures) -> None:
    for part, found in figures.items():
        for row in found if isinstance(found, list) else [found]:
            print(f"{part:22}", *(f"{name} {value:g}" for name, value in row.items()), sep="  ")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.laws", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help=f"sampled for the calibration ({CASES})")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    arguments = parser.parse_args()
    if arguments.cases < 500:
        parser.error("--cases must be at least 500")
    figures = measure(arguments.cases)
    show(figures)
    if arguments.json:
        sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
