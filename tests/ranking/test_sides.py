"""Sides and the patient as her own control (step 4)."""

from __future__ import annotations

import pytest

from tests.ranking.releases import case, condition, finding, release, study
from triage.ranking import compile_release, rank, read_case

FREE = ("other_side_painful", "absent")


@pytest.fixture(scope="module")
def model():
    findings = [
        finding("squeeze", side_aware=True, side_control=True),
        finding("ache", side_aware=True),
        finding("fever"),
        finding("other_side_painful"),
    ]
    return compile_release(
        release(
            conditions=[condition("a"), condition("b", urgency="urgent")],
            findings=findings,
            evidence=[study(c, f, 18, 20) for c in ("a", "b") for f in ("squeeze", "ache", "fever")],
        )
    )


def ratio(model, code, finding, *observations, **more):
    result = rank(model, read_case(case(*observations, **more), model)).to_dict()
    bars = next(h["bars"] for h in result["hypotheses"] if h["condition"] == code)
    return next((b["likelihood_ratio"] for b in bars if b["finding"] == finding), None)


YES, NO = 4.404762, 0.14881  # 0.880952/0.2 and 0.119048/0.8


@pytest.mark.parametrize(
    ("side", "observations", "expected"),
    [
        ("left", [("ache", "present", "left")], YES),
        ("left", [("ache", "present")], YES),
        ("left", [("ache", "present", "both")], YES),
        ("left", [("ache", "present", "right")], None),
        ("left", [("ache", "absent", "left"), ("ache", "present", "right")], NO),
        ("left", [("ache", "absent", "left"), ("ache", "present")], NO),
        ("unknown", [("ache", "absent", "left"), ("ache", "present", "right")], YES),
        ("both", [("ache", "absent", "left"), ("ache", "absent", "right")], NO),
        ("left", [("fever", "present", "right")], YES),
    ],
)
def test_who_votes(model, side, observations, expected):
    name = observations[0][0]
    assert ratio(model, "a", name, *observations, side=side) == (
        expected and pytest.approx(expected, abs=1e-5)
    )


def test_an_equally_positive_healthy_side_makes_it_equivocal(model):
    both = [("squeeze", "present", "left"), ("squeeze", "present", "right")]
    assert ratio(model, "a", "squeeze", *both, FREE) == pytest.approx(1.0)


def test_urgent_conditions_read_the_raw_observation(model):
    both = [("squeeze", "present", "left"), ("squeeze", "present", "right")]
    assert ratio(model, "b", "squeeze", *both, FREE) == pytest.approx(YES)


@pytest.mark.parametrize(
    "observations",
    [
        [("squeeze", "present", "left"), ("squeeze", "present", "right")],
        [("squeeze", "present", "left"), ("squeeze", "absent", "right"), FREE],
        [("squeeze", "present", "left"), ("squeeze", "present", "right"), ("other_side_painful", "present")],
    ],
)
def test_own_control_needs_a_healthy_and_equally_positive_side(model, observations):
    assert ratio(model, "a", "squeeze", *observations) == pytest.approx(YES)


def test_own_control_is_only_for_findings_marked_so(model):
    both = [("ache", "present", "left"), ("ache", "present", "right")]
    assert ratio(model, "a", "ache", *both, FREE) == pytest.approx(YES)
