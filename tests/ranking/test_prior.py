"""Step 11's priors and step 4's risk factors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.ranking.releases import case, classed, condition, release
from triage.ranking import InvalidRelease, compile_release, rank, read_case
from triage.ranking.risk import log_odds, read_risk_factors


def prior(rows, setting="sports_clinic", **more):
    return compile_release(release(priors=rows, **more)).priors.by_setting[setting]


def share(condition, value, setting="sports_clinic", **more):
    return {
        "condition": condition,
        "setting": setting,
        "share": value,
        "source": "s1",
        "locator": "t1",
    } | more


def test_other_keeps_its_share_and_conditions_divide_the_rest():
    # 0.1 : 0.03 of 0.9
    assert prior([classed("a"), classed("b", "uncommon")]) == pytest.approx([0.9 / 1.3, 0.27 / 1.3, 0.1])


def test_a_sourced_share_of_the_setting_beats_the_class():
    rows = [share("a", 0.3), classed("a"), classed("b")]
    assert prior(rows) == pytest.approx([0.9 * 0.3 / 0.4, 0.9 * 0.1 / 0.4, 0.1])
    assert prior(rows, "runners") == pytest.approx([0.45, 0.45, 0.1])


def test_two_sources_of_a_share_are_averaged_by_their_size():
    # (0.3·100 + 0.1·300)/400 = 0.15
    rows = [share("a", 0.3, n=100), share("a", 0.1, n=300), classed("b")]
    assert prior(rows) == pytest.approx([0.9 * 0.15 / 0.25, 0.9 * 0.1 / 0.25, 0.1])


def test_without_class_another_settings_share_is_used():
    rows = [share("a", 0.3, "primary_care"), classed("b")]
    assert prior(rows, "runners") == pytest.approx([0.9 * 0.3 / 0.4, 0.9 * 0.1 / 0.4, 0.1])


def test_a_clinic_release_needs_a_prior_for_every_condition_and_a_corpus_may_be_uniform():
    with pytest.raises(InvalidRelease, match=r"priors\[b\]: missing"):
        prior([classed("a")])
    assert prior([], kind="corpus") == pytest.approx([0.45, 0.45, 0.1])


def factors(*effects, **more):
    """One factor per (code, group, odds ratio for a)."""
    return [
        {"code": code, "group": group, "effects": [{"condition": "a", "odds_ratio": ratio}]} | more
        for code, group, ratio in effects
    ]


def applied(rows, urgent=False):
    compiled, problems = read_risk_factors(rows, {"a": 0})
    assert not problems
    return np.exp(log_odds(compiled, range(len(compiled)), np.array([urgent]), (0.2, 10)))[0]


def test_one_factor_of_each_mechanism_counts_the_strongest():
    assert applied(factors(("x", "load", 2.0), ("y", "load", 3.0), ("z", "shoe", 1.5))) == pytest.approx(
        [1, 3, 1.5]
    )


def test_the_product_is_capped_and_the_bars_share_the_cut():
    # 5·4 = 20 is cut to 10: each log shrinks by ln 10/ln 20
    cut = math.log(10) / math.log(20)
    assert applied(factors(("x", "load", 5.0), ("y", "shoe", 4.0))) == pytest.approx([5**cut, 4**cut])
    assert applied(factors(("x", "load", 0.01))) == pytest.approx([0.2])


def test_nothing_lowers_an_urgent_condition():
    assert applied(factors(("x", "load", 0.3), ("y", "shoe", 2.0)), urgent=True) == pytest.approx([1, 2])


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"age_years": 50}, 2.0),
        ({"age_years": 49.9}, None),
        ({"age_years": None}, None),
        ({"age_years": 20, "risk_factors": ["old"]}, 2.0),
        ({"age_years": 20, "observations": [{"finding": "old", "level": "present"}]}, 2.0),
    ],
)
def test_age_and_sex_are_derived_and_others_asked(person, expected):
    rows = factors(("old", "age", 2.0), applies_if={"age_at_least": 50})
    model = compile_release(release(conditions=[condition("a"), condition("b")], risk_factors=rows))
    result = rank(model, read_case(case() | person, model)).to_dict()
    bars = next(h["bars"] for h in result["hypotheses"] if h["condition"] == "a")
    ratios = [b["likelihood_ratio"] for b in bars if b["kind"] == "risk_factor"]
    assert ratios == ([] if expected is None else [pytest.approx(expected)])
