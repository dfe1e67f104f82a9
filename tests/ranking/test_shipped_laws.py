"""Step 13 on the shipped release, with fewer cases than `python -m benchmarks.laws` takes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import laws, torn
from tests.knowledge_fixtures import Shipped
from triage.demo.sampling import Sampler
from triage.ranking import CompiledModel, compile_release


@pytest.fixture(scope="module")
def sampler(shipped: Shipped) -> Sampler:
    return Sampler(compile_release(shipped.document, "laws"), "tests")


@pytest.fixture(scope="module")
def model(sampler: Sampler) -> CompiledModel:
    return sampler.model


def random(part: int) -> np.random.Generator:
    return np.random.default_rng([20260101, part])


def test_shares_are_right_as_often_as_they_claim(sampler, model):
    found = laws.calibration(model, sampler.told(2500, laws.MOST, random(1)))
    assert found["ece"] <= 0.02
    # exact claims would show 0.02 in 2,500 cases by chance alone
    assert found["ece_first"] <= found["ece_first_if_exact"] + 0.02
    assert abs(found["first_claimed"] - found["first_right"]) <= 0.03  # three standard errors


def test_bands_cover_where_a_reader_looks(sampler, model):
    short = laws.coverage(model, sampler.told(600, laws.MOST, random(2)))
    assert 0.87 <= short["all"] <= 0.93
    assert 0.86 <= short["visible"] <= 0.93  # about 2,700 bands of 600 cases: standard error near one point
    long = laws.coverage(model, laws.long_cases(sampler, 200, random(3)))
    assert 0.83 <= long["visible"] <= 0.96  # about 500 bands


def test_with_correlated_clusters_phi_beats_independence(shipped, sampler, model):
    cases = list(laws.Clustered(sampler).cases(1500, random(4)))
    with_phi = laws.calibration(model, cases)
    without = laws.calibration(laws.without_phi(shipped.document), cases)
    assert with_phi["ece"] < without["ece"]
    assert with_phi["ece_first"] < without["ece_first"]


def test_misfit_keeps_silent_on_coherent_cases(sampler):
    cases = torn.Cases(sampler)
    for n in (6, 12):
        source = random(10 + n)
        fired = [torn.judged(sampler.model, cases.coherent(n, source)[0])[0] for _ in range(1000)]
        assert 0.02 <= np.mean(fired) <= 0.07  # five in a hundred wanted; standard error 0.7 points
