"""Step 9: the next finding."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ranking.releases import case, condition, finding, release, study
from tests.ranking.sampled import cases, documents
from triage.ranking import compile_release, rank, read_case
from triage.ranking.clinic_model import with_clinic


def ranked(document, *observations, **more):
    model = compile_release(document)
    return rank(model, read_case(case(*observations, **more), model)).to_dict()


def proposed(document, *observations, **more):
    return [row["finding"] for row in ranked(document, *observations, **more)["next"]]


def entropy(*weights):
    return -sum(w / sum(weights) * math.log(w / sum(weights)) for w in weights)


def test_the_gain_by_hand():
    # π 0.45, 0.45, 0.1; p(present) 0.880952, 0.2, 0.2
    p = 18.5 / 21
    row = ranked(release(evidence=[study("a", "f", 18, 20)]))["next"][0]
    yes, no = (0.45 * p, 0.09, 0.02), (0.45 * (1 - p), 0.36, 0.08)
    gain = entropy(0.45, 0.45, 0.1) - sum(yes) * entropy(*yes) - sum(no) * entropy(*no)
    assert row["finding"] == "f"
    assert row["gain"] == pytest.approx(gain, abs=1e-6)
    assert [effect["probability"] for effect in row["effects"]] == pytest.approx(
        [sum(no), sum(yes)], abs=1e-6
    )
    assert row["effects"][1]["top"][0] == {"condition": "a", "share": pytest.approx(0.782793, abs=1e-6)}
    assert row["changes_first"]


@given(documents(temperature=1.2), cases())
def test_every_effect_is_what_ranking_with_that_answer_gives(document, data):
    """The candidate's own weight beside the recorded ones is exact where nothing else changes weight."""
    zones = [o for o in data["observations"] if o["finding"] == "zone" and o["status"] == "observed"]
    data["observations"] = zones[:1]
    model = compile_release(document)
    for row in rank(model, read_case(data, model)).to_dict()["next"]:
        for effect in row["effects"]:
            answer = {"finding": row["finding"], "level": effect["level"], "side": None}
            after = rank(model, read_case(data | {"observations": [*data["observations"], answer]}, model))
            shares = {h["condition"]: h["share"] for h in after.to_dict()["hypotheses"]}
            for top in effect["top"]:
                assert shares[top["condition"]] == pytest.approx(top["share"], abs=3e-6)


def two_signs(**second):
    return release(
        conditions=[condition("a", urgency="urgent"), condition("b")],
        findings=[finding("f"), finding("g", **second)],
        evidence=[study("a", "f", 18, 20), study("a", "g", 18, 20)],
        rules=[{"code": "stop", "urgency": "same_day", "when": {"finding": "f", "level": "present"}}],
        model={"symptom_free": None},
    )


def test_what_costs_more_comes_later():
    assert proposed(two_signs(minutes=3, discomfort=2)) == ["f", "g"]
    assert proposed(two_signs(minutes=0.5)) == ["g", "f"]


def test_investigations_wait_unless_something_urgent_is_open():
    document = two_signs(stage="investigation", minutes=0.5)
    assert proposed(document) == ["f", "g"]
    document["conditions"][0]["panel_threshold"] = 0.1
    assert proposed(document) == ["g", "f"]


@pytest.mark.parametrize(
    ("guard", "observations", "more"),
    [
        ({"condition": "a", "share": 0.6}, [("f", "present")], {}),
        ({"rule": "stop"}, [("f", "present")], {}),
        ({"allergy": "lidocaine"}, [], {"allergies": ["lidocaine"]}),
    ],
)
def test_what_avoid_if_forbids_is_not_proposed(guard, observations, more):
    assert "g" in proposed(two_signs(), *observations, **more)
    assert "g" not in proposed(two_signs(avoid_if=[guard]), *observations, **more)


GUARDS = st.lists(
    st.sampled_from(
        [
            {"rule": "stop"},
            {"allergy": "x"},
            *({"condition": c, "share": s} for c in ("bone", "nerve") for s in (0.1, 0.4)),
        ]
    ),
    max_size=2,
)


UTILITIES = st.none() | st.fixed_dictionaries(
    {"benefit": st.floats(0.5, 20), "harm": st.floats(0.1, 5), "test_harm": st.floats(0, 0.5)}
)


@given(documents(), cases(), st.lists(GUARDS, min_size=8, max_size=8), st.booleans(), UTILITIES)
def test_no_forbidden_finding_is_ever_proposed(document, data, guards, allergic, worth):
    for row, mine in zip(document["findings"], guards, strict=True):
        row["avoid_if"] = mine
    data["allergies"] = ["x"] if allergic else []
    model = compile_release(with_clinic(document, {"utilities": worth} if worth else {}))
    result = rank(model, read_case(data, model)).to_dict()
    shares = {h["condition"]: h["share"] for h in result["hypotheses"]}
    fired = {flag["rule"] for flag in result["red_flags"]}
    by_code = {row["code"]: row["avoid_if"] for row in document["findings"]}
    proposed = [row["finding"] for row in result["next"]]
    proposed += [row["finding"] for row in result.get("thresholds", ()) if row["finding"]]
    for code in proposed:
        for guard in by_code[code]:
            assert guard.get("rule") not in fired
            assert not (allergic and "allergy" in guard)
            assert "condition" not in guard or shares[guard["condition"]] < guard["share"]


def test_recorded_settled_and_gated_findings_are_not_proposed():
    findings = [
        finding("f", default={"rates": {"present": 0.2}, "n": 9}),
        finding("f_arch", parents=["f"], default={"rates": {"present": 0.1}, "n": 9}),
        finding("g", asked_if={"finding": "h", "level": "present"}),
        finding("h"),
    ]
    evidence = [study("a", row["code"], 18, 20) for row in findings]
    document = release(findings=findings, evidence=evidence, model={"symptom_free": None})
    assert set(proposed(document)) == {"f", "f_arch", "g", "h"}
    assert set(proposed(document, ("f", "absent"))) == {"g", "h"}
    assert set(proposed(document, ("f_arch", "present"))) == {"g", "h"}
    assert set(proposed(document, ("h", "absent"))) == {"f", "f_arch"}
    assert "h" in proposed(document, {"finding": "h", "level": None, "status": "not_tested"})


def test_it_is_said_when_no_answer_changes_the_order():
    document = two_signs()
    document["evidence"] = [study("a", "f", 5, 20), study("a", "g", 5, 20)]
    assert [row["changes_first"] for row in ranked(document, ("f", "present"))["next"]] == [False]
