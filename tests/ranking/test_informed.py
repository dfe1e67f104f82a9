"""Step 6: bands count what the case itself says of the parameters."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ranking.releases import case, classed, condition, finding, release, study
from triage.ranking import compile_release, rank, read_case
from triage.ranking.bands import drawn_shares
from triage.ranking.draws import Draws, drawn_log_ratios
from triage.ranking.informed import finding_rows, prior_rows, truths
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes


def weak_release(**model):
    """Three conditions, each with evidence of four patients on sixteen findings, seeded; ε = 0.04."""
    random = np.random.default_rng(3)
    names = [f"f{i}" for i in range(16)]
    return release(
        conditions=[condition(code) for code in "abc"],
        priors=[classed(code) for code in "abc"],
        findings=[finding(name, default={"rates": {"present": 0.3}, "n": 4}) for name in names],
        evidence=[study(c, f, int(random.integers(0, 5)), 4) for c in "abc" for f in names],
        model={"symptom_free": None, "epsilon": 0.04} | model,
    )


def test_draws_take_truths_in_proportion_to_the_shares():
    taken = truths(np.array([0.5, 0.0, 0.3, 0.2]), 400)
    assert np.bincount(taken, minlength=4).tolist() == [200, 0, 120, 80]


def test_a_cell_has_seen_one_more_patient_where_its_condition_is_the_truth():
    model = compile_release(release(evidence=[study("a", "f", 2, 4)], model={"draws": 8000, "epsilon": 0}))
    ratios = drawn_log_ratios(model, 0)[1]
    present = np.exp(ratios[:, 0]) * Draws(model).default(0)[:, 1]
    taken = present[finding_rows(model, 0, 1, np.zeros(8000, dtype=np.int64))]
    # Beta(2.5, 2.5) before; after one more patient with the finding Beta(3.5, 2.5): 3.5/6
    assert present.mean() == pytest.approx(1 / 2, abs=0.01)
    assert taken.mean() == pytest.approx(3.5 / 6, abs=0.01)
    other = np.full(8000, 2, dtype=np.int64)
    assert present[finding_rows(model, 0, 1, other)].mean() == pytest.approx(1 / 2, abs=0.015)


def test_the_prior_has_seen_one_more_patient():
    model = compile_release(release(model={"draws": 8000, "kappa": 9}))
    drawn = Draws(model).prior("runners")
    taken = drawn[prior_rows(model, "runners", np.zeros(8000, dtype=np.int64))]
    # Dirichlet(9 · 0.45, …) before, one more of the first after: (4.05 + 1) / 10
    assert taken[:, 0].mean() == pytest.approx(0.505, abs=0.01)


def test_the_mean_of_the_draws_is_the_share():
    model = compile_release(weak_release(draws=8000))
    seen = [(f"f{i}", "present" if i % 3 else "absent") for i in range(16)]
    given = read_case(case(*seen), model)
    votes = cast_votes(model, given).votes
    differential = weigh(model, given, votes, log_likelihoods(model, votes))
    assert drawn_shares(model, differential).mean(axis=0) == pytest.approx(differential.shares, abs=0.02)


def test_bands_of_long_cases_with_weak_evidence_cover():
    """All sixteen findings, parameters drawn afresh: 90 % bands hold the share under them (decision 0005)."""
    document = weak_release()
    model, truth_model = compile_release(document, "bands"), compile_release(document, "truth")
    random, draws = np.random.default_rng(5), Draws(truth_model)
    log_p = np.log(np.stack([truth_model.table.recorded(f, draws) for f in range(16)]))
    log_prior = np.log(draws.prior("sports_clinic"))
    covered = []
    for number in range(600):
        at = number % len(log_prior)
        truth = random.choice(4, p=np.exp(log_prior[at]))
        levels = (random.random(16) < np.exp(log_p[:, at, truth, 1])).astype(int)
        joint = log_prior[at] + log_p[np.arange(16), at, :, levels].sum(axis=0)
        under = np.exp(joint - np.logaddexp.reduce(joint))
        seen = [(f"f{i}", ("absent", "present")[level]) for i, level in enumerate(levels)]
        rows = {
            row["condition"]: row
            for row in rank(model, read_case(case(*seen), model)).to_dict()["hypotheses"]
        }
        for place, code in enumerate(("a", "b", "c", "other")):
            if rows[code]["share"] >= 0.05:
                covered.append(rows[code]["low"] - 1e-6 <= under[place] <= rows[code]["high"] + 1e-6)
    # about 1,000 bands: standard error one point; 0.72 without the light of the case
    assert 0.87 <= np.mean(covered) <= 0.93
