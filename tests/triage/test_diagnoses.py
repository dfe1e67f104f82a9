"""What a complaint proved to be, by what, and what must not be forgotten until then."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import AuditEvent, Membership
from tests.triage.factories import make_encounter, make_episode, make_signed
from triage import services
from triage.errors import StaleVersion, SubmissionReused
from triage.models import Diagnosis, Episode, FollowUp
from triage.proof import proof_in

ClientFor = Callable[[Membership], Client]
DAY = dt.date(2026, 6, 1)


def diagnose(episode: Episode, member: Membership, **values: Any) -> Diagnosis:
    given = {"condition_code": "a", "grade": "imaging", "proven_on": DAY}
    return services.record_diagnosis(episode=episode, member=member, **(given | values))


def fields(**values: str) -> dict[str, str]:
    return {
        "condition_code": "a",
        "text": "",
        "grade": "imaging",
        "proven_on": "2026-06-01",
        "note": "",
    } | values


def test_recorded_shown_and_on_record(owner: Membership, client_for: ClientFor) -> None:
    episode = make_signed(owner).episode
    client, address = client_for(owner), reverse("triage:diagnosis-new", args=[episode.pk])
    page = client.get(address).content.decode()
    assert "In the last differential" in page
    assert client.post(address, fields(close="on")).status_code == 302
    shown = client.get(reverse("triage:episode-detail", args=[episode.pk])).content.decode()
    assert "Proved to be" in shown
    assert "imaging" in shown
    episode.refresh_from_db()
    assert episode.status == "closed"
    assert AuditEvent.objects.filter(action="diagnosis.recorded", user=owner.user).count() == 1


def test_not_in_the_knowledge_is_named_in_own_words(owner: Membership, client_for: ClientFor) -> None:
    episode = make_signed(owner).episode
    address = reverse("triage:diagnosis-new", args=[episode.pk])
    client_for(owner).post(address, fields(condition_code="", text="Glomus tumour"))
    shown = client_for(owner).get(reverse("triage:episode-detail", args=[episode.pk])).content.decode()
    assert "Glomus tumour" in shown
    assert "not in the knowledge" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"condition_code": "", "text": ""},
        {"text": "Both at once"},
        {"condition_code": "no_such_condition"},
        {"grade": "hearsay"},
        {"proven_on": "2999-01-01"},
        {"proven_on": "soon"},
    ],
)
def test_wrong_input_is_refused_and_nothing_recorded(
    owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    episode = make_signed(owner).episode
    answer = client_for(owner).post(reverse("triage:diagnosis-new", args=[episode.pk]), fields(**wrong))
    assert answer.status_code == 422
    assert not Diagnosis.objects.exists()


def test_a_correction_is_another_row_and_the_newest_counts(owner: Membership) -> None:
    episode = make_signed(owner).episode
    diagnose(episode, owner)
    assert proof_in(owner.clinic_id).proven == 1
    diagnose(episode, owner, condition_code="b", grade="judgement")
    assert proof_in(owner.clinic_id).proven == 0
    assert Diagnosis.objects.current().get().condition_code == "b"
    assert Diagnosis.objects.count() == 2


def test_proof_counts_episodes_with_a_signed_visit(owner: Membership) -> None:
    diagnose(make_signed(owner).episode, owner)
    diagnose(make_encounter(owner).episode, owner)
    diagnose(make_signed(owner).episode, owner, grade="judgement")
    proof = proof_in(owner.clinic_id)
    assert (proof.consecutive, proof.proven) == (2, 1)
    assert not proof.allows_base_rates


def test_sent_twice_it_is_recorded_once(owner: Membership) -> None:
    episode, submission = make_episode(owner), uuid.uuid4()
    first = diagnose(episode, owner, submission_id=submission)
    assert diagnose(episode, owner, submission_id=submission, condition_code="b") == first
    with pytest.raises(SubmissionReused):
        diagnose(make_episode(owner), owner, submission_id=submission)


def test_never_changed_and_never_nameless(owner: Membership) -> None:
    row = diagnose(make_episode(owner), owner)
    for statement in ("UPDATE triage_diagnosis SET grade = 'surgery'", "DELETE FROM triage_diagnosis"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(ValidationError, match="name what it was"):
        diagnose(row.episode, owner, condition_code="")


def test_a_follow_up_stands_on_the_worklist_until_it_is_done(
    owner: Membership, client_for: ClientFor
) -> None:
    episode, client = make_episode(owner), client_for(owner)
    address = reverse("triage:follow-up-new", args=[episode.pk])
    day = timezone.localdate()
    client.post(address, {"kind": "result", "text": "MRI of the ankle", "due_on": str(day)})
    client.post(address, {"kind": "review", "text": "Far away", "due_on": str(day + dt.timedelta(days=90))})
    page = client.get("/").content.decode()
    assert "MRI of the ankle" in page
    assert "Far away" not in page
    follow_up = FollowUp.objects.get(text="MRI of the ankle")
    settle = reverse("triage:follow-up-settle", args=[follow_up.pk])
    client.post(settle, {"version": "1", "done": "yes"})
    client.get("/")  # says that it is done
    assert "MRI of the ankle" not in client.get("/").content.decode()
    client.post(settle, {"version": "2", "done": "no"})
    assert "MRI of the ankle" in client.get("/").content.decode()


def test_overdue_is_said(owner: Membership, client_for: ClientFor) -> None:
    services.plan_follow_up(
        episode=make_episode(owner), member=owner, kind="review", text="Review", due_on=dt.date(2026, 1, 1)
    )
    assert "! overdue" in client_for(owner).get("/").content.decode()


def test_two_people_settle_one_follow_up(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    follow_up = services.plan_follow_up(
        episode=make_episode(owner), member=owner, kind="review", text="Review", due_on=DAY
    )
    services.settle_follow_up(follow_up=follow_up, member=owner, version=1, done=True)
    with pytest.raises(StaleVersion):
        services.settle_follow_up(follow_up=follow_up, member=teammate, version=1, done=False)
    address = reverse("triage:follow-up-settle", args=[follow_up.pk])
    page = client_for(teammate).post(address, {"version": "1", "done": "no"}, follow=True)
    assert "Somebody else changed" in page.content.decode()
    assert FollowUp.objects.get().done_on is not None


@pytest.mark.parametrize(
    "wrong", [{"text": ""}, {"due_on": "1800-01-01"}, {"due_on": "2999-01-01"}, {"kind": "party"}]
)
def test_wrong_follow_up_is_refused(owner: Membership, client_for: ClientFor, wrong: dict[str, str]) -> None:
    address = reverse("triage:follow-up-new", args=[make_episode(owner).pk])
    given = {"kind": "review", "text": "Review", "due_on": str(timezone.localdate())}
    assert client_for(owner).post(address, given | wrong).status_code == 422
    assert not FollowUp.objects.exists()


def test_a_stranger_finds_nothing(owner: Membership, stranger: Membership, client_for: ClientFor) -> None:
    episode = make_signed(owner).episode
    follow_up = services.plan_follow_up(
        episode=episode, member=owner, kind="review", text="Review", due_on=DAY
    )
    client = client_for(stranger)
    for name, row in (
        ("diagnosis-new", episode),
        ("follow-up-new", episode),
        ("follow-up-settle", follow_up),
    ):
        assert client.post(reverse(f"triage:{name}", args=[row.pk]), fields()).status_code == 404, name
    assert not Diagnosis.objects.exists()
