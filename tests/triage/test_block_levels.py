"""Readings -> level: the laws, the edges, and what is said in words instead of a level."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.blocks import AGENTS, LEVELS, Agent, Caution, Reading, agent, allergen_in, judge, next_due_minute
from triage.presentation.block_curves import block_curve

LIDOCAINE = agent("lidocaine")  # works by 5, wears off between 30 and 60 minutes
PAIN = st.integers(0, 10)
BEFORE = st.integers(1, 10)
ANY_AGENT = st.sampled_from(list(AGENTS.values()))
READING = st.builds(Reading, st.integers(0, 800), PAIN, st.booleans())
READINGS = st.lists(READING, max_size=8)
LAW = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


def place(level: str | None) -> int:
    """None lies below everything: no reading tells less than the worst."""
    return -1 if level is None else LEVELS.index(level)


@LAW
@given(BEFORE, st.lists(st.tuples(READING, PAIN), max_size=8), ANY_AGENT)
def test_more_relief_never_gives_a_lower_level(before, pairs, given_agent) -> None:
    readings = [row for row, _ in pairs]
    eased = [Reading(row.minutes_after, min(row.pain, pain), row.of_task) for row, pain in pairs]
    assert place(judge(before, eased, given_agent).level) >= place(judge(before, readings, given_agent).level)


@LAW
@given(BEFORE, READINGS, ANY_AGENT, st.randoms())
def test_the_order_of_readings_does_not_matter(before, readings, given_agent, random) -> None:
    shuffled = list(readings)
    random.shuffle(shuffled)
    assert judge(before, shuffled, given_agent) == judge(before, readings, given_agent)


@LAW
@given(BEFORE, READINGS, ANY_AGENT)
def test_a_level_rests_on_a_reading_of_the_task_in_the_window(before, readings, given_agent) -> None:
    verdict = judge(before, readings, given_agent)
    counted = [
        row
        for row in readings
        if row.of_task and given_agent.works_by <= row.minutes_after <= given_agent.lasts_to
    ]
    assert (verdict.level is None) == (counted == [])
    assert verdict.counted == len(counted)
    assert verdict.decided_by is None or verdict.decided_by in counted


@LAW
@given(BEFORE, READINGS, ANY_AGENT, st.integers(0, 800), PAIN)
def test_what_was_not_the_task_changes_nothing(before, readings, given_agent, minutes, pain) -> None:
    other = [*readings, Reading(minutes, pain, of_task=False)]
    assert judge(before, other, given_agent) == judge(before, readings, given_agent)


@pytest.mark.parametrize(
    ("before", "pain", "level"),
    [
        (10, 8, "none"),
        (10, 7, "some"),
        (10, 6, "some"),
        (10, 5, "most"),
        (10, 3, "most"),
        (10, 2, "complete"),
        (10, 0, "complete"),
        (6, 7, "none"),
        (6, 8, "worse"),
        (3, 2, "some"),
        (10, 10, "none"),
    ],
)
def test_the_steps_are_those_of_the_release(before: int, pain: int, level: str) -> None:
    assert judge(before, [Reading(20, pain)], LIDOCAINE).level == level


@pytest.mark.parametrize(("minutes", "counts"), [(4, False), (5, True), (60, True), (61, False)])
def test_the_window_includes_its_edges(minutes: int, counts: bool) -> None:
    assert (judge(8, [Reading(minutes, 0)], LIDOCAINE).level == "complete") is counts


def test_without_a_reading_in_the_window_there_is_no_level() -> None:
    verdict = judge(8, [Reading(2, 0), Reading(90, 1)], LIDOCAINE)
    assert (verdict.level, verdict.relief_percent, verdict.decided_by) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "readings", "caution"),
    [
        (8, [Reading(0, 1), Reading(20, 1), Reading(25, 1)], Caution.EARLY_RELIEF),
        (8, [Reading(20, 1), Reading(25, 1), Reading(121, 2)], Caution.OUTLASTS),
        (8, [Reading(10, 0), Reading(20, 8)], Caution.READINGS_DISAGREE),
        (8, [Reading(20, 1)], Caution.ONE_READING),
        (8, [Reading(45, 8), Reading(55, 7)], Caution.MAY_HAVE_WORN_OFF),
        (2, [Reading(10, 1), Reading(20, 1)], Caution.WEAK_START),
    ],
)
def test_what_weakens_the_relief_is_said(before: int, readings: list[Reading], caution: Caution) -> None:
    assert judge(before, readings, LIDOCAINE).cautions == (caution,)


def test_plain_relief_carries_no_caution() -> None:
    readings = [Reading(8, 2), Reading(20, 1), Reading(70, 7)]
    assert judge(8, readings, LIDOCAINE).cautions == ()


@LAW
@given(ANY_AGENT, st.lists(st.integers(0, 800), max_size=6))
def test_the_next_reading_lies_ahead_and_the_plan_ends(given_agent: Agent, minutes: list[int]) -> None:
    due = next_due_minute(minutes, given_agent)
    if due is None:
        assert max(minutes) >= given_agent.lasts_to
    else:
        assert due > max(minutes, default=-1)
        assert given_agent.works_by <= due <= given_agent.lasts_to


@pytest.mark.parametrize("given_agent", AGENTS.values(), ids=AGENTS)
def test_times_of_every_agent_follow_each_other_and_name_their_source(given_agent: Agent) -> None:
    times = (
        given_agent.onset_from,
        given_agent.works_by,
        given_agent.lasts_from,
        given_agent.lasts_to,
        given_agent.far_beyond,
    )
    assert list(times) == sorted(set(times))
    assert given_agent.onset_source
    assert given_agent.duration_source
    assert all(Decimal(0) < strength < 5 for strength in given_agent.concentrations_percent)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Lidocaine", "same_family"),
        ("lignocaine (rash)", "same_family"),
        ("Xylocain", "same_family"),
        ("bupivacaine", "same_family"),
        ("amide local anaesthetics", "same_family"),
        ("Novocain at the dentist", "other_family"),
        ("benzocaine", "other_family"),
        ("local anesthetics", "any_anaesthetic"),
        ("Lokalanästhetika", "any_anaesthetic"),
        ("Parabens", "preservative"),
        ("sodium metabisulfite", "preservative"),
        ("sulphites", "preservative"),
        ("Latex", "latex"),
        ("Penicillin", ""),
        ("peanuts", ""),
        ("caffeine", ""),
        ("sulfonamides", ""),
        ("wool alcohols", ""),
    ],
)
def test_words_of_an_allergy_that_concern_an_injection(words: str, reason: str) -> None:
    found = allergen_in(words, LIDOCAINE)
    assert (found.reason if found else "") == reason


def test_an_ester_is_the_same_family_for_an_ester() -> None:
    found = allergen_in("procaine", agent("chloroprocaine"))
    assert found is not None
    assert found.reason == "same_family"


@LAW
@given(BEFORE, READINGS, ANY_AGENT)
def test_a_curve_stays_inside_its_frame(before, readings, given_agent) -> None:
    values = sorted((row.minutes_after, row.pain, row.of_task) for row in readings)
    drawn = block_curve(before, values, given_agent)
    assert len(drawn.dots) == len(readings) + 1
    assert all(drawn.left <= dot.x <= drawn.right for dot in drawn.dots)
    assert all(drawn.top <= dot.y <= drawn.bottom for dot in drawn.dots)
    assert drawn.left <= drawn.band_x <= drawn.band_x + drawn.band_width <= drawn.right
    assert len(drawn.minutes) <= 8
