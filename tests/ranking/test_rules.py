"""Step 8.1: red flags read raw observations in three-valued logic."""

from __future__ import annotations

import pytest

from tests.ranking.releases import case, finding, release
from triage.ranking import InvalidRelease, compile_release, rank, read_case
from triage.ranking.rules import codes_read

YES, NO = {"finding": "f", "level": "present"}, {"finding": "g", "level": "present"}


def flags(when, *observations, **person):
    document = release(
        findings=[
            finding("f", side_aware=True, side_control=True),
            finding("g"),
            finding("other_side_painful"),
        ],
        risk_factors=[{"code": "load", "effects": []}],
        rules=[{"code": "stop", "urgency": "same_day", "when": when}],
    )
    model = compile_release(document)
    return rank(model, read_case(case(*observations, **person), model)).to_dict()["red_flags"]


@pytest.mark.parametrize(
    ("when", "observations", "person", "fires"),
    [
        (YES, [("f", "present", "left")], {}, True),
        (YES, [("f", "present", "right")], {}, False),
        (YES, [("f", "present", "right")], {"side": "unknown"}, True),
        (YES, [{"finding": "f", "level": "present", "status": "equivocal"}], {}, False),
        ({"finding": "f", "level": ["absent", "present"]}, [("f", "absent")], {}, True),
        ({"not": YES}, [], {}, False),
        ({"not": YES}, [("f", "absent")], {}, True),
        ({"all": [YES, NO]}, [("f", "present")], {}, False),
        ({"all": [YES, NO]}, [("f", "present"), ("g", "present")], {}, True),
        ({"any": [YES, NO]}, [("g", "present")], {}, True),
        ({"not": {"any": [YES, NO]}}, [("f", "absent")], {}, False),
        ({"not": {"all": [YES, NO]}}, [("f", "absent")], {}, True),
        (
            {"at_least": 2, "of": [YES, NO, {"risk_factor": "load"}]},
            [("f", "present")],
            {"risk_factors": ["load"]},
            True,
        ),
        ({"at_least": 2, "of": [YES, NO, {"risk_factor": "load"}]}, [("f", "present")], {}, False),
        ({"not": {"at_least": 2, "of": [YES, NO]}}, [("f", "absent")], {}, True),
        ({"not": {"risk_factor": "load"}}, [], {}, False),
        ({"not": {"risk_factor": "load"}}, [("load", "absent")], {}, True),
        ({"age_at_least": 34}, [], {}, True),
        ({"age_below": 34}, [], {}, False),
        ({"not": {"age_at_least": 50}}, [], {"age_years": None}, False),
        ({"sex": "female"}, [], {}, True),
        ({"not": {"sex": "male"}}, [], {"sex": None}, False),
    ],
)
def test_when_a_rule_fires(when, observations, person, fires):
    assert bool(flags(when, *observations, **person)) is fires


def test_what_made_it_fire_is_listed():
    found = flags({"any": [YES, NO]}, ("g", "present"), ("f", "present", "left"))
    assert found == [
        {
            "rule": "stop",
            "condition": None,
            "urgency": "same_day",
            "matched": [
                {"finding": "f", "level": "present", "side": "left"},
                {"finding": "g", "level": "present", "side": None},
            ],
        }
    ]


def test_own_control_does_not_hush_a_rule():
    both = [("f", "present", "left"), ("f", "present", "right"), ("other_side_painful", "absent")]
    assert flags(YES, *both)


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"finding": "h", "level": "present"},
        {"finding": "f", "level": "maybe"},
        {"all": []},
        {"of": [YES]},
        {"not": {"risk_factor": "nothing"}},
        {"weather": "rain"},
    ],
)
def test_an_expression_that_cannot_be_read_is_refused(when):
    with pytest.raises(InvalidRelease, match=r"rules\[stop\]"):
        flags(when)


@pytest.mark.parametrize(
    ("when", "codes"),
    [
        (YES, {"f"}),
        ({"all": [YES, {"not": {"any": [NO, {"risk_factor": "load"}]}}]}, {"f", "g", "load"}),
        ({"at_least": 1, "of": [YES, NO]}, {"f", "g"}),
        ({"all": [YES, {"age_at_least": 50}]}, set()),
        ({"not": {"sex": "male"}}, set()),
    ],
)
def test_what_a_rule_reads(when, codes):
    """A rule is passed over when nothing it reads is on record; one that reads the person never is."""
    assert codes_read(when) == codes


def test_a_rule_may_fire_on_the_person_alone():
    assert flags({"any": [YES, {"age_at_least": 50}]}, age_years=60)
    assert not flags({"any": [YES, {"age_at_least": 50}]}, age_years=40)
