"""Step 9: the gain of a question that settles several findings."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings

from tests.ranking.releases import case, finding, release, study
from tests.ranking.sampled import cases, documents
from triage.ranking import InvalidCase, compile_release, next_gains, question_gains, rank, read_case

FINDINGS = ("f", "g", "other_side_painful")


def shared(*evidence):
    """Two conditions and two findings that say nothing of one another."""
    return compile_release(release(findings=[finding(code) for code in FINDINGS], evidence=list(evidence)))


@settings(max_examples=20)
@given(documents(temperature=1.2), cases())
def test_a_question_with_one_finding_gains_what_the_finding_does(document, data):
    model = compile_release(document)
    known = read_case(data, model)
    gains = next_gains(model, known)
    assert question_gains(model, known, {code: [code] for code in gains}) == pytest.approx(gains, abs=1e-9)


@settings(max_examples=20)
@given(documents(), cases())
def test_a_gain_is_never_more_than_there_is_to_learn_and_always_the_same(document, data):
    model = compile_release(document)
    known = read_case(data, model)
    question = {"all": sorted(next_gains(model, known))}
    shares = rank(model, known).differential.shares
    entropy = -sum(share * math.log(share) for share in shares if share > 0)
    gain = question_gains(model, known, question)
    assert 0 <= gain["all"] <= entropy + 1e-4
    assert gain == question_gains(model, known, question)


def test_two_findings_together_gain_what_all_four_answers_would():
    model = shared(study("a", "f", 18, 20), study("b", "g", 17, 20))
    known = read_case(case(), model)
    p = [model.table.probabilities(at) for at in (0, 1)]
    prior = model.priors.by_setting[known.setting]
    expected = -float((prior * [math.log(x) for x in prior]).sum())
    for first in (0, 1):
        for second in (0, 1):
            joint = prior * p[0][:, first] * p[1][:, second]
            expected -= -float(sum(x * math.log(x / joint.sum()) for x in joint))
    together = question_gains(model, known, {"both": ["f", "g"]})["both"]
    assert together == pytest.approx(expected, rel=0.1)
    assert together > max(next_gains(model, known).values())


def test_a_question_that_tells_nothing_gains_nothing():
    model = shared()
    assert question_gains(model, read_case(case(), model), {"both": ["f", "g"]}) == {"both": 0.0}


def test_a_faulty_case_is_refused():
    model = shared()
    faulty = read_case(case(), model)
    with pytest.raises(InvalidCase):
        question_gains(model, type(faulty)("nowhere", None, None, "left", (), ()), {"both": ["f", "g"]})
