"""Scores equal the published rules, missing answers included; and what is true of every measure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.outcomes import (
    ALARMS,
    MEASURES,
    NOT_APPLICABLE,
    SAFETY,
    Measure,
    TooFewAnswers,
    UnknownItem,
    WrongAnswer,
    alarms_in,
    change_since,
    measure,
    score,
)

EVERY = pytest.mark.parametrize("asked", MEASURES.values(), ids=MEASURES)


def all_with(asked: Measure, value: int | str | None, **other: Any) -> dict[str, Any]:
    return {item.code: value for item in asked.items} | other


def with_missing(asked: Measure, value: int, missing: int) -> dict[str, Any]:
    codes = [item.code for item in asked.items]
    return {code: None if number < missing else value for number, code in enumerate(codes)}


@pytest.mark.parametrize(
    ("code", "items", "change", "least"),
    [
        ("nprs", 1, 2, 1),
        ("psfs", 5, 2, 3),
        ("faam-adl", 21, 8, 19),
        ("faam-sport", 8, 9, 7),
        ("lefs", 20, 9, 20),
    ],
)
def test_figures_are_the_published_ones(code: str, items: int, change: int, least: int) -> None:
    asked = measure(code)
    assert (len(asked.items), asked.important_change, asked.least_answered) == (items, change, least)


def test_faam_is_the_percentage_of_the_most_possible_for_what_was_answered() -> None:
    """Martin 2005: 84 points of 21 items, 32 of 8; an item left out lowers the most possible by four."""
    adl, sport = measure("faam-adl"), measure("faam-sport")
    assert score(adl, all_with(adl, 3)).value == Decimal("75.00")  # 63 of 84
    assert score(adl, with_missing(adl, 3, 1) | {"leisure": 0}).value == Decimal("71.25")  # 57 of 80
    assert score(adl, with_missing(adl, 3, 2)).value == Decimal("75.00")  # 57 of 76
    assert score(sport, all_with(sport, 2) | {"run": 0}).value == Decimal("43.75")  # 14 of 32
    assert score(sport, with_missing(sport, 1, 1)).value == Decimal("25.00")  # 7 of 28


@pytest.mark.parametrize(("code", "missing"), [("faam-adl", 3), ("faam-sport", 2), ("lefs", 1), ("mood", 1)])
def test_with_too_many_missing_there_is_no_score(code: str, missing: int) -> None:
    asked = measure(code)
    with pytest.raises(TooFewAnswers) as refused:
        score(asked, with_missing(asked, 3, missing))
    assert len(refused.value.missing) == missing
    assert score(asked, with_missing(asked, 3, missing - 1)).missing == refused.value.missing[: missing - 1]


def test_not_applicable_counts_as_not_answered_where_the_measure_has_it() -> None:
    sport = measure("faam-sport")
    assert score(sport, all_with(sport, 4, jump=NOT_APPLICABLE)).value == 100
    with pytest.raises(TooFewAnswers):
        score(sport, all_with(sport, 4, jump=NOT_APPLICABLE, land=None))
    with pytest.raises(WrongAnswer):
        score(measure("lefs"), all_with(measure("lefs"), 4, hop=NOT_APPLICABLE))


def test_lefs_is_the_sum_of_twenty() -> None:
    """Binkley 1999: 0 to 80."""
    lefs = measure("lefs")
    assert score(lefs, all_with(lefs, 4)).value == 80
    assert score(lefs, all_with(lefs, 2, hop=0, run_even=1)).value == 37


def test_psfs_is_the_mean_of_the_activities_rated() -> None:
    """Stratford 1995: sum of the scores divided by the number of activities."""
    psfs = measure("psfs")
    assert score(psfs, {"activity_1": 2, "activity_2": 5, "activity_3": 3}).value == Decimal("3.33")
    assert score(psfs, {f"activity_{n}": n for n in range(1, 6)}).value == 3
    with pytest.raises(TooFewAnswers):
        score(psfs, {"activity_1": 2, "activity_2": 5})


@pytest.mark.parametrize("wrong", [-1, 11, 3.5, "3", True, NOT_APPLICABLE])
def test_what_is_not_on_the_scale_is_refused(wrong: Any) -> None:
    with pytest.raises(WrongAnswer):
        score(measure("nprs"), {"pain": wrong})
    with pytest.raises(UnknownItem):
        score(measure("nprs"), {"pain": 3, "mood": 1})


@EVERY
def test_ends_of_the_scale_are_floor_and_ceiling(asked: Measure) -> None:
    assert score(asked, all_with(asked, asked.lowest)).value == asked.floor
    assert score(asked, all_with(asked, asked.highest)).value == asked.ceiling


@EVERY
def test_every_measure_says_where_it_comes_from(asked: Measure) -> None:
    assert all((asked.source, asked.wording, asked.missing_rule, asked.version))
    assert bool(asked.change_source) == (asked.important_change is not None)
    assert len({item.code for item in asked.items}) == len(asked.items)
    assert not {item.code for item in asked.items} & {item.code for item in SAFETY}
    assert bool(asked.levels) != bool(asked.ends[0])


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def answered(draw: st.DrawFn) -> tuple[Measure, dict[str, int | None]]:
    asked = draw(st.sampled_from(list(MEASURES.values())))
    one = st.none() | st.integers(asked.lowest, asked.highest)
    return asked, {item.code: draw(one) for item in asked.items}


@unhurried
@given(answered())
def test_scored_within_bounds_or_refused_for_too_few(case: tuple[Measure, dict[str, int | None]]) -> None:
    asked, answers = case
    given_count = sum(answer is not None for answer in answers.values())
    if given_count < asked.least_answered:
        with pytest.raises(TooFewAnswers):
            score(asked, answers)
    else:
        result = score(asked, answers)
        assert asked.floor <= result.value <= asked.ceiling
        assert result.answered + len(result.missing) == len(asked.items)


@unhurried
@given(answered(), st.data())
def test_a_higher_answer_never_lowers_the_score(case: Any, data: st.DataObject) -> None:
    asked, answers = case
    raised = [code for code, answer in answers.items() if answer is not None and answer < asked.highest]
    if not raised or sum(answer is not None for answer in answers.values()) < asked.least_answered:
        return
    code = data.draw(st.sampled_from(raised))
    assert score(asked, {**answers, code: answers[code] + 1}).value >= score(asked, answers).value


@pytest.mark.parametrize(
    ("code", "first", "now", "direction", "reach"),
    [
        ("nprs", "7", "4", "better", "more"),
        ("nprs", "7", "5", "better", "exactly"),
        ("nprs", "7", "6", "better", "less"),
        ("nprs", "4", "7", "worse", "more"),
        ("faam-adl", "50", "58.01", "better", "more"),
        ("faam-sport", "50", "41", "worse", "exactly"),
        ("lefs", "60", "60", "same", ""),
        ("mood", "9", "2", "better", ""),
    ],
)
def test_change_in_words(code: str, first: str, now: str, direction: str, reach: str) -> None:
    change = change_since(measure(code), Decimal(first), Decimal(now))
    assert (change.direction, change.reach) == (direction, reach)


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({"pain": 10, "rest_pain": 1, "new_deficit": 1}, ["limb"]),
        ({"pain": 9, "rest_pain": 1, "new_deficit": 0}, ["rest_pain"]),
        ({"pain": 10, "rest_pain": 0}, []),
        ({"pain": 7, "rest_pain": 1}, []),
        ({"pain": 3, "new_deficit": 1}, ["deficit"]),
        ({"saddle": 1, "infection": 1}, ["saddle", "infection"]),
        ({"clot": 1}, ["clot"]),
        ({"low": 2, "healing": 2, "movement": 2, "sleep": 0}, []),
        ({"low": 2, "healing": 2, "movement": 2, "sleep": 1}, ["mood"]),
        ({"low": 3, "healing": 0, "movement": 0, "sleep": 0}, ["mood"]),
        ({"low": None, "saddle": None, "pain": NOT_APPLICABLE}, []),
    ],
)
def test_alarming_answers(answers: dict[str, Any], codes: list[str]) -> None:
    assert [alarm.code for alarm in alarms_in(answers)] == codes


def test_every_alarm_has_advice_that_names_a_place_to_go_to() -> None:
    places = ("emergency", "clinic", "doctor", "examined")
    assert all(any(place in alarm.advice for place in places) for alarm in ALARMS)
    order = ["emergency", "today", "soon"]
    assert [order.index(alarm.urgency) for alarm in ALARMS] == sorted(
        order.index(alarm.urgency) for alarm in ALARMS
    )
