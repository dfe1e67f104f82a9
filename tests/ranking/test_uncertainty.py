"""Step 6: bands that do not jitter, and that hold what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import norm

from tests.ranking.releases import case, classed, condition, finding, release, study
from tests.ranking.sampled import cases, documents
from triage.ranking import Case, Observation, compile_release, rank, read_case
from triage.ranking.bands import quantiles
from triage.ranking.clinic import ClinicTable
from triage.ranking.draws import Draws
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes

EMPTY = Case("runners", None, None, "left", (), ())


def hypotheses(document, *observations):
    model = compile_release(document)
    result = rank(model, read_case(case(*observations), model)).to_dict()
    return {row["condition"]: row for row in result["hypotheses"]}


@given(documents(), cases())
def test_the_band_contains_the_share_and_first_shares_sum_to_one(document, data):
    model = compile_release(document)
    rows = rank(model, read_case(data, model)).to_dict()["hypotheses"]
    assert all(0 <= row["low"] <= row["share"] <= row["high"] <= 1 for row in rows)
    assert sum(row["first_share"] for row in rows) == pytest.approx(1, abs=1e-5)


def test_draws_are_those_of_the_cell_and_its_prior():
    model = compile_release(release(evidence=[study("a", "f", 18, 20)], model={"draws": 4000}))
    drawn = Draws(model).cells(0)[:, 0, 1]
    # Beta(18.5, 2.5): mean 0.880952, variance ab/((a+b)²(a+b+1)) = 0.004767
    assert drawn.mean() == pytest.approx(0.880952, abs=0.004)
    assert drawn.var() == pytest.approx(0.004767, rel=0.1)
    prior = Draws(model).prior("runners")
    assert prior.mean(axis=0) == pytest.approx([0.45, 0.45, 0.1], abs=0.003)


def test_draws_stay_the_same_and_belong_to_release_and_cell():
    document = release(evidence=[study("a", "f", 18, 20), study("b", "f", 18, 20)])
    first, again = Draws(compile_release(document, "one")), Draws(compile_release(document, "one"))
    other = Draws(compile_release(document, "two"))
    assert np.array_equal(first.cells(0), again.cells(0))
    assert not np.array_equal(first.cells(0), other.cells(0))
    assert not np.array_equal(first.cells(0)[:, 0], first.cells(0)[:, 1])


def test_a_finding_that_says_nothing_leaves_the_bands_alone():
    document = release(evidence=[study("a", "f", 18, 20)])
    alone = hypotheses(document, ("f", "present"))
    more = hypotheses(document, ("f", "present"), ("other_side_painful", "absent"))
    for code, row in alone.items():
        assert (more[code]["low"], more[code]["high"]) == (row["low"], row["high"])


def test_more_patients_make_a_narrower_band():
    widths = []
    for n in (10, 40, 160):
        row = hypotheses(
            release(evidence=[study("a", "f", 0.9 * n, n)], model={"kappa": 1e6}), ("f", "absent")
        )["a"]
        widths.append(row["high"] - row["low"])
    assert widths == sorted(widths, reverse=True)


def coherent_release(findings: int = 12):
    """Four conditions, each with evidence of 40 patients on every finding, seeded; ε = 0.04."""
    random = np.random.default_rng(7)
    codes, names = "abcd", [f"f{i}" for i in range(findings)]
    return release(
        conditions=[condition(code) for code in codes],
        priors=[classed(code) for code in codes],
        findings=[finding(name, default={"rates": {"present": 0.3}, "n": 40}) for name in names],
        evidence=[study(c, f, int(random.integers(2, 39)), 40) for c in codes for f in names],
        model={"symptom_free": None, "epsilon": 0.04},
    )


def sampled_cases(model, number: int, random):
    """(case, truth, share of the truth under the drawn parameters) from the release itself."""
    draws, table = Draws(model), model.table
    assert isinstance(table, ClinicTable)
    log_p = np.log(
        np.stack([table.recorded(f, draws) for f in range(len(model.findings))])
    )  # (F, D, H + 1, K)
    log_prior = np.log(draws.prior("runners"))
    for _ in range(number):
        at = int(random.integers(model.constants.draws))
        truth = int(random.choice(len(log_prior[at]), p=np.exp(log_prior[at])))
        chosen = random.choice(len(model.findings), size=int(random.integers(3, 9)), replace=False)
        seen = [int(random.random() < np.exp(log_p[f, at, truth, 1])) for f in chosen]
        joint = log_prior[at] + sum(log_p[f, at, :, level] for f, level in zip(chosen, seen, strict=True))
        observations = [
            Observation(model.findings[f].code, ("absent", "present")[level])
            for f, level in zip(chosen, seen, strict=True)
        ]
        under = np.exp(joint - np.logaddexp.reduce(joint))
        yield Case("runners", None, None, "left", (), tuple(observations)), truth, under


def test_shares_are_calibrated_and_bands_cover_on_cases_from_the_release():
    """ECE ≤ 0.02 and 87–93 % coverage by 90 % bands (step 13). Self-consistency, not validation."""
    model = compile_release(coherent_release())
    claimed, right, covered = [], [], []
    for sampled, truth, under in sampled_cases(model, 1200, np.random.default_rng(11)):
        rows = {row["condition"]: row for row in rank(model, sampled).to_dict()["hypotheses"]}
        for at, code in enumerate((*model.conditions, "other")):
            claimed.append(rows[code]["share"])
            right.append(at == truth)
            covered.append(rows[code]["low"] - 1e-6 <= under[at] <= rows[code]["high"] + 1e-6)
    assert 0.87 <= np.mean(covered) <= 0.93
    bins = np.minimum((np.array(claimed) * 10).astype(int), 9)
    gaps = [
        (bins == b).mean() * abs(np.mean(np.array(claimed)[bins == b]) - np.mean(np.array(right)[bins == b]))
        for b in np.unique(bins)
    ]
    assert sum(gaps) <= 0.02


def clustered_release(phi: float):
    """Three clusters of four tests each; conditions a and b show them in 80 % and 30 %, others in 20 %."""
    names = [f"t{c}{i}" for c in range(3) for i in range(4)]
    document = release(
        clusters=[{"code": f"k{c}", "name": f"k{c}", "phi": phi} for c in range(3)],
        findings=[
            finding(n, cluster=f"k{n[1]}", default={"rates": {"present": 0.2}, "n": 40}) for n in names
        ],
        evidence=[study("a", n, 160, 200) for n in names] + [study("b", n, 60, 200) for n in names],
        model={"symptom_free": None},
    )
    return compile_release(document)


def correlated_case(model, truth: int, random):
    """All twelve tests, those of one cluster sharing a standard normal factor with half of the variance."""
    p = np.array([model.table.probabilities(f)[truth, 1] for f in range(12)])
    latent = np.sqrt(0.5) * np.repeat(random.standard_normal(3), 4) + np.sqrt(0.5) * random.standard_normal(
        12
    )
    levels = latent < norm.ppf(p)
    return tuple(
        Observation(model.findings[f].code, "present" if level else "absent")
        for f, level in enumerate(levels)
    )


def test_with_correlated_tests_claims_are_nearer_the_truth_than_if_independent():
    gaps = {}
    for phi in (0.0, 0.3):
        model, random = clustered_release(phi), np.random.default_rng(5)
        claimed, right = [], []
        for _ in range(800):
            truth = int(random.choice(3, p=model.priors.reference))
            seen = correlated_case(model, truth, random)
            votes = cast_votes(model, replace(EMPTY, observations=seen))
            shares = weigh(model, EMPTY, votes.votes, log_likelihoods(model, votes.votes)).shares
            claimed.append(shares.max())
            right.append(shares.argmax() == truth)
        gaps[phi] = np.mean(claimed) - np.mean(right)
    # positive: claims more than it gets right
    assert gaps[0.0] > 0.03
    assert abs(gaps[0.3]) < gaps[0.0] / 2


@pytest.mark.parametrize("draws", [1, 2, 100, 400])
def test_centiles_are_those_of_numpy_bit_for_bit(draws):
    drawn = np.random.default_rng(draws).random((draws, 30)) ** 8
    assert np.array_equal(quantiles(drawn, (0.05, 0.5, 0.95)), np.quantile(drawn, [0.05, 0.5, 0.95], axis=0))
