"""Steps 8.3 and 9 where a clinic has set utilities: thresholds, and the value of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ranking.releases import case, condition, finding, release, study
from tests.ranking.sampled import cases, documents
from triage.ranking import InvalidRelease, compile_release, rank, read_case
from triage.ranking.clinic_model import known_part, with_clinic

EXAMPLE = {"benefit": 10, "harm": 1, "test_harm": 0.05}


def one_test(share):
    """Condition a with this prior share, Other with the rest; a test of sensitivity 0.9, specificity 0.8."""
    cell = {
        "condition": "a", "finding": "f", "counts": {"absent": 1, "present": 9}, "basis": "expert_estimate",
    }  # fmt: skip
    return release(
        conditions=[condition("a")],
        priors=[{"condition": "a", "class": "common"}],
        findings=[finding("f", default={"rates": {"present": 0.2}, "n": 10})],
        evidence=[cell],
        model={"symptom_free": None, "other_prior": 1 - share, "beta_prior": [1e-9, 1e-9]},
    )


def ranked(document, utilities, *observations):
    model = compile_release(with_clinic(document, {"utilities": utilities}))
    return rank(model, read_case(case(*observations), model)).to_dict()


@pytest.mark.parametrize("edge", [0.027027, 0.416905])
def test_at_a_threshold_of_the_worked_example_the_test_is_worth_its_harm(edge):
    assert ranked(one_test(edge), EXAMPLE)["next"][0]["value"] == pytest.approx(0, abs=2e-3)
    inside, outside = (1.2, 0.8) if edge < 0.1 else (0.8, 1.2)
    assert ranked(one_test(edge * inside), EXAMPLE)["next"][0]["value"] > 0
    assert ranked(one_test(edge * outside), EXAMPLE)["next"][0]["value"] < 0


@pytest.mark.parametrize(
    ("share", "advice"), [(0.02, "neither"), (0.03, "test"), (0.41, "test"), (0.43, "treat")]
)
def test_the_thresholds_of_the_worked_example(share, advice):
    (row,) = ranked(one_test(share), EXAMPLE)["thresholds"]
    assert (row["condition"], row["finding"], row["advice"]) == ("a", "f", advice)
    assert [row[key] for key in ("treat", "test", "test_treat")] == pytest.approx(
        [0.0909, 0.0272, 0.4184], abs=2e-3
    )


def test_without_a_test_there_is_the_treatment_threshold_alone():
    (row,) = ranked(one_test(0.5), EXAMPLE, ("f", "present"))["thresholds"]
    assert row == {
        "condition": "a", "treat": 0.090909, "finding": None, "test": None, "test_treat": None,
        "advice": "treat",
    }  # fmt: skip


def test_none_set_none_shown():
    plain = ranked(one_test(0.3), {"test_harm": 1.0})
    assert "thresholds" not in plain
    assert "value" not in plain["next"][0]
    assert plain["next"] == ranked(one_test(0.3), {})["next"]


STAKES = st.fixed_dictionaries({"benefit": st.floats(0.5, 20), "harm": st.floats(0.1, 5)})


@given(documents(temperature=1.2), cases(), STAKES, STAKES)
def test_a_free_answer_is_never_worth_less_than_nothing(document, data, common, of_bone):
    utilities = {**common, "conditions": {"bone": of_bone}}
    model = compile_release(with_clinic(document, {"utilities": utilities}))
    rows = rank(model, read_case(data, model)).to_dict()["next"]
    assert all(row["value"] >= 0 for row in rows)
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)


@given(documents(), cases(), STAKES, st.floats(0.001, 1))
def test_the_harm_of_a_test_is_taken_off_whole(document, data, common, harm):
    free, dear = (
        compile_release(with_clinic(document, {"utilities": {**common, "findings": {"squeeze": r}}}))
        for r in (0, harm)
    )
    values = [
        {row["finding"]: row["value"] for row in rank(m, read_case(data, m)).to_dict()["next"]}
        for m in (free, dear)
    ]
    if "squeeze" in values[0]:
        assert values[1]["squeeze"] == pytest.approx(values[0]["squeeze"] - harm, abs=2e-6)
    assert all(values[1][code] == value for code, value in values[0].items() if code != "squeeze")


def test_what_decides_comes_before_what_informs():
    """g tells a from b, f tells c from the others; only c is worth treating differently."""
    document = release(
        conditions=[condition(code) for code in "abc"],
        priors=[{"condition": code, "class": "common"} for code in "abc"],
        findings=[finding("f", minutes=20), finding("g", minutes=1)],
        evidence=[study("a", "g", 39, 40), study("b", "g", 1, 40), study("c", "f", 38, 40)],
        model={"symptom_free": None},
    )
    utilities = {"conditions": {"c": {"benefit": 2, "harm": 1}}}
    model = compile_release(document)
    assert [row["finding"] for row in rank(model, read_case(case(), model)).to_dict()["next"]] == ["g", "f"]
    assert [row["finding"] for row in ranked(document, utilities)["next"]] == ["f", "g"]


def test_harm_of_a_test_is_its_own_or_its_kinds_or_the_clinics():
    document = release(findings=[finding("f"), finding("g"), finding("h", kind="tenderness")])
    document["model"]["symptom_free"] = None
    settings = {"utilities": {**EXAMPLE, "kinds": {"tenderness": 0.3}, "findings": {"g": 0.7}}}
    laid = with_clinic(document, settings)["model"]["utilities"]
    assert laid["test_harm"] == {"f": 0.05, "g": 0.7, "h": 0.3}
    assert laid["conditions"] == {"a": [10, 1], "b": [10, 1]}


@pytest.mark.parametrize(
    "utilities",
    [
        {"benefit": 10}, {"benefit": -1, "harm": 1}, {"conditions": {"z": {"benefit": 1, "harm": 1}}},
        {"conditions": {"a": {"benefit": 1}}}, {"test_harm": -0.1}, {"kinds": {"magic": 1}},
        {"findings": {"zz": 1}}, {"benefits": 1},
    ],
)  # fmt: skip
def test_utilities_that_make_no_sense_are_refused(utilities):
    with pytest.raises(InvalidRelease):
        with_clinic(release(), {"utilities": utilities})


def test_what_a_release_does_not_know_is_passed_over_when_a_visit_is_pinned_to_it():
    settings = {
        "other_prior": 0.2,
        "base_rates": {"a": 0.3, "gone": 0.1},
        "utilities": {
            "test_harm": 0.1,
            "conditions": {"gone": {"benefit": 1, "harm": 1}},
            "findings": {"f": 0.2},
        },
    }
    assert known_part(release(), settings) == {
        "other_prior": 0.2,
        "base_rates": {"a": 0.3},
        "utilities": {"test_harm": 0.1, "conditions": {}, "findings": {"f": 0.2}},
    }
    with_clinic(release(), known_part(release(), settings))


def test_base_rates_of_the_clinic_replace_those_of_the_release():
    settings = {"base_rates": {"a": 0.3}, "other_prior": 0.2}
    model = compile_release(with_clinic(release(), settings))
    shares = rank(model, read_case(case(), model)).to_dict()["hypotheses"]
    # b keeps its class, 0.10: 0.8 · 0.3 / 0.4 and 0.8 · 0.1 / 0.4
    assert {row["condition"]: row["share"] for row in shares} == pytest.approx(
        {"a": 0.6, "b": 0.2, "other": 0.2}
    )
    with pytest.raises(InvalidRelease):
        with_clinic(release(), {"base_rates": {"a": 1.5}})
