"""What the clinic's figures count: courses of scores, waits, results awaited, base rates; small cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import Membership
from knowledge.compiled import compiled_model
from tests.triage.factories import HELD_AT, make_episode, make_patient, make_release, make_signed
from tests.triage.test_agreement import prove, write
from triage import services
from triage.agreement import agreement_in
from triage.figures.awaited import asked_in
from triage.figures.base_rates import base_rates_of, expected_shares
from triage.figures.complaints import complaints_in
from triage.figures.improvement import Course, courses_in
from triage.figures.own_lists import own_lists_in
from triage.figures.waiting import half_proven, waits_of
from triage.models import Episode, OutcomeScore
from triage.outcomes import change_since, measure
from triage.presentation.results import SHEETS, results_page
from triage.proof import proof_in

ClientFor = Callable[[Membership], Client]
DAY = dt.date(2026, 6, 1)


def diagnose(member: Membership, episode: Episode, **values: Any) -> Episode:
    given = {"condition_code": "b", "grade": "imaging", "proven_on": DAY}
    services.record_diagnosis(episode=episode, member=member, **(given | values))
    return episode


def score(
    member: Membership, episode: Episode, pains: Sequence[int], *, corrects: Any = None
) -> list[OutcomeScore]:
    return [
        services.record_outcome(
            episode=episode,
            member=member,
            measure_code="nprs",
            answers={"pain": pain, "rest_pain": 0},
            answered_at=HELD_AT + dt.timedelta(weeks=number),
            corrects=corrects,
        )
        for number, pain in enumerate(pains)
    ]


def course(member: Membership, condition: str | None) -> Course:
    return next(row for row in courses_in(member.clinic_id) if row.condition == condition)


def test_first_and_last_by_condition_and_what_matters(owner: Membership) -> None:
    courses = [(8, 3), (7, 5, 5), (6, 5), (4, 9), (6,)]
    for pains in courses:
        score(owner, diagnose(owner, make_episode(owner)), pains)
    score(owner, make_episode(owner), (9, 1))  # no diagnosis
    row = course(owner, "b")
    assert (row.cases, row.once, row.judged) == (4, 1, 0)
    assert (row.first, row.last, row.change) == (6.5, 5.0, -1.5)
    changes = [
        change_since(measure("nprs"), Decimal(pains[0]), Decimal(pains[-1]))
        for pains in courses
        if len(pains) > 1
    ]
    for way, part in (("better", row.better), ("worse", row.worse)):
        assert part is not None
        assert part.count == sum(one.direction == way and one.reach in ("more", "exactly") for one in changes)
        assert part.total == 4
    assert course(owner, None).cases == 4


def test_a_corrected_score_counts_as_corrected(owner: Membership) -> None:
    episode = diagnose(owner, make_episode(owner), grade="judgement")
    first, _ = score(owner, episode, (8, 7))
    score(owner, episode, (3,), corrects=first)
    row = course(owner, "b")
    assert (row.cases, row.change, row.judged) == (1, 4.0, 1)


def test_other_activities_are_another_course(owner: Membership) -> None:
    episode = diagnose(owner, make_episode(owner))
    for week, (names, rating) in enumerate([("abc", 1), ("xyz", 2), ("xyz", 6), ("abc", 9), ("xyz", 5)]):
        services.record_outcome(
            episode=episode,
            member=owner,
            measure_code="psfs",
            answers={f"activity_{number}": rating for number in (1, 2, 3)},
            activities=list(names),
            answered_at=HELD_AT + dt.timedelta(weeks=week),
        )
    row = course(owner, "b")
    assert (row.cases, row.first, row.last) == (1, 2.0, 5.0)


def test_days_from_first_visit_and_onset_by_condition_and_grade(owner: Membership) -> None:
    onset = HELD_AT.date() - dt.timedelta(days=30)
    for days, grade in (
        (10, "imaging"),
        (20, "surgery"),
        (30, "surgery"),
        (40, "judgement"),
        (-3, "imaging"),
    ):
        episode = make_episode(owner, onset_on=onset)
        make_signed(owner, episode=episode)
        make_signed(owner, episode=episode, held_at=HELD_AT + dt.timedelta(days=2))
        diagnose(owner, episode, grade=grade, proven_on=HELD_AT.date() + dt.timedelta(days=days))
    waits = waits_of(complaints_in(owner.clinic_id))
    assert waits.total is not None
    assert (waits.total.cases, waits.total.brought) == (3, 1)
    assert waits.total.days is not None
    assert (waits.total.days.low, waits.total.days.middle, waits.total.days.high) == (15, 20, 25)
    assert waits.total.onset_days is not None
    assert waits.total.onset_days.middle == 50
    assert {row.code: row.cases for row in waits.grades} == {"imaging": 1, "surgery": 2, "judgement": 1}
    assert [row.code for row in waits.conditions] == ["b"]


def test_those_that_wait_are_counted(owner: Membership) -> None:
    """One proven after 16 days, one open, one closed: fewer than half are proven, and it is said."""
    diagnose(owner, make_signed(owner).episode)
    make_signed(owner)
    closed = make_signed(owner).episode
    services.update_episode(episode=closed, member=owner, version=closed.version, status="closed")
    waits = waits_of(complaints_in(owner.clinic_id))
    assert (waits.open, waits.closed) == (1, 1)
    assert waits.open_days == (timezone.localdate() - HELD_AT.date()).days
    assert waits.half_proven_days is None


def test_the_day_by_which_half_are_proven() -> None:
    """Four complaints: proven on days 5 and 9, one left on day 7, one waits until 20: 3/4, then 3/8."""
    rows = [(5, 1, 0, 0), (7, 0, 0, 1), (9, 1, 0, 0), (20, 0, 1, 0)]
    course = [dict(zip(("days", "proven", "open", "closed"), row, strict=True)) for row in rows]
    assert half_proven(course) == 9
    assert half_proven(course[1:2]) is None
    assert half_proven([]) is None


def test_results_awaited(owner: Membership) -> None:
    today = timezone.localdate()
    for text, days in (("MRI", -1), ("Blood", 3), ("X-ray", 3)):
        row = services.plan_follow_up(
            episode=make_episode(owner),
            member=owner,
            kind="result",
            text=text,
            due_on=today + dt.timedelta(days=days),
        )
    services.settle_follow_up(follow_up=row, member=owner, version=1, done=True)
    services.plan_follow_up(
        episode=make_episode(owner), member=owner, kind="review", text="Look", due_on=today
    )
    (asked,) = asked_in(owner.clinic_id)
    assert (asked.asked, asked.answered.count, asked.overdue) == (3, 1, 1)
    assert asked.days is not None
    assert asked.days.middle == 0


def test_referrals_by_urgency_and_their_follow_up_only_once(owner: Membership) -> None:
    plan = services.start_plan(episode=make_signed(owner).episode, member=owner, condition_code="a")
    today = timezone.localdate()
    for urgency, days, answered in (
        ("days", 9, 4), ("same_day", 3, None), ("same_day", 5, 2), ("days", 1, None),
    ):  # fmt: skip
        asked_on = today - dt.timedelta(days=days)
        referral = services.add_referral(
            plan=plan,
            member=owner,
            due_on=asked_on + dt.timedelta(days=2),
            to_whom="Dr Vein",
            reason="Swollen calf",
            urgency=urgency,
            referred_on=asked_on,
        )
        if answered is not None:
            services.update_part(
                part=referral,
                member=owner,
                version=1,
                answered_on=asked_on + dt.timedelta(days=answered),
                answer="Seen",
            )
    services.update_part(part=referral, member=owner, version=1, dropped=True)
    rows = {
        (row.kind, row.urgency): (row.asked, row.answered.count, row.overdue)
        for row in asked_in(owner.clinic_id)
    }
    assert rows == {("Referral", "Today"): (2, 1, 1), ("Referral", "Within days"): (1, 1, 0)}
    took = {row.urgency: row.days.middle for row in asked_in(owner.clinic_id) if row.days}
    assert took == {"Today": 2, "Within days": 4}


def test_own_lists_are_counted_as_one_by_one(owner: Membership, client_for: ClientFor) -> None:
    write(owner)
    for _ in range(2):
        prove(write(owner, "a", "b"), owner)
        prove(write(owner, "b"), owner)
        prove(write(owner, "a"), owner, condition_code="a")
    prove(write(owner, ""), owner, condition_code="", text="Gout")
    prove(write(owner, "b"), owner, grade="judgement")
    prove(write(owner, "b"), owner, proven_on=dt.date(2020, 1, 1))
    found, expected = own_lists_in(owner.clinic_id), agreement_in(owner.clinic_id)
    assert asdict(found) == pytest.approx(asdict(expected))
    owner.own_list_first = False  # as `write` set it
    make_signed(owner)
    text = client_for(owner).get(reverse("triage:clinic-results")).content.decode()
    assert "9 lists written before the differential was shown; 1 times" in text
    rows = {row[0]: row for row in SHEETS["own-lists"](owner).file_rows()}
    assert rows["Proven: first in the own list"][1:3] == ["under five", "6"]


def test_base_rates_beside_the_release(owner: Membership) -> None:
    model = compiled_model(make_release().sha256)
    for code, grade in (("b", "surgery"), ("b", "imaging"), ("a", "block"), ("gone", "imaging")):
        diagnose(owner, make_signed(owner).episode, condition_code=code, grade=grade)
    diagnose(owner, make_signed(owner).episode, condition_code="a", grade="judgement")
    diagnose(owner, make_episode(owner))  # no signed visit
    found = base_rates_of(complaints_in(owner.clinic_id), model, {"a": 0.3})
    counts = {row.condition: (row.proven.count, row.proven.total, row.used) for row in found.rates}
    assert counts == {"b": (2, 4, None), "a": (1, 4, 0.3), "": (1, 4, None)}
    assert found.settings == {"sports_clinic": 5}
    assert complaints_in(owner.clinic_id).proof == proof_in(owner.clinic_id)
    assert sum(row.expected for row in found.rates) == pytest.approx(1)
    prior = model.priors.by_setting["sports_clinic"]
    assert {row.condition: row.expected for row in found.rates}["b"] == pytest.approx(
        prior[model.condition_at["b"]]
    )


def test_settings_mix_the_priors_by_how_many_came(owner: Membership) -> None:
    model = compiled_model(make_release().sha256)
    mixed = expected_shares(model, {"runners": 3, "primary_care": 1, "elsewhere": 9})
    expected = (3 * model.priors.by_setting["runners"] + model.priors.by_setting["primary_care"]) / 4
    assert mixed["a"] == pytest.approx(expected[model.condition_at["a"]])
    assert expected_shares(model, {})["a"] == pytest.approx(model.priors.reference[model.condition_at["a"]])


def test_one_to_four_are_never_told(owner: Membership) -> None:
    for pains in [(8, 3)] * 4 + [(8, 8)] * 2:
        episode = diagnose(owner, make_signed(owner).episode)
        score(owner, episode, pains)
    for _ in range(3):
        score(owner, diagnose(owner, make_signed(owner).episode, condition_code="a"), (8, 7))
    rows = {row[1]: row for row in SHEETS["outcomes"](owner).file_rows()}
    assert rows["b"][3:5] == ["6", "8"]
    assert rows["b"][7:9] == ["under five", "6"]
    assert rows["b"][9] == ""
    assert rows["a"][3:] == ["under five", *[""] * 13]
    page = results_page(owner)
    assert [cell.shown for cell in page.measures[0].sheet.rows[1]][:2] == ["b", "6"]
    assert page.measures[0].few == 1
    rates = {row[1]: row for row in SHEETS["base-rates"](owner).file_rows()}
    assert rates["a"][2:5] == ["under five", "9", ""]


def test_the_page_tells_all_of_it(owner: Membership, client_for: ClientFor) -> None:
    patient = make_patient(owner)
    for _ in range(5):
        episode = make_episode(owner, patient=patient)
        make_signed(owner, episode=episode)
        score(owner, diagnose(owner, episode), (8, 3))
    text = client_for(owner).get(reverse("triage:clinic-results")).content.decode()
    assert "5 of 5 · 100 % (57–100 %)" in text
    assert "Half of all complaints are proven within 16 days" in text
    assert "They may be used:" in text
    assert "Nothing was asked for yet" in text
    assert "15 more proven cases until anything can be said" in text


def test_figures_stay_inside_the_clinic(owner: Membership, stranger: Membership) -> None:
    episode = diagnose(owner, make_signed(owner).episode)
    score(owner, episode, (8, 3))
    model = compiled_model(make_release().sha256)
    with acting_in(stranger.clinic_id):
        for clinic_id in (owner.clinic_id, stranger.clinic_id):
            assert courses_in(clinic_id) == []
            assert waits_of(complaints_in(clinic_id)).total is None
            assert asked_in(clinic_id) == []
            assert {row.proven.total for row in base_rates_of(complaints_in(clinic_id), model, {}).rates} == {
                0
            }
