"""The chain of what is on record: numbered without gaps, linked, closed to every change."""

from __future__ import annotations

import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from clinics.acting import acting_in
from clinics.audit import record_event
from clinics.audit_chain import Head, first_broken_link, head
from clinics.models import AuditEvent, Membership


def faults_of(clinic_id) -> object:
    with acting_in(clinic_id), connection.cursor() as cursor:
        return first_broken_link(cursor, str(clinic_id) if clinic_id else None)


def numbers_of(clinic_id) -> list[int]:
    with acting_in(clinic_id):
        return list(
            AuditEvent.objects.filter(clinic_id=clinic_id).order_by("seq").values_list("seq", flat=True)
        )


def test_each_clinic_and_the_installation_count_for_themselves(
    owner: Membership, stranger: Membership
) -> None:
    for member in (owner, stranger, None, owner, None, owner):
        record_event(action="thing.done", member=member)
    numbers = {clinic: numbers_of(clinic) for clinic in (owner.clinic_id, stranger.clinic_id)}
    assert numbers == {owner.clinic_id: [1, 2, 3], stranger.clinic_id: [1]}
    assert AuditEvent.objects.filter(clinic=None).count() == 2
    assert [faults_of(chain) for chain in (owner.clinic_id, stranger.clinic_id, None)] == [None] * 3


def test_the_database_decides_number_time_and_hash(owner: Membership) -> None:
    record_event(action="thing.done", member=owner)
    forged = AuditEvent.objects.create(
        clinic=owner.clinic, action="forged", seq=77, hash=b"x" * 32, at="2001-01-01T00:00:00Z"
    )
    forged.refresh_from_db()
    assert forged.seq == 2
    assert forged.at.year > 2001
    assert faults_of(owner.clinic_id) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clinics_auditevent SET action = 'other'",
        "DELETE FROM clinics_auditevent",
        "TRUNCATE clinics_auditevent",
    ],
)
def test_not_even_the_owner_of_the_table_changes_what_is_on_record(owner: Membership, statement: str) -> None:
    record_event(action="thing.done", member=owner)
    with pytest.raises(ProgrammingError, match="what is on record"):
        as_owner(statement, owner)
    assert AuditEvent.objects.count() == 1


def as_owner(statement: str, member: Membership) -> None:
    with acting_in(member.clinic_id, using="owner"), connections["owner"].cursor() as cursor:
        # Off in the database of the tests, which are to leave empty tables (tests/database.py).
        cursor.execute("ALTER TABLE clinics_auditevent ENABLE TRIGGER clinics_audit_no_truncate")
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_people_who_write_at_once_leave_one_chain_without_gaps(owner: Membership) -> None:
    def write() -> None:
        for _ in range(10):
            with transaction.atomic():
                record_event(action="thing.done", member=owner)
        connection.close()

    people = [threading.Thread(target=write) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert AuditEvent.objects.count() == 80
    assert faults_of(owner.clinic_id) is None


@pytest.mark.django_db(transaction=True)
def test_verify_is_silent_about_whole_chains_and_names_a_cut_tail(
    owner: Membership, tmp_path, capsys
) -> None:
    heads = tmp_path / "heads.jsonl"
    for _ in range(3):
        record_event(action="thing.done", member=owner)
    call_command("audit", "head", output=heads)
    call_command("audit", "verify", heads=heads)
    assert f"whole   {owner.clinic}" in capsys.readouterr().out
    cut_the_last(owner)
    call_command("audit", "verify")  # nothing inside the database tells
    with pytest.raises(SystemExit) as ending:
        call_command("audit", "verify", heads=heads)
    assert ending.value.code == 1
    assert "the chain ends at 2, but event 3 was exported" in capsys.readouterr().out


def cut_the_last(member: Membership) -> None:
    with acting_in(member.clinic_id, using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE clinics_auditevent DISABLE TRIGGER clinics_audit_no_change")
        cursor.execute("DELETE FROM clinics_auditevent WHERE seq = (SELECT max(seq) FROM clinics_auditevent)")
        cursor.execute("ALTER TABLE clinics_auditevent ENABLE TRIGGER clinics_audit_no_change")


def test_one_clinic_is_verified_by_its_name(owner: Membership, stranger: Membership, capsys) -> None:
    call_command("audit", "verify", clinic=stranger.clinic.name, database="default")
    assert str(owner.clinic) not in capsys.readouterr().out
    with pytest.raises(CommandError, match="no clinic “Nowhere”"):
        call_command("audit", "verify", clinic="Nowhere", database="default")


def test_an_exported_head_cannot_be_forged(owner: Membership, tmp_path) -> None:
    record_event(action="thing.done", member=owner)
    with connection.cursor() as cursor:
        found = head(cursor, str(owner.clinic_id))
    assert found is not None
    assert Head.from_line(found.to_line()) == found
    file = tmp_path / "heads"
    file.write_text(json.dumps(json.loads(found.to_line()) | {"seq": 0}))
    with pytest.raises(CommandError, match="line 1: not signed"):
        call_command("audit", "verify", heads=file, database="default")
