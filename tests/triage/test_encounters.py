"""Episodes and visits: started, pinned to a release, signed for good, or put away."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from clinics.acting import acting_in
from clinics.models import AuditEvent, Membership
from tests.triage.factories import (
    HELD_AT,
    answer,
    make_encounter,
    make_episode,
    make_patient,
    make_release,
    make_signed,
)
from triage import services
from triage.errors import (
    DiscardedEncounter,
    EmptyAddendum,
    EmptyEncounter,
    NoRelease,
    NotSigned,
    SignedEncounter,
    StaleVersion,
    WrongClinic,
)
from triage.models import Addendum, Assessment, Encounter, Episode, Observation
from triage.ranking import ENGINE_VERSION


@contextmanager
def checked_at_once() -> Iterator[None]:
    """Foreign keys are checked at commit, which a test never reaches."""
    yield
    connection.check_constraints()


def test_a_visit_needs_published_knowledge(owner: Membership) -> None:
    episode = make_episode(owner)
    with pytest.raises(NoRelease):
        services.start_encounter(episode=episode, member=owner)
    assert not Encounter.objects.exists()


def test_a_visit_stays_with_the_release_it_began_with(owner: Membership) -> None:
    encounter = make_encounter(owner)
    newer = make_release(name="Newer")
    assert services.start_encounter(episode=encounter.episode, member=owner).release == newer
    assert Encounter.objects.get(pk=encounter.pk).release != newer


def test_a_clinic_may_stay_on_its_release(owner: Membership) -> None:
    chosen = make_release()
    make_release(name="Newer")
    owner.clinic.release_sha256 = chosen.sha256
    owner.clinic.save()
    assert services.start_encounter(episode=make_episode(owner), member=owner).release == chosen


def test_a_repeated_form_starts_one_visit(owner: Membership) -> None:
    make_release()
    episode, submission_id = make_episode(owner), uuid.uuid4()
    first, again = (
        services.start_encounter(episode=episode, member=owner, submission_id=submission_id) for _ in range(2)
    )
    assert first == again
    assert AuditEvent.objects.filter(action="encounter.started").count() == 1


def test_a_stranger_starts_and_changes_nothing(owner: Membership, stranger: Membership) -> None:
    encounter = make_encounter(owner)
    calls: list[Any] = [
        lambda: services.start_episode(patient=encounter.episode.patient, member=stranger, title="x"),
        lambda: services.start_encounter(episode=encounter.episode, member=stranger),
        lambda: services.update_encounter(encounter=encounter, member=stranger, version=1, note="x"),
        lambda: services.update_episode(episode=encounter.episode, member=stranger, version=1, title="x"),
        lambda: services.sign_encounter(encounter=encounter, member=stranger, version=1),
        lambda: services.discard_draft(encounter=encounter, member=stranger, version=1),
        lambda: services.restore_draft(encounter=encounter, member=stranger),
        lambda: services.add_addendum(encounter=encounter, member=stranger, text="x"),
    ]
    before = AuditEvent.objects.count()
    for call in calls:
        with pytest.raises(WrongClinic):
            call()
    assert AuditEvent.objects.count() == before
    assert not Encounter.objects.visible_to(stranger).exists()
    assert not Episode.objects.visible_to(stranger).exists()


def test_rows_cannot_hang_on_another_clinics_rows(owner: Membership, stranger: Membership) -> None:
    encounter = make_encounter(owner)
    patient, episode = encounter.episode.patient, encounter.episode
    clinic, user = stranger.clinic, stranger.user
    crossings: list[tuple[str, Any]] = [
        ("triage_episode_patient", lambda: Episode.objects.create(
            clinic=clinic, patient=patient, title="x", saved_by=user)),
        ("triage_encounter_episode", lambda: Encounter.objects.create(
            clinic=clinic, episode=episode, release=encounter.release, author=user, saved_by=user)),
        ("triage_observation_encounter", lambda: Observation.objects.create(
            clinic=clinic, encounter=encounter, finding_code="f", level_code="present", version=1,
            recorded_by=user)),
        ("triage_assessment_encounter", lambda: Assessment.objects.create(
            clinic=clinic, encounter=encounter, case_json={}, release_sha256="0", engine_version="1",
            output=b"")),
        ("triage_addendum_encounter", lambda: Addendum.objects.create(
            clinic=clinic, encounter=encounter, author=user, text="x", submission_id=uuid.uuid4())),
    ]  # fmt: skip
    for constraint, create in crossings:
        with pytest.raises(IntegrityError, match=constraint), acting_in(clinic), checked_at_once():
            create()


def test_update_encounter_checks_the_version(owner: Membership, teammate: Membership) -> None:
    encounter = make_encounter(owner)
    changed = services.update_encounter(encounter=encounter, member=owner, version=1, note="Limps.")
    assert (changed.note, changed.version) == ("Limps.", 2)
    with pytest.raises(StaleVersion) as refused:
        services.update_encounter(encounter=encounter, member=teammate, version=1, note="Walks.")
    assert (refused.value.mine, refused.value.theirs) == ({"note": "Walks."}, {"note": "Limps."})


def test_update_episode_keeps_each_state(owner: Membership) -> None:
    episode = make_episode(owner)
    services.update_episode(episode=episode, member=owner, version=1, side="right", status="closed")
    sides = (
        episode.pgh_event_model.objects.filter(pgh_obj=episode)
        .order_by("pgh_id")
        .values_list("side", flat=True)
    )
    assert list(sides) == ["left", "right"]
    assert not Episode.objects.visible_to(owner).open().exists()


def test_signing_freezes_the_differential(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "tender", "present", "left")
    assessment = services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    signed = Encounter.objects.get(pk=encounter.pk)
    assert (signed.status, signed.signed_by) == ("signed", owner.user)
    assert signed.signed_at is not None
    assert assessment.release_sha256 == encounter.release.sha256
    assert assessment.engine_version == ENGINE_VERSION
    assert assessment.case_json["observations"][0]["finding"] == "tender"
    assert bytes(assessment.output).startswith(b"{")
    assert AuditEvent.objects.filter(action="encounter.signed", user=owner.user).count() == 1


def test_signing_needs_an_answer_and_what_the_signer_saw(owner: Membership, teammate: Membership) -> None:
    encounter = make_encounter(owner)
    with pytest.raises(EmptyEncounter):
        services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    answer(encounter, owner, "f", None, status="not_tested")
    with pytest.raises(EmptyEncounter):
        services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    seen = encounter.version
    answer(encounter, teammate, "tender", "present", "left")
    with pytest.raises(StaleVersion):
        services.sign_encounter(encounter=encounter, member=owner, version=seen)
    assert not Assessment.objects.exists()
    assert Encounter.objects.get().is_draft


def test_a_signed_visit_takes_addenda_only(owner: Membership, teammate: Membership) -> None:
    signed = make_signed(owner)
    calls: list[Any] = [
        lambda: services.sign_encounter(encounter=signed, member=owner, version=signed.version),
        lambda: services.update_encounter(encounter=signed, member=owner, version=signed.version, note="x"),
        lambda: services.discard_draft(encounter=signed, member=owner, version=signed.version),
        lambda: services.restore_draft(encounter=signed, member=owner),
        lambda: answer(signed, owner, "f", "present"),
    ]
    for call in calls:
        with pytest.raises(SignedEncounter):
            call()
    submission_id = uuid.uuid4()
    for _ in range(2):
        services.add_addendum(
            encounter=signed, member=teammate, text=" Rang back. ", submission_id=submission_id
        )
    assert [(row.text, row.author) for row in signed.addenda.all()] == [("Rang back.", teammate.user)]
    with pytest.raises(EmptyAddendum):
        services.add_addendum(encounter=signed, member=owner, text="  ")


def test_a_draft_takes_no_addendum(owner: Membership) -> None:
    with pytest.raises(NotSigned):
        services.add_addendum(encounter=make_encounter(owner), member=owner, text="x")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE triage_encounter SET note = 'x'",
        "UPDATE triage_encounter SET status = 'draft', signed_by_id = NULL, signed_at = NULL",
        "DELETE FROM triage_encounter",
        "UPDATE triage_observation SET level_code = 'absent'",
        "DELETE FROM triage_observation",
        "UPDATE triage_assessment SET output = ''",
        "DELETE FROM triage_assessment",
        "UPDATE triage_addendum SET text = 'x'",
        "DELETE FROM triage_addendum",
        "UPDATE triage_encounterevent SET note = 'x'",
        "DELETE FROM triage_observationevent",
    ],
)
def test_the_database_itself_keeps_what_was_signed(owner: Membership, statement: str) -> None:
    signed = make_signed(owner)
    services.add_addendum(encounter=signed, member=owner, text="Rang back.")
    with pytest.raises(DatabaseError, match=r"signed|Cannot"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_database_takes_no_late_answer(owner: Membership) -> None:
    signed, draft = make_signed(owner), make_encounter(owner)
    late = {"clinic": owner.clinic, "finding_code": "f", "level_code": "present", "recorded_by": owner.user}
    with pytest.raises(DatabaseError, match="is signed"), transaction.atomic():
        Observation.objects.create(encounter=signed, version=99, **late)
    row = Observation.objects.create(encounter=draft, version=99, **late)
    with pytest.raises(DatabaseError, match="is signed"), transaction.atomic():
        Observation.objects.filter(pk=row.pk).update(encounter=signed)


def test_a_discarded_draft_can_come_back(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    services.discard_draft(encounter=encounter, member=owner, version=encounter.version)
    assert not Encounter.objects.visible_to(owner).kept().exists()
    with pytest.raises(DiscardedEncounter):
        answer(encounter, owner, "f", "absent")
    restored = services.restore_draft(encounter=encounter, member=owner)
    assert restored.is_draft
    assert restored.observations.get().level_code == "present"


def test_a_stale_page_discards_nothing(owner: Membership, teammate: Membership) -> None:
    encounter = make_encounter(owner)
    seen = encounter.version
    answer(encounter, teammate, "f", "present")
    with pytest.raises(StaleVersion):
        services.discard_draft(encounter=encounter, member=owner, version=seen)
    assert Encounter.objects.get().is_draft


def test_worklist_clauses(owner: Membership) -> None:
    signed = make_signed(owner)
    draft = make_encounter(owner, episode=make_episode(owner, patient=make_patient(owner)))
    rows = Encounter.objects.visible_to(owner)
    assert list(rows.drafts()) == [draft]
    assert list(rows.signed()) == [signed]
    assert {row.pk: row.answer_count for row in rows.with_answer_count()} == {signed.pk: 1, draft.pk: 0}
    assert set(rows.held_on(draft.held_at.date())) == {signed, draft}


def test_of_two_visits_at_one_minute_the_later_begun_is_the_newer(owner: Membership) -> None:
    """Not a matter of chance: the plan and the next visit start from the newest."""
    make_release()
    episode = make_episode(owner)
    visits = [services.start_encounter(episode=episode, member=owner, held_at=HELD_AT) for _ in range(6)]
    assert list(Encounter.objects.of_episode(episode).oldest_first()) == visits
    assert list(Encounter.objects.of_episode(episode).newest_first()) == visits[::-1]
