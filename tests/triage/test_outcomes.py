"""Outcome scores entered at the clinic: pages, corrections, curves, and alarming answers on the worklist."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import AuditEvent, Membership
from tests.triage.factories import make_encounter, make_episode
from triage import services
from triage.errors import AlreadyCorrected, SubmissionReused, WrongClinic
from triage.models import AlarmSeen, Episode, OutcomeScore
from triage.outcomes import MEASURES, TooFewAnswers, WrongAnswer, score

ClientFor = Callable[[Membership], Client]
ACTIVITIES = ["Run 10 km", "Stairs", "Stand at work"]
PAGE_QUERIES = 11


def rate(episode: Episode, member: Membership, pain: int = 7, **values: Any) -> OutcomeScore:
    given = {"measure_code": "nprs", "answers": {"pain": pain}}
    return services.record_outcome(episode=episode, member=member, **(given | values))


def form(**values: str) -> dict[str, str]:
    return {"pain": "7", "answered_on": str(timezone.localdate()), "visit": ""} | values


def new(episode: Episode, measure: str = "nprs") -> str:
    return reverse("triage:outcome-new", args=[episode.pk, measure])


def outcomes(client: Client, episode: Episode) -> str:
    return client.get(reverse("triage:episode-outcomes", args=[episode.pk])).content.decode()


def test_entered_scored_shown_and_on_record(owner: Membership, client_for: ClientFor) -> None:
    episode, client = make_episode(owner), client_for(owner)
    assert client.get(new(episode)).status_code == 200
    assert client.post(new(episode), form()).status_code == 302
    client.post(new(episode), form(pain="4"))
    row = OutcomeScore.objects.oldest_first().first()
    assert (row.score, row.source, row.measure_version) == (Decimal(7), "visit", "1")
    page = outcomes(client, episode)
    assert "better by 3 – more than the smallest important change" in page
    assert 'class="curve-band"' in page
    assert "Lower is better" in page
    shown = client.get(reverse("triage:episode-detail", args=[episode.pk])).content.decode()
    assert "4 of 10, from 7 at first: better by 3" in shown
    events = AuditEvent.objects.filter(action="outcome.recorded", patient_id=episode.patient_id)
    assert {event.user for event in events} == {owner.user}


def test_at_a_visit_its_date_counts(owner: Membership, client_for: ClientFor) -> None:
    visit = make_encounter(owner)
    client_for(owner).post(new(visit.episode), form(visit=str(visit.pk)))
    row = OutcomeScore.objects.get()
    assert (row.encounter, row.answered_at) == (visit, visit.held_at)
    other = make_encounter(owner)
    with pytest.raises(ValidationError, match="another complaint"):
        rate(visit.episode, owner, encounter=other)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_a_page_that_takes_answers(
    owner: Membership, client_for: ClientFor, measure: str
) -> None:
    episode, client, asked = make_episode(owner), client_for(owner), MEASURES[measure]
    page = client.get(new(episode, measure)).content.decode()
    assert all(item.label.split()[-1].lower() in page.lower() for item in asked.items)
    sent = {item.code: "2" for item in asked.items}
    names = {f"name_{n}": f"Activity of mine {n}" for n in range(1, 6)} if asked.names_activities else {}
    assert client.post(new(episode, measure), form(**sent, **names)).status_code == 302
    row = OutcomeScore.objects.get()
    codes = {item.code for item in asked.items}
    again = score(asked, {code: one for code, one in row.answers.items() if code in codes})
    assert row.score == again.value


@pytest.mark.parametrize(
    "wrong",
    [
        {"pain": "11"},
        {"pain": "-1"},
        {"pain": ""},
        {"pain": "much"},
        {"answered_on": "2999-01-01"},
        {"answered_on": "0026-01-01"},
        {"visit": str(uuid.uuid4())},
        {"saddle": "7"},
    ],
)
def test_wrong_input_is_refused_and_nothing_recorded(
    owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    answer = client_for(owner).post(new(make_episode(owner)), form(**wrong))
    assert answer.status_code == 422
    assert "Please check" in answer.content.decode()
    assert not OutcomeScore.objects.exists()


def test_too_many_missing_says_which(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner)
    sent = {item.code: "3" for item in MEASURES["faam-sport"].items[2:]}
    answer = client_for(owner).post(new(episode, "faam-sport"), form(**sent))
    assert answer.status_code == 422
    assert "Missing: Running; Jumping." in answer.content.decode()
    assert (
        client_for(owner).post(new(episode, "faam-sport"), form(**sent, run="na", jump="4")).status_code
        == 302
    )
    assert OutcomeScore.objects.get().answers["run"] == "na"


def test_own_activities_are_kept_and_offered_again(owner: Membership, client_for: ClientFor) -> None:
    episode, client = make_episode(owner), client_for(owner)
    sent = {"name_1": "Run 10 km", "activity_1": "2", "name_3": "Stairs", "activity_3": "5"}
    assert client.post(new(episode, "psfs"), form(**sent)).status_code == 422
    sent |= {"name_4": "Stand at work", "activity_4": "8"}
    assert client.post(new(episode, "psfs"), form(**sent)).status_code == 302
    row = OutcomeScore.objects.get()
    assert (row.activities, row.score) == (ACTIVITIES, Decimal(5))
    assert 'value="Stand at work"' in client.get(new(episode, "psfs")).content.decode()
    for wrong in ({"name_5": "stairs", "activity_5": "1"}, {"activity_5": "1"}):
        assert client.post(new(episode, "psfs"), form(**sent, **wrong)).status_code == 422


def test_other_activities_begin_another_curve(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner)
    answers = {"activity_1": 1, "activity_2": 2, "activity_3": 3}
    for names in (ACTIVITIES, [*ACTIVITIES[:2], "Hop"]):
        rate(episode, owner, measure_code="psfs", activities=names, answers=answers)
    page = outcomes(client_for(owner), episode)
    assert page.count('<svg class="curve"') == 2
    assert "better by" not in page


def test_a_correction_with_other_activities_replaces_the_row_in_its_old_curve(
    owner: Membership, client_for: ClientFor
) -> None:
    episode = make_episode(owner)
    answers = {"activity_1": 1, "activity_2": 2, "activity_3": 3}
    first = rate(episode, owner, measure_code="psfs", activities=ACTIVITIES, answers=answers)
    names = [*ACTIVITIES[:2], "Hop"]
    rate(episode, owner, measure_code="psfs", activities=names, answers=answers, corrects=first)
    page = outcomes(client_for(owner), episode)
    assert page.count('<svg class="curve"') == 1
    assert "corrected below" in page


def test_a_correction_is_another_row(owner: Membership, client_for: ClientFor) -> None:
    episode, client = make_episode(owner), client_for(owner)
    first = rate(episode, owner)
    address = reverse("triage:outcome-correct", args=[first.pk])
    assert 'value="7"' in client.get(address).content.decode()
    assert client.post(address, form(pain="5")).status_code == 302
    assert OutcomeScore.objects.count() == 2
    page = outcomes(client, episode)
    assert "corrected below" in page
    assert "Now 5 of 10." in page
    assert client.post(address, form(pain="3")).status_code == 422
    with pytest.raises(AlreadyCorrected):
        rate(episode, owner, corrects=first)
    assert AuditEvent.objects.filter(action="outcome.corrected").count() == 1


def test_never_changed(owner: Membership) -> None:
    services.mark_alarm_seen(score=rate(make_episode(owner), owner), member=owner)
    for table, column in (("outcomescore", "score = 1"), ("alarmseen", "at = now()")):
        for statement in (f"UPDATE triage_{table} SET {column}", f"DELETE FROM triage_{table}"):
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_sent_twice_it_is_recorded_once(owner: Membership, client_for: ClientFor) -> None:
    episode, submission = make_episode(owner), uuid.uuid4()
    client = client_for(owner)
    for pain in ("7", "2"):
        client.post(new(episode), form(pain=pain, submission_id=str(submission)))
    assert OutcomeScore.objects.get().score == 7
    with pytest.raises(SubmissionReused):
        rate(make_episode(owner), owner, submission_id=submission)


@pytest.mark.django_db(transaction=True)
def test_corrected_twice_at_once_one_is_told(owner: Membership) -> None:
    episode = make_episode(owner)
    with acting_in(owner.clinic_id):
        first = rate(episode, owner)
    start, outcome = threading.Barrier(2), []

    def correct(pain: int) -> None:
        start.wait()
        try:
            with acting_in(owner.clinic_id):
                rate(episode, owner, pain, corrects=first)
            outcome.append("kept")
        except AlreadyCorrected:
            outcome.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=correct, args=[pain]) for pain in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["kept", "told"]


def test_the_service_refuses_what_no_form_sends(owner: Membership, stranger: Membership) -> None:
    episode = make_episode(owner)
    with pytest.raises(TooFewAnswers):
        rate(episode, owner, answers={})
    with pytest.raises(WrongAnswer):
        rate(episode, owner, answers={"pain": 1, "saddle": 2})
    with pytest.raises(ValidationError, match="names no activities"):
        rate(episode, owner, activities=ACTIVITIES)
    with pytest.raises(ValidationError, match="without a name"):
        rate(episode, owner, measure_code="psfs", activities=ACTIVITIES, answers={"activity_5": 1})
    with pytest.raises(ValidationError, match="another complaint"):
        rate(episode, owner, corrects=rate(make_episode(owner), owner))
    with pytest.raises(WrongClinic):
        rate(episode, stranger)


def test_an_alarming_answer_tops_the_worklist_until_somebody_saw_it(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    episode, client = make_encounter(owner).episode, client_for(owner)
    answer = client.post(new(episode), form(pain="10", rest_pain="1", new_deficit="1"), follow=True)
    assert "Go to an emergency department now" in answer.content.decode()
    page = client.get("/").content.decode()
    assert page.index("Alarming answers") < page.index('id="today"')
    assert "! Emergency:" in page
    row = OutcomeScore.objects.get()
    for member in (teammate, owner):
        client_for(member).post(reverse("triage:alarm-seen", args=[row.pk]), {"from": "worklist"})
    assert AlarmSeen.objects.get().user == teammate.user
    client.get("/")  # says that it was seen
    assert "Alarming answers" not in client.get("/").content.decode()
    assert "seen by Tess Teammate" in outcomes(client, episode)
    assert AuditEvent.objects.filter(action="outcome.alarm_seen").count() == 1


def test_emergencies_stand_first(owner: Membership, client_for: ClientFor) -> None:
    rate(make_episode(owner, title="Numb leg"), owner, answers={"pain": 1, "saddle": 1})
    rate(make_episode(owner, title="Hot wound"), owner, answers={"pain": 1, "infection": 1})
    page = client_for(owner).get("/").content.decode()
    assert page.index("Numb leg") < page.index("Hot wound")


def test_a_restricted_record_shows_neither_score_nor_alarm(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    episode = make_episode(owner)
    row = rate(episode, owner, answers={"pain": 1, "saddle": 1})
    services.set_restriction(patient=episode.patient, member=owner, version=1, restricted=True, team=[])
    client = client_for(teammate)
    assert "Alarming" not in client.get("/").content.decode()
    for name, key in (
        ("episode-outcomes", [episode.pk]),
        ("outcome-new", [episode.pk, "nprs"]),
        ("outcome-correct", [row.pk]),
    ):
        assert client.get(reverse(f"triage:{name}", args=key)).status_code == 403, name
    for name, key in (("alarm-seen", [row.pk]), ("outcome-link-new", [episode.pk])):
        assert client.post(reverse(f"triage:{name}", args=key)).status_code == 403, name
    assert not AlarmSeen.objects.exists()


def test_an_unknown_measure_is_not_found(owner: Membership, client_for: ClientFor) -> None:
    episode, client = make_episode(owner), client_for(owner)
    assert client.get(new(episode, "sf-36")).status_code == 404


def test_what_is_typed_is_kept(owner: Membership, client_for: ClientFor) -> None:
    episode, client = make_episode(owner), client_for(owner)
    kept = client.post(new(episode), form(pain="6", unsent="keep"))
    assert re.fullmatch(r"\d\d:\d\d", kept.json()["kept"])
    assert 'value="6"' in client.get(new(episode)).content.decode()


@pytest.mark.parametrize("scores", [2, 9])
def test_queries_do_not_grow_with_scores(
    owner: Membership, client_for: ClientFor, scores: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    episode = make_episode(owner)
    for pain in range(scores):
        rate(episode, owner, pain)
    client = client_for(owner)
    outcomes(client, episode)
    with django_assert_num_queries(PAGE_QUERIES):
        outcomes(client, episode)
