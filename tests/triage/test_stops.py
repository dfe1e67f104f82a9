"""Stop rules against what a run felt like, and weeks of running."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from triage.programmes import Checked, Felt, Ran, StopMet, check_stops, weeks_of

LIMITS = {"pain_during_above": 3, "pain_after_above": 0, "pain_next_morning_above": 2}
SIGNS = {"signs": ["next_morning_worse", "start_up_longer", "nerve_symptoms"]}
QUIET = Felt(1, 1, 0, 1, start_up_longer=False, nerve_symptoms=False)


def codes(checked: Checked) -> list[str]:
    return [stop.code for stop in checked.met]


def test_a_quiet_run_meets_nothing() -> None:
    assert check_stops(LIMITS | SIGNS, QUIET) == Checked((), ())


def test_a_step_without_stops_checks_nothing() -> None:
    assert check_stops({}, Felt(10, 10, 10, 10, True, True)) == Checked((), ())


@pytest.mark.parametrize(("pain", "met"), [(3, False), (4, True), (10, True)])
def test_above_means_above(pain: int, met: bool) -> None:
    found = check_stops({"pain_during_above": 3}, Felt(pain_during=pain))
    assert found.met == ((StopMet("pain_during_above", pain, 3),) if met else ())


def test_above_nought_is_any_pain() -> None:
    assert codes(check_stops({"pain_after_above": 0}, Felt(pain_after=1))) == ["pain_after_above"]


def test_what_nobody_said_is_not_known_and_never_not_met() -> None:
    found = check_stops(LIMITS | SIGNS, Felt())
    assert found.met == ()
    assert set(found.unknown) == {*LIMITS, *SIGNS["signs"]}


@pytest.mark.parametrize(
    ("before", "morning", "morning_before", "met", "known"),
    [
        (1, 2, None, True, True),
        (2, 2, 0, False, True),  # the run's own start counts before the run before
        (None, 2, 1, True, True),
        (None, 1, 1, False, True),
        (None, 2, None, False, False),
        (1, None, 1, False, False),
    ],
)
def test_the_next_morning_is_held_against_the_start(
    before: Any, morning: Any, morning_before: Any, met: bool, known: bool
) -> None:
    felt = Felt(pain_before=before, pain_next_morning=morning)
    found = check_stops({"signs": ["next_morning_worse"]}, felt, morning_before=morning_before)
    assert (bool(found.met), not found.unknown) == (met, known)


@pytest.mark.parametrize("sign", ["start_up_longer", "nerve_symptoms"])
def test_a_sign_is_met_when_it_is_said(sign: str) -> None:
    assert codes(check_stops({"signs": [sign]}, Felt(**{sign: True}))) == [sign]
    assert codes(check_stops({"signs": [sign]}, Felt(**{sign: False}))) == []


def ran(day: int, km: str | None, minutes: int | None = None) -> Ran:
    return Ran(dt.date(2026, 6, day), None if km is None else Decimal(km), minutes)


def test_weeks_begin_on_monday_and_change_in_per_cent() -> None:
    weeks = weeks_of([ran(1, "4"), ran(7, "4", 30), ran(8, "9"), ran(22, "6"), ran(29, "3")])
    assert [week.begins_on.day for week in weeks] == [1, 8, 15, 22, 29]
    assert [week.distance_km for week in weeks] == [8, 9, 0, 6, 3]
    assert [week.change_percent for week in weeks] == [None, 12, -100, None, -50]
    assert [week.minutes for week in weeks] == [30, 0, 0, 0, 0]


def test_no_change_is_told_where_a_distance_is_missing() -> None:
    weeks = weeks_of([ran(1, "4"), ran(8, None, 40), ran(9, "5"), ran(15, "5")])
    assert [week.change_percent for week in weeks] == [None, None, None]
    assert weeks[1].without_distance == 1
    assert weeks_of([]) == ()
