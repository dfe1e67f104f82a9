"""Step 7: two conditions that together explain what neither does alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ranking.releases import case, classed, condition, finding, release, study
from triage.ranking import InvalidRelease, compile_release, rank, read_case
from triage.ranking.pairs import together

PROBABILITY = st.floats(0.01, 0.99)


def test_noisy_or_with_leak_by_hand():
    # leak 0.2; p 0.6 and 0.7: q = 0.5 and 0.625; 1 − 0.8·0.5·0.375 = 0.85
    both = together(np.array([0.2]), np.array([[0.6], [0.7]]))[:, :, 0]
    assert both == pytest.approx(np.array([[0.6, 0.85], [0.85, 0.7]]))
    # p 0.1 under the leak halves it: 1 − (1 − 0.1)·(1 − 0.5) = 0.55
    assert together(np.array([0.2]), np.array([[0.1], [0.6]]))[0, 1, 0] == pytest.approx(0.55)


@given(PROBABILITY, PROBABILITY)
def test_it_is_exact_for_one_beside_a_condition_that_adds_nothing(leak, p):
    both = together(np.array([leak]), np.array([[p], [leak]]))[:, :, 0]
    assert both[0, 1] == pytest.approx(p)
    assert both[0, 0] == p


def document(**model):
    codes = [f"{c}{i}" for c in "ab" for i in range(4)]
    return release(
        conditions=[condition(c) for c in "abc"],
        priors=[classed(c) for c in "abc"],
        findings=[finding(code, default={"rates": {"present": 0.05}, "n": 20}) for code in codes],
        evidence=[study(code[0], code, 18, 20) for code in codes],
        model={"symptom_free": None} | model,
    )


def offered(doc, *observations):
    model = compile_release(doc)
    return rank(model, read_case(case(*observations), model)).to_dict()["pairs"]


def test_a_pair_is_offered_when_both_have_left_their_signs():
    # single: ln 0.3 + 4 ln 0.880952 + 4 ln 0.05; pair: 2 ln 0.3 + 8 ln 0.880952, so 0.3·(0.880952/0.05)⁴
    found = offered(document(), *[(f"{c}{i}", "present") for c in "ab" for i in range(4)])
    assert found == [
        {"conditions": ["a", "b"], "factor": pytest.approx(0.3 * (18.5 / 21 / 0.05) ** 4, rel=1e-3)}
    ]


def test_no_pair_when_one_condition_explains_all():
    assert offered(document(), *[(f"a{i}", "present") for i in range(4)]) == []
    assert offered(document()) == []


def test_comorbidity_odds_multiply_the_pair():
    observations = [(f"{c}{i}", "present") for c in "ab" for i in range(4)]
    plain = offered(document(), *observations)[0]["factor"]
    doubled = offered(document(comorbidity=[{"conditions": ["b", "a"], "odds": 2.0}]), *observations)[0][
        "factor"
    ]
    assert doubled == pytest.approx(2 * plain, rel=1e-3)


def test_comorbidity_of_an_unknown_condition_is_refused():
    with pytest.raises(InvalidRelease, match="unknown condition"):
        compile_release(document(comorbidity=[{"conditions": ["a", "z"], "odds": 2.0}]))
