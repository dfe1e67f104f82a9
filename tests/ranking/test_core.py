"""Steps 2, 4 and 5: the score of a case worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from tests.ranking.releases import case, condition, finding, release, study
from triage.ranking import Case, InvalidCase, Observation, compile_release, rank, read_case


def ranked(document, *observations, **more):
    model = compile_release(document)
    return rank(model, read_case(case(*observations, **more), model)).to_dict()


def row(result, code):
    return next(hypothesis for hypothesis in result["hypotheses"] if hypothesis["condition"] == code)


def bar(result, code, finding):
    return next(b for b in row(result, code)["bars"] if b["finding"] == finding)


def test_the_whole_of_a_small_differential():
    # π: Other 0.1; a and b (class common, 0.1 each) share the other 0.9, so 0.45 each.
    # f: a (18 + ½)/21 = 0.880952, b and Other 0.2.
    # w = 0.45·0.880952 : 0.45·0.2 : 0.1·0.2 = 0.396429 : 0.09 : 0.02, sum 0.506429.
    result = ranked(release(evidence=[study("a", "f", 18, 20)]), ("f", "present"))
    shares = [(h["condition"], h["rank"], h["share"]) for h in result["hypotheses"]]
    assert shares == [("a", 1, 0.782793), ("b", 2, 0.177715), ("other", 3, 0.039492)]
    # S(a) = ln 4.5 + ln(0.880952/0.2) = 1.504077 + 1.482686
    assert row(result, "a")["score"] == pytest.approx(2.986764, abs=1e-6)
    assert bar(result, "a", "f")["likelihood_ratio"] == pytest.approx(4.404762)
    other = {
        key: value
        for key, value in row(result, "other").items()
        if key in ("condition", "rank", "share", "score", "bars")
    }
    assert other == {
        "condition": "other",
        "rank": 3,
        "share": 0.039492,
        "score": 0.0,
        "bars": [],
    }


def test_recording_error_pulls_every_probability_to_the_middle():
    # p' = 0.96·p + 0.02: a 0.865714, Other 0.212
    result = ranked(release(evidence=[study("a", "f", 18, 20)], model={"epsilon": 0.04}), ("f", "present"))
    assert bar(result, "a", "f")["likelihood_ratio"] == pytest.approx(0.865714286 / 0.212)


def test_a_finding_may_have_its_own_recording_error():
    document = release(evidence=[study("a", "f", 18, 20)])
    document["findings"][0]["epsilon"] = 0.04
    assert bar(ranked(document, ("f", "present")), "a", "f")["likelihood_ratio"] == pytest.approx(
        0.865714286 / 0.212
    )


def test_temperature_divides_every_bar_but_not_the_printed_ratio():
    document = release(evidence=[study("a", "f", 18, 20)], model={"temperature": 2.0})
    result = ranked(document, ("f", "present"))
    assert row(result, "a")["score"] == pytest.approx(2.986764 / 2, abs=1e-6)
    assert bar(result, "a", "f")["likelihood_ratio"] == pytest.approx(4.404762)


def test_absent_weight_scales_what_is_absent():
    evidence = [study("a", "f", 18, 20)]
    # a: 1 − 0.880952 = 0.119048 against 0.8: ln = −1.904964
    assert bar(ranked(release(evidence=evidence), ("f", "absent")), "a", "f")[
        "log_contribution"
    ] == pytest.approx(math.log(0.119047619 / 0.8))
    half = ranked(release(evidence=evidence, model={"absent_weight": 0.5}), ("f", "absent"))
    assert bar(half, "a", "f")["log_contribution"] == pytest.approx(math.log(0.119047619 / 0.8) / 2)


def latent_posterior(correlation: float) -> float:
    """P(disease | three tests positive), Se = Sp = 0.8, prior 0.2, tests sharing a normal factor (80
    nodes)."""
    x, w = np.polynomial.hermite_e.hermegauss(80)

    def all_positive(p: float) -> float:
        shifted = (norm.ppf(p) + math.sqrt(correlation) * x) / math.sqrt(1 - correlation)
        return float((w * norm.cdf(shifted) ** 3).sum() / w.sum())

    return 0.2 * all_positive(0.8) / (0.2 * all_positive(0.8) + 0.8 * all_positive(0.2))


def cluster_of_three(phi):
    """One disease with prior 0.2 against Other 0.8 and three tests, Se = Sp = 0.8 exactly: 8 of 10 less the
    prior."""
    tests = [finding(f"t{i}", cluster="c", default={"rates": {"present": 0.2}, "n": 10}) for i in range(3)]
    sensitivity = [study("a", f"t{i}", 7.5, 9) for i in range(3)]  # (7.5 + ½)/(9 + 1) = 0.8
    document = release(
        conditions=[condition("a")],
        findings=tests,
        clusters=[{"code": "c", "name": "c", "phi": phi}],
        evidence=sensitivity,
        model={"other_prior": 0.8, "symptom_free": None},
    )
    document["priors"] = document["priors"][:1]
    return document


def test_three_correlated_tests_count_as_fewer():
    # ω = 1/(1 + 2·0.3) = 0.625; odds 0.25·4^(3·0.625) = 3.364 → 0.77. Naive 0.25·64 = 16 → 0.94. Truth by a
    # latent factor with φ ≈ 0.37 between tests: 0.71.
    positive = [(f"t{i}", "present") for i in range(3)]
    assert row(ranked(cluster_of_three(0.3), *positive), "a")["share"] == pytest.approx(0.77, abs=0.005)
    assert row(ranked(cluster_of_three(0.0), *positive), "a")["share"] == pytest.approx(0.94, abs=0.005)
    assert latent_posterior(0.6) == pytest.approx(0.71, abs=0.005)


def test_the_reader_is_told_how_many_tests_it_counted_as():
    result = ranked(cluster_of_three(0.3), *[(f"t{i}", "present") for i in range(3)])
    assert [w["weight"] for w in result["weights"]] == [0.625] * 3
    assert {w["cluster"] for w in result["weights"]} == {"c"}


def test_opposite_results_of_one_cluster_are_told():
    result = ranked(cluster_of_three(0.3), ("t0", "present"), ("t1", "absent"))
    assert result["tests_disagree"] == [{"cluster": "c", "findings": ["t0", "t1"]}]
    assert ranked(cluster_of_three(0.3), ("t0", "present"))["tests_disagree"] == []


def test_a_weak_second_sign_does_not_silence_a_strong_first():
    document = cluster_of_three(0.3)
    document["evidence"][1] = study("a", "t1", 1.75, 9)  # (1.75 + ½)/10 = 0.225, hardly above 0.2
    weights = {
        w["finding"]: w["weight"] for w in ranked(document, ("t0", "present"), ("t1", "present"))["weights"]
    }
    # r(t0) = ln 4 = 1.386, r(t1) = ln 1.125 = 0.1178: ω(t0) = 1/(1 + 0.3·0.085) = 0.975, ω(t1) = 1/1.3
    assert weights["t0"] == pytest.approx(0.975142, abs=1e-5)
    assert weights["t1"] == pytest.approx(1 / 1.3, abs=1e-6)


def test_relatives_by_is_a_share_information():
    # heel and arch are children of tinel: s = IC(tinel)/max(IC) with b = d where nothing is known.
    findings = [
        finding("tinel", default={"rates": {"present": 0.3}, "n": 10}),
        finding("arch", parents=["tinel"], default={"rates": {"present": 0.1}, "n": 10}),
        finding("heel", parents=["tinel"], default={"rates": {"present": 0.1}, "n": 10}),
    ]
    document = release(findings=findings, kind="corpus", model={"symptom_free": None})
    result = ranked(document, ("arch", "present"), ("heel", "present"))
    similarity = (math.log(0.3) / math.log(0.1)) ** 2
    assert result["weights"][0]["weight"] == pytest.approx(1 / (1 + similarity), abs=1e-6)


@pytest.mark.parametrize(
    ("observation", "ratio"),
    [
        ({"finding": "f", "level": None, "status": "equivocal"}, 1.0),
        ({"finding": "f", "level": "present"}, 4.404762),
    ],
)
def test_equivocal_is_the_mean_of_its_levels(observation, ratio):
    # the mean of p and 1 − p is ½ for everybody
    result = ranked(release(evidence=[study("a", "f", 18, 20)]), observation)
    assert bar(result, "a", "f")["likelihood_ratio"] == pytest.approx(ratio)


def test_an_invalid_case_is_an_exception_and_never_a_list():
    model = compile_release(release())
    observations = (Observation("f", "present"), Observation("f", "absent"))
    with pytest.raises(InvalidCase, match="recorded twice"):
        rank(model, Case("sports_clinic", None, None, "left", (), observations))
