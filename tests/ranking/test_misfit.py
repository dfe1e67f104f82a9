"""Misfit (step 4): measured on the release's own coherent cases, judged on what was recorded."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.ranking.releases import case, classed, condition, finding, release, study
from triage.ranking import compile_release, misfit_centiles, rank, read_case
from triage.ranking.misfit import sample_misfit


def document(**model):
    """Three conditions, each with four findings of its own (18 of 20)."""
    codes = [f"{c}{i}" for c in "abc" for i in range(4)]
    return release(
        conditions=[condition(c) for c in "abc"],
        priors=[classed(c) for c in "abc"],
        findings=[finding(code) for code in codes],
        evidence=[study(code[0], code, 18, 20) for code in codes],
        model={"symptom_free": None} | model,
    )


def misfit(doc, *observations):
    model = compile_release(doc)
    return rank(model, read_case(case(*observations), model)).to_dict()["misfit"]


def test_the_value_by_hand():
    # b(a0) = 0.3·0.880952 + 0.7·0.2 = 0.404286, the same for b0
    # P(all) = 0.3·0.880952·0.2·2 + 0.4·0.04 = 0.121714
    found = misfit(
        document(misfit={"minimum": 2, "centile95": {"2": 0.25}}), ("a0", "present"), ("b0", "present")
    )
    value = 2 * math.log(0.3 * 18.5 / 21 + 0.14) - math.log(0.3 * 18.5 / 21 * 0.4 + 0.016)
    assert found == {
        "value": pytest.approx(value, abs=1e-6),
        "threshold": 0.25,
        "observations": 2,
        "fired": True,
    }


def test_it_is_not_judged_below_the_minimum_or_without_a_measurement():
    block = {"minimum": 2, "centile95": {"2": 0.25}}
    assert misfit(document(misfit=block), ("a0", "present")) is None
    assert misfit(document(), ("a0", "present"), ("b0", "present")) is None


def test_longer_cases_use_the_last_centile_measured():
    block = {"minimum": 2, "centile95": {"2": 0.25, "3": 0.5}}
    found = misfit(document(misfit=block), *[(f"a{i}", "present") for i in range(4)])
    assert (found["threshold"], found["observations"]) == (0.5, 4)


def test_centiles_depend_on_the_document_alone_and_not_on_an_older_misfit():
    first = misfit_centiles(document())
    assert first == misfit_centiles(document(misfit={"minimum": 9, "centile95": {"9": 9.0}}))
    assert first["minimum"] == 4
    assert list(first["centile95"]) == [str(n) for n in range(4, 13)]


def test_at_most_five_in_a_hundred_coherent_cases_are_called_misfits():
    model = compile_release(document())
    values = sample_misfit(model, np.random.default_rng(1), 20_000)
    centiles = misfit_centiles(document())["centile95"]
    for n in (4, 6, 8, 12):
        # 20,000 fresh cases: standard error 0.15 points
        assert (values[:, n - 1] > centiles[str(n)]).mean() < 0.056


def test_findings_of_two_conditions_hang_together_less():
    rare = {"defaults": {"symptom": {"rate": 0.02, "n": 10}}}
    block = misfit_centiles(document(**rare))
    torn = [("a0", "present"), ("a1", "present"), ("b0", "present"), ("b1", "present"), ("c0", "present")]
    whole = [(f"a{i}", "present") for i in range(4)] + [("b0", "absent")]
    assert misfit(document(misfit=block, **rare), *torn)["fired"]
    assert not misfit(document(misfit=block, **rare), *whole)["fired"]


def test_a_family_is_sampled_once():
    doc = document()
    for row in doc["findings"][:4]:
        row["cluster"] = "together"
    doc["clusters"] = [{"code": "together", "name": "together"}]
    assert sample_misfit(compile_release(doc), np.random.default_rng(1), 10).shape == (10, 9)
