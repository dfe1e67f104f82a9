"""Measures of proven cases, against numbers worked out by hand (docs/evaluation.md)."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from typing import Any

import pytest

from tests.ranking.releases import case, release, study
from tests.triage.factories import make_document
from triage.evaluation import Outcome, ProvenCase, evaluate, judge, measures, proportion, reliability
from triage.evaluation.outcomes import differential
from triage.ranking import CompiledModel, compile_release, rank, read_case

# docs/ranking.md, step 5: with f present a has 0.782793, b 0.177715 and Other 0.039492.
BY_HAND = release(evidence=[study("a", "f", 18, 20)])
F_SEEN = {"finding": "f", "level": "present", "stage": "intake"}


def proven(diagnosis: str, *observations: Any, model: CompiledModel, proof: str = "imaging") -> ProvenCase:
    return ProvenCase("c1", diagnosis, proof, read_case(case(*observations), model))


def given(share: float, *, place: int = 1, **more: Any) -> Outcome:
    """An outcome in which the truth was given this share."""
    values = {
        "id": "c", "diagnosis": "a", "held": True, "squared_error": 0.5, "first": "a", "first_share": 0.5
    }  # fmt: skip
    return Outcome(**(values | {"place": place, "log_share": log(share)} | more))


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (8, 10, 0.490162, 0.943318),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (50, 100, 0.403832, 0.596168),
    ],
)
def test_wilson_interval(count: int, total: int, low: float, high: float) -> None:
    found = proportion(count, total)
    assert found.share == count / total
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_no_case_has_no_proportion_and_no_mean() -> None:
    assert proportion(0, 0).share is proportion(0, 0).low is None
    nothing = measures([])
    assert nothing.cases == 0
    assert nothing.log_score is nothing.brier is nothing.claimed is None
    with pytest.raises(ValueError, match="3 of 2"):
        proportion(3, 2)


@pytest.mark.parametrize(
    ("diagnosis", "held", "place", "share", "squared_error"),
    [
        ("a", True, 1, 0.782793, 0.047179 + 0.031583 + 0.001560),
        ("b", True, 2, 0.177715, 0.612765 + 0.676153 + 0.001560),
        ("other", True, 3, 0.039492, 0.612765 + 0.031583 + 0.922576),
        ("gout", False, 3, 0.039492, 0.612765 + 0.031583 + 0.922576),
    ],
)
def test_outcome_of_a_diagnosis(
    diagnosis: str, held: bool, place: int, share: float, squared_error: float
) -> None:
    model = compile_release(BY_HAND)
    found = judge(model, proven(diagnosis, F_SEEN, model=model)).final
    assert (found.held, found.place, found.first) == (held, place, "a")
    assert found.right is (diagnosis == "a")
    assert found.share == pytest.approx(share, abs=1e-6)
    assert found.first_share == pytest.approx(0.782793, abs=1e-6)
    assert found.squared_error == pytest.approx(squared_error, abs=3e-6)


def test_log_score_and_brier_are_means() -> None:
    model = compile_release(BY_HAND)
    found = measures([judge(model, proven(name, F_SEEN, model=model)).final for name in ("a", "gout")])
    assert found.log_score == pytest.approx((0.244887 + 3.231652) / 2, abs=2e-6)
    assert found.brier == pytest.approx((0.080322 + 1.566924) / 2, abs=3e-6)
    assert found.claimed == pytest.approx(0.782793, abs=1e-6)
    assert [share.count for share in (found.top1, found.top3, found.top5)] == [1, 2, 2]


def test_a_share_that_is_shown_as_nothing_has_a_finite_log_score() -> None:
    rows = [study("a", f"f{n}", 200, 200) for n in range(4)]
    findings = [{"code": f"f{n}", "name": "f", "kind": "symptom", "role": "votes"} for n in range(4)]
    findings = [row | {"default": {"rates": {"present": 0.001}, "n": 9}} for row in findings]
    model = compile_release(release(findings=findings, evidence=rows, model={"symptom_free": None}))
    seen = [(f"f{n}", "present") for n in range(4)]
    found = judge(model, proven("b", *seen, model=model)).final
    assert rank(model, read_case(case(*seen), model)).to_dict()["hypotheses"][1]["share"] == 0
    assert -30 < found.log_share < -20
    assert exp(found.log_share) == found.share > 0


def test_places_count_up_to_three_and_five() -> None:
    found = measures([given(0.1, place=place) for place in (1, 2, 3, 4, 5, 6)])
    assert [share.count for share in (found.top1, found.top3, found.top5)] == [1, 3, 5]


def test_exclusion_errors_are_truths_under_two_in_a_hundred() -> None:
    judged = [
        replace(_judged(), final=given(share, id=name))
        for name, share in [("over", 0.0201), ("under", 0.0199), ("far", 0.001)]
    ]
    found = evaluate(judged)
    assert [outcome.id for outcome in found.excluded] == ["far", "under"]
    assert (found.total.excluded.count, found.total.excluded.total) == (2, 3)


def test_stages_hold_what_was_known_by_then() -> None:
    model = compile_release(make_document())
    f = {"finding": "f", "level": "present", "stage": "intake"}
    tender = {"finding": "tender", "level": "present", "side": "left"}  # no stage: examination
    untested = {"finding": "tingling", "level": None, "status": "not_tested", "stage": "investigation"}
    whole = judge(model, proven("b", f, tender, untested, model=model))
    assert list(whole.stages) == ["intake", "exam"]
    assert whole.stages["intake"] == judge(model, proven("b", f, model=model)).final
    assert whole.stages["intake"].place > whole.stages["exam"].place == 1
    assert whole.stages["exam"] == whole.final
    assert list(judge(model, proven("b", tender, model=model)).stages) == ["exam"]
    assert not judge(model, proven("b", model=model)).stages


@pytest.mark.parametrize("seen", [[], [("f", "present")], [("tender", "present", "left"), ("f", "absent")]])
def test_shares_are_those_of_the_ranking(seen: list[tuple[str, ...]]) -> None:
    model = compile_release(make_document())
    visit = read_case(case(*seen, risk_factors=["heavy"]), model)
    assert differential(model, visit).shares.tolist() == rank(model, visit).differential.shares.tolist()


def test_what_the_release_does_not_hold_is_counted_and_reported_apart() -> None:
    model = compile_release(BY_HAND)
    names = ["a", "gout", "gout", "cramp", "other"]
    found = evaluate([judge(model, proven(name, F_SEEN, model=model, proof=name)) for name in names])
    assert (found.total.cases, found.held.cases, found.not_held.cases) == (5, 2, 3)
    assert found.not_held_diagnoses == (("gout", 2), ("cramp", 1))
    assert found.proofs == (("gout", 2), ("a", 1), ("cramp", 1), ("other", 1))
    assert found.not_held.top1.count == 0
    assert found.not_held.top3.count == 3
    assert [found.stages[stage].cases for stage in ("intake", "exam", "investigation")] == [5, 0, 0]


def test_reliability_bins() -> None:
    claims = [(0.95, at > 0) for at in range(19)] + [(1.0, True)] + [(0.5, True)] * 19 + [(0.4999, False)]
    bins = reliability(claims)
    assert [row.right.total for row in bins] == [0, 0, 0, 0, 1, 19, 0, 0, 0, 20]
    assert bins[9].claimed == pytest.approx((19 * 0.95 + 1) / 20)
    assert bins[9].right == proportion(19, 20)
    assert [row.too_few for row in bins] == [True] * 9 + [False]
    assert bins[0].claimed is None


def _judged() -> Any:
    model = compile_release(BY_HAND)
    return judge(model, proven("a", F_SEEN, model=model))
