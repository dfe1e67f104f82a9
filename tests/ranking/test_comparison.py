"""Two rankings compared: the differences of the bars are the difference of the scores."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ranking.releases import case, condition, finding, opinion, release
from triage.ranking import compile_release, rank, read_case
from triage.ranking.comparison import Change, compare

LEVELS = st.sampled_from(["present", "absent", None])
FINDINGS = ("f", "g", "h")


def document() -> dict[str, Any]:
    rows = [finding(code, cluster="c") for code in FINDINGS[:2]] + [finding("h", side_aware=True)]
    effect = {"condition": "a", "odds_ratio": 3.0, "basis": "expert_estimate"}
    return release(
        conditions=[condition(code) for code in "abc"],
        findings=[*rows, finding("other_side_painful")],
        clusters=[{"code": "c", "name": "c"}],
        priors=[{"condition": code, "class": "common", "basis": "expert_estimate"} for code in "abc"],
        evidence=[
            opinion("a", "f", "very_frequent"),
            opinion("a", "g", "frequent"),
            opinion("b", "g", "rare"),
            opinion("c", "h", "always"),
        ],
        risk_factors=[{"code": "heavy", "name": "Heavy", "group": "load", "effects": [effect]}],
    )


MODEL = compile_release(document(), release_hash="0" * 64)


def ranked(levels: tuple[str | None, ...], factors: tuple[str, ...] = ()) -> tuple[Any, Any]:
    """(case file, output) with these levels of f, g and h."""
    sides = {"h": "left"}
    rows = [
        {"finding": code, "level": level, "status": "observed", "side": sides.get(code), "stage": "exam"}
        for code, level in zip(FINDINGS, levels, strict=True)
        if level
    ]
    told = case(*rows, risk_factors=list(factors))
    return told, json.loads(rank(MODEL, read_case(told, MODEL)).to_json())


def both(first: Any, second: Any) -> Any:
    return compare(first[1], second[1], cases=(first[0], second[0]))


CASES = st.tuples(st.tuples(LEVELS, LEVELS, LEVELS), st.sampled_from([(), ("heavy",)]))


@settings(max_examples=60, deadline=None)
@given(CASES, CASES)
def test_differences_sum_to_the_difference_of_the_scores(first: Any, second: Any) -> None:
    before, after = ranked(*first), ranked(*second)
    scores = [{row["condition"]: row["score"] for row in one[1]["hypotheses"]} for one in (before, after)]
    for move in both(before, after).moves:
        if move.condition == "other":
            assert move.reasons == ()
            continue
        wanted = scores[1][move.condition] - scores[0][move.condition]
        assert math.isclose(sum(r.log_difference for r in move.reasons), wanted, abs_tol=1e-9)
        assert math.isclose(move.score_difference, wanted, abs_tol=1e-9)


@settings(max_examples=30, deadline=None)
@given(CASES)
def test_the_same_case_twice_changed_nothing(same: Any) -> None:
    assert both(ranked(*same), ranked(*same)).is_nothing


@settings(max_examples=30, deadline=None)
@given(CASES, CASES)
def test_backwards_it_is_the_opposite(first: Any, second: Any) -> None:
    before, after = ranked(*first), ranked(*second)
    there = {move.condition: move for move in both(before, after).moves}
    back = {move.condition: move for move in both(after, before).moves}
    assert there.keys() == back.keys()
    for code, move in there.items():
        assert {r.finding: r.log_difference for r in move.reasons} == {
            r.finding: -r.log_difference for r in back[code].reasons
        }


def test_new_changed_withdrawn_and_weighed_otherwise_are_told_apart() -> None:
    first, second = ranked(("present", None, "present")), ranked(("present", "present", "absent"))
    moves = {move.condition: move for move in both(first, second).moves}
    reasons = {reason.finding: reason for reason in moves["a"].reasons}
    assert reasons["g"].change is Change.NEW
    assert reasons["f"].change is Change.WEIGHT, "g of the same cluster repeats it"
    assert moves["a"].log_unattributed == reasons["f"].log_difference
    assert {r.finding: r.change for r in moves["c"].reasons}["h"] is Change.ANSWER
    back = {move.condition: move for move in both(second, first).moves}
    assert {r.finding: r.change for r in back["a"].reasons}["g"] is Change.WITHDRAWN
    sizes = [abs(reason.log_difference) for reason in moves["a"].reasons]
    assert sizes == sorted(sizes, reverse=True)


def test_what_is_no_finding_is_named() -> None:
    first, second = ranked(("present", None, None)), ranked(("present", None, None), ("heavy",))
    second[0]["age_years"] = 51
    second[1]["release"] = "1" * 64
    second[1]["clinic_model"] = "2" * 64
    told = both(first, second)
    assert (told.other_release, told.other_clinic_model, told.other_engine) == (True, True, False)
    assert told.person == ("age_years",)
    assert (told.factors_new, told.factors_gone) == (("heavy",), ())


@pytest.mark.parametrize("conditions", [{"a"}, set(), None])
def test_only_the_asked_conditions_are_compared(conditions: set[str] | None) -> None:
    first, second = ranked((None, None, None)), ranked(("present", None, None))
    told = compare(first[1], second[1], cases=(first[0], second[0]), conditions=conditions)
    moved = {move.condition for move in told.moves}
    assert moved == ({"a", "b", "c", "other"} if conditions is None else conditions)
