"""Steps 8.2 and 8.3: what must not be missed, and thresholds."""

from __future__ import annotations

import pytest

from tests.ranking.releases import case, classed, condition, finding, release, study
from triage.ranking import compile_release, rank, read_case
from triage.ranking.thresholds import thresholds


def panel(*observations, threshold=0.9, rules=()):
    """Urgent a (excluded by f or g absent) and c (excluded by g absent); b is routine."""
    out = [{"finding": code, "level": "absent"} for code in ("f", "g")]
    document = release(
        conditions=[
            condition("a", urgency="urgent", excluded_by=out, panel_threshold=threshold),
            condition("b", panel_threshold=0.01),
            condition("c", urgency="emergency", excluded_by=out[1:], panel_threshold=0.99),
        ],
        priors=[classed("a", "rare"), classed("b"), classed("c", "rare")],
        findings=[finding("f", side_aware=True), finding("g"), finding("h")],
        evidence=[study("a", "h", 19, 20)],
        rules=list(rules),
        model={"symptom_free": None},
    )
    model = compile_release(document)
    return rank(model, read_case(case(*observations), model)).to_dict()


def states(result):
    return {row["condition"]: row["state"] for row in result["cant_miss"]}


def test_only_urgent_conditions_are_on_it_and_start_unscreened():
    assert states(panel()) == {"a": "not_screened", "c": "not_screened"}


def test_the_fewest_questions_that_clear_them_are_named():
    assert panel()["screening"] == [{"finding": "g", "level": "absent", "clears": ["a", "c"]}]
    assert panel(("g", "present"))["screening"] == [{"finding": "f", "level": "absent", "clears": ["a"]}]


def test_a_recorded_finding_excludes():
    result = panel(("f", "absent", "left"))
    assert states(result) == {"a": "excluded", "c": "not_screened"}
    row = next(row for row in result["cant_miss"] if row["condition"] == "a")
    assert row["excluded_by"] == [{"finding": "f", "level": "absent"}]
    assert states(panel(("f", "absent", "right")))["a"] == "not_screened"


def test_a_high_band_alerts_whatever_was_excluded():
    result = panel(("h", "present"), ("f", "absent"), threshold=0.05)
    row = result["cant_miss"][0]
    assert (row["condition"], row["state"]) == ("a", "alert")
    assert row["high"] > 0.05


def test_a_fired_rule_alerts_and_nothing_clears_it():
    rule = {
        "code": "r",
        "condition": "a",
        "urgency": "same_day",
        "when": {"finding": "h", "level": "present"},
    }
    result = panel(("h", "present"), ("f", "absent"), ("g", "absent"), rules=[rule])
    assert states(result)["a"] == "alert"
    assert result["cant_miss"][0]["rules"] == ["r"]


def test_thresholds_of_the_worked_example():
    # B 10, C 1, R 0.05, Se 0.9, Sp 0.8: (0.2 + 0.05)/(0.2 + 9) = 0.02717 and (0.8 − 0.05)/(0.8 + 1) = 0.41667
    found = thresholds(benefit=10, harm=1, test_harm=0.05, sensitivity=0.9, specificity=0.8)
    assert (found.treat, found.test, found.test_treat) == pytest.approx((1 / 11, 0.0271739, 0.4166667))
    assert found.worth_testing


def test_a_test_that_harms_too_much_is_not_worth_doing():
    assert not thresholds(benefit=10, harm=1, test_harm=0.9, sensitivity=0.9, specificity=0.8).worth_testing


@pytest.mark.parametrize("wrong", [{"benefit": 0}, {"harm": -1}, {"test_harm": -1}, {"sensitivity": 0}])
def test_thresholds_refuse_what_makes_no_sense(wrong):
    figures = {"benefit": 10, "harm": 1, "test_harm": 0, "sensitivity": 0.9, "specificity": 0.8} | wrong
    with pytest.raises(ValueError, match="must"):
        thresholds(**figures)
