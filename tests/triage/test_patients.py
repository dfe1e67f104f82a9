"""Patients: what the database refuses, who sees them, how they are found and changed."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from clinics.acting import acting_in
from clinics.models import AuditEvent, Membership
from tests.triage.factories import BIRTH_DATE, make_patient
from triage import services
from triage.errors import StaleVersion, WrongClinic
from triage.models import Patient, PatientItem


def test_create_patient_writes_row_history_and_audit(owner: Membership) -> None:
    patient = make_patient(owner, weekly_km=60)
    assert (patient.clinic, patient.version, patient.saved_by) == (owner.clinic, 1, owner.user)
    assert patient.pgh_event_model.objects.filter(pgh_obj=patient, clinic=owner.clinic).count() == 1
    event = AuditEvent.objects.get(object_id=str(patient.pk))
    assert (event.action, event.user, event.clinic, event.detail) == (
        "patient.created",
        owner.user,
        owner.clinic,
        {},
    )


def test_the_same_submission_twice_is_one_patient(owner: Membership) -> None:
    submission_id = uuid.uuid4()
    first = make_patient(owner, submission_id=submission_id)
    again = make_patient(owner, submission_id=submission_id, given_name="Other")
    assert again == first
    assert again.given_name == "Rosa"
    assert AuditEvent.objects.filter(action="patient.created").count() == 1


def test_submission_ids_of_two_clinics_do_not_meet(owner: Membership, stranger: Membership) -> None:
    submission_id = uuid.uuid4()
    assert make_patient(owner, submission_id=submission_id) != make_patient(
        stranger, submission_id=submission_id
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"given_name": ""},
        {"family_name": ""},
        {"sex": "x"},
        {"birth_date": dt.date(1850, 1, 1)},
        {"birth_date": None},
        {"weekly_km": 500},
        {"weekly_km": -1},
    ],
)
def test_a_wrong_patient_is_refused_and_nothing_stays(owner: Membership, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_patient(owner, **wrong)
    assert not Patient.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("wrong", [{"given_name": ""}, {"sex": "x"}, {"weekly_km": 500}])
def test_the_database_itself_refuses(owner: Membership, wrong: dict[str, object]) -> None:
    patient = make_patient(owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(**wrong)


def test_only_the_own_clinic_sees_a_patient(
    owner: Membership, teammate: Membership, stranger: Membership
) -> None:
    patient = make_patient(owner)
    assert list(Patient.objects.visible_to(teammate)) == [patient]
    assert not Patient.objects.visible_to(stranger).exists()
    assert not Patient.objects.visible_to(None).exists()


def test_update_patient_raises_the_version_and_keeps_the_old_state(
    owner: Membership, teammate: Membership
) -> None:
    patient = make_patient(owner)
    changed = services.update_patient(
        patient=patient, member=teammate, version=1, sport="Trail", weekly_km=30
    )
    assert (changed.version, changed.sport, changed.saved_by) == (2, "Trail", teammate.user)
    sports = (
        patient.pgh_event_model.objects.filter(pgh_obj=patient)
        .order_by("pgh_id")
        .values_list("sport", flat=True)
    )
    assert list(sports) == ["", "Trail"]


def test_a_stale_change_shows_mine_and_theirs_and_changes_nothing(
    owner: Membership, teammate: Membership
) -> None:
    patient = make_patient(owner)
    services.update_patient(patient=patient, member=teammate, version=1, sport="Trail")
    with pytest.raises(StaleVersion) as refused:
        services.update_patient(patient=patient, member=owner, version=1, sport="Road", given_name="Rosa")
    assert refused.value.mine == {"sport": "Road"}
    assert refused.value.theirs == {"sport": "Trail"}
    assert refused.value.version == 2
    patient.refresh_from_db()
    assert patient.sport == "Trail"


def test_the_same_change_twice_is_no_conflict(owner: Membership) -> None:
    patient = make_patient(owner)
    services.update_patient(patient=patient, member=owner, version=1, sport="Trail")
    again = services.update_patient(patient=patient, member=owner, version=1, sport="Trail")
    assert again.version == 2


def test_a_stranger_changes_nothing(owner: Membership, stranger: Membership) -> None:
    patient = make_patient(owner)
    with pytest.raises(WrongClinic):
        services.update_patient(patient=patient, member=stranger, version=1, sport="Trail")
    with pytest.raises(WrongClinic):
        services.add_item(patient=patient, member=stranger, kind="allergy", text="Latex")
    assert not PatientItem.objects.exists()


def test_items_are_added_once_and_end(owner: Membership) -> None:
    patient = make_patient(owner)
    submission_id = uuid.uuid4()
    item, again = (
        services.add_item(
            patient=patient, member=owner, kind="medicine", text="Aspirin", submission_id=submission_id
        )
        for _ in range(2)
    )
    assert item == again
    day = dt.date(2026, 5, 1)
    services.end_item(item=item, member=owner, version=1, ended_on=day)
    assert not patient.items.current(day).exists()
    assert patient.items.current(day - dt.timedelta(days=1)).get() == item
    ended = patient.items.get()
    assert not ended.is_current(day)
    assert ended.is_current(day - dt.timedelta(days=1))


def test_an_item_of_another_clinics_patient_is_refused_by_the_database(
    owner: Membership, stranger: Membership
) -> None:
    patient = make_patient(owner)
    with acting_in(stranger.clinic):
        PatientItem.objects.create(
            clinic=stranger.clinic, patient=patient, kind="allergy", text="Latex", saved_by=stranger.user
        )
    with pytest.raises(IntegrityError, match="triage_patientitem_patient"), transaction.atomic():
        connection.check_constraints()
    transaction.set_rollback(True)


def test_age_counts_completed_years() -> None:
    patient = Patient(birth_date=dt.date(2000, 2, 29))
    assert patient.age_on(dt.date(2026, 2, 28)) == 25
    assert patient.age_on(dt.date(2026, 3, 1)) == 26


@pytest.mark.parametrize(
    "text",
    ["mul", "MÜLLER", "mueller", "lued elo", "elodie", "anna m", "o'brien", "OBrien", "1990-05-17",
     "17.5.1990", "17/05/1990", "5/17/1990", "anna 1990", "  elodie   "],
)  # fmt: skip
def test_search_forgives(owner: Membership, text: str) -> None:
    given, family = "Élodie Anna", "Müller-Lüdenscheidt O’Brien"
    patient = make_patient(owner, given_name=given, family_name=family, birth_date=BIRTH_DATE)
    make_patient(owner, given_name="Zoe", family_name="Quark", birth_date=dt.date(1971, 1, 1))
    assert list(Patient.objects.visible_to(owner).search(text)) == [patient]


@pytest.mark.parametrize("text", ["uller", "ann zoe", "1991", "1990-05-18", "2026-99-99"])
def test_search_does_not_guess(owner: Membership, text: str) -> None:
    make_patient(owner, given_name="Élodie Anna", family_name="Müller", birth_date=BIRTH_DATE)
    assert not Patient.objects.visible_to(owner).search(text).exists()


@pytest.mark.parametrize(
    "text", ["Okafro", "Okfor", "okaffor", "Okofor", "marne okafor", "marne ok", "mareno okafor"]
)
def test_a_slip_is_forgiven_where_nobody_is_written_so(owner: Membership, text: str) -> None:
    patient = make_patient(owner, given_name="Maren", family_name="Okafor")
    make_patient(owner, given_name="Zoe", family_name="Quark")
    everybody = Patient.objects.visible_to(owner)
    assert not everybody.search(text).exists()
    assert everybody.spelled_like(text) == [patient]


@pytest.mark.parametrize("text", ["", "qu maren", "Okafor Quark", "xyzzy", "okr", "17.5.1990", "\0", "%"])
def test_more_than_a_slip_is_somebody_else(owner: Membership, text: str) -> None:
    make_patient(owner, given_name="Maren", family_name="Okafor")
    make_patient(owner, given_name="Zoe", family_name="Quark")
    assert Patient.objects.visible_to(owner).spelled_like(text) == []


def test_the_nearest_name_comes_first(owner: Membership) -> None:
    far = make_patient(owner, given_name="Ann", family_name="Hendriksen")
    near = make_patient(owner, given_name="Bo", family_name="Hendrikson")
    assert Patient.objects.visible_to(owner).spelled_like("Hendriskon") == [near, far]


def test_search_finds_the_start_of_an_id_and_all_for_nothing(owner: Membership) -> None:
    patient = make_patient(owner)
    make_patient(owner)
    assert list(Patient.objects.visible_to(owner).search(str(patient.pk)[:13])) == [patient]
    assert Patient.objects.visible_to(owner).search("").count() == 2


def test_search_stays_in_the_clinic(owner: Membership, stranger: Membership) -> None:
    make_patient(owner, family_name="Runner")
    assert not Patient.objects.visible_to(stranger).search("Runner").exists()


@pytest.mark.django_db
@settings(deadline=None, max_examples=60)
@given(name=st.text(max_size=20).map(lambda text: text.replace("\x00", "")), data=st.data())
def test_every_beginning_of_a_name_folds_to_a_beginning(name: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(name)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT triage_fold_name(%s), triage_fold_name(%s)", [name, name[:length]])
        whole, beginning = cursor.fetchone()
    assert whole.startswith(beginning)
