"""Row-level policies, table by table: what the database shows and takes when a query forgot its filter."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, connections, models, transaction

from clinics.acting import Acting, act, acting_in, acting_now, forget_acting
from clinics.models import AuditEvent, Invitation, Membership
from config import checks
from config.embedded_postgres import SUPERUSER, EmbeddedPostgres
from tests.factories import make_clinic, work_in
from tests.triage.factories import make_patient, make_signed
from triage import services
from triage.models import Patient

UNIQUE_WITHOUT_CLINIC = {  # the fingerprint of 256 random bits tells nothing
    "clinics_invitation.token_sha256",
    "triage_outcomerequest.token_sha256",
}


def tenant_models() -> list[type[models.Model]]:
    """Every model with rows of a clinic, histories included."""
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label != "tenancy_tests"
        and any(field.attname == "clinic_id" for field in model._meta.concrete_fields)
    ]


@pytest.fixture
def filled(owner: Membership) -> Membership:
    """A clinic with rows in the tables of the record and of their histories."""
    signed = make_signed(owner)
    services.add_addendum(encounter=signed, member=owner, text="later")
    services.add_item(patient=signed.episode.patient, member=owner, kind="allergy", text="Latex")
    services.keep_unsent(member=owner, path="/x/", heading="x", fields={"note": "x"})
    return owner


def rows_in(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}" WHERE clinic_id IS NOT NULL')
        return int(cursor.fetchone()[0])


def test_without_any_filter_no_row_of_another_clinic_is_read(
    filled: Membership, stranger: Membership
) -> None:
    here = {model: rows_in(model) for model in tenant_models()}
    assert sum(bool(count) for count in here.values()) > 12, "too little was made to prove anything"
    for elsewhere in (stranger.clinic_id, uuid.uuid4(), None):
        with acting_in(elsewhere):
            for model in tenant_models():
                seen = rows_in(model)
                own = 1 if elsewhere == stranger.clinic_id and model is Membership else 0
                assert seen == own, (model._meta.db_table, elsewhere)
    assert {model: rows_in(model) for model in tenant_models()} == here


def test_without_any_filter_no_row_of_another_clinic_is_changed_or_removed(
    filled: Membership, stranger: Membership
) -> None:
    here = {model: rows_in(model) for model in tenant_models()}
    for model in tenant_models():
        table = model._meta.db_table
        for statement in (f'UPDATE "{table}" SET clinic_id = clinic_id', f'DELETE FROM "{table}"'):
            if model is not AuditEvent:  # refused before any policy is asked
                with acting_in(stranger.clinic_id), connection.cursor() as cursor:
                    cursor.execute(f"{statement} WHERE clinic_id = '{filled.clinic_id}'")
                    assert cursor.rowcount == 0, statement
    assert {model: rows_in(model) for model in tenant_models()} == here


def test_nothing_is_written_into_another_clinic(filled: Membership, stranger: Membership) -> None:
    """A copy of each row, as somebody of the other clinic: refused by the policy, not by luck."""
    for model in tenant_models():
        row: Any = model._base_manager.filter(clinic_id=filled.clinic_id).first()
        if row is None or model is AuditEvent:
            continue
        row.pk = None if isinstance(model._meta.pk, models.AutoField) else uuid.uuid4()
        row._state.adding = True
        with pytest.raises(ProgrammingError, match="row-level security"), acting_in(stranger.clinic_id):
            model._base_manager.bulk_create([row])


def test_a_row_cannot_be_moved_to_another_clinic(filled: Membership, stranger: Membership) -> None:
    for model in (Patient, Membership):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            model._base_manager.filter(clinic_id=filled.clinic_id).update(clinic_id=stranger.clinic_id)


def test_somebody_sees_their_own_memberships_everywhere_and_writes_none(
    owner: Membership, other_clinic: Any
) -> None:
    with acting_in(other_clinic):
        second = Membership.objects.create(user=owner.user, clinic=other_clinic)
    with transaction.atomic():
        act(Acting(user=owner.user_id))
        assert {row.pk for row in Membership.objects.all()} == {owner.pk, second.pk}
        assert Membership.objects.update(role="lead") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Membership.objects.create(user=owner.user, clinic=make_clinic(), role="lead")
        act(Acting(clinic=owner.clinic_id))


def test_the_holder_of_a_token_sees_one_invitation_and_cannot_move_it(
    owner: Membership, other_clinic: Any
) -> None:
    from django.utils import timezone

    shared = {"invited_by": owner.user, "expires_at": timezone.now()}
    for number in range(2):
        Invitation.objects.create(
            clinic=owner.clinic, email=f"p{number}@example.org", token_sha256=str(number) * 64, **shared
        )
    with transaction.atomic():
        act(Acting(invitation="1" * 64))
        assert Invitation.objects.get().email == "p1@example.org"
        assert Invitation.objects.update(clinic=other_clinic) == 0
        act(Acting(clinic=owner.clinic_id))


def test_the_administration_sees_people_and_events_but_no_patient(filled: Membership) -> None:
    with transaction.atomic():
        act(Acting(administration=True))
        assert Membership.objects.filter(pk=filled.pk).exists()
        assert AuditEvent.objects.filter(clinic=filled.clinic).exists()
        assert not any(rows_in(model) for model in tenant_models() if model._meta.app_label == "triage")
        act(Acting(clinic=filled.clinic_id))


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_of_the_tables_obeys_too() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity")
        assert cursor.fetchall() == []


def test_acting_ends_with_the_block_and_with_an_error(owner: Membership, stranger: Membership) -> None:
    make_patient(owner)
    with pytest.raises(LookupError):
        fail_in(stranger)
    assert Patient.objects.exists()
    with acting_in(stranger.clinic_id), acting_in(owner.clinic_id):
        assert Patient.objects.exists()
    assert Patient.objects.exists()


def fail_in(member: Membership) -> None:
    with acting_in(member.clinic_id):
        assert not Patient.objects.exists()
        raise LookupError


@pytest.mark.django_db(transaction=True)
def test_settings_end_with_the_transaction(owner: Membership) -> None:
    make_patient(owner)
    work_in(None)
    with acting_in(owner.clinic_id):
        assert Patient.objects.exists()
    assert not Patient.objects.exists()
    assert acting_now() == Acting()
    with pytest.raises(transaction.TransactionManagementError):
        act(Acting(clinic=owner.clinic_id))
    forget_acting()


def test_no_foreign_key_between_tables_of_clinics_leaves_the_clinic_out(db: None) -> None:
    assert (
        _ask("""
        SELECT con.conname FROM pg_constraint con
        WHERE con.contype = 'f' AND con.conrelid IN (TENANTS) AND con.confrelid IN (TENANTS)
        AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = con.conrelid
            AND a.attnum = ANY(con.conkey) AND a.attname = 'clinic_id')
    """)
        == []
    )


def test_no_unique_constraint_tells_of_rows_of_another_clinic(db: None) -> None:
    found = _ask("""
        SELECT c.relname || '.' || string_agg(a.attname, ',') FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
        WHERE i.indisunique AND NOT i.indisprimary AND c.oid IN (TENANTS) GROUP BY i.indexrelid, c.relname
        HAVING NOT bool_or(a.attname = 'clinic_id')
    """)
    assert {name for (name,) in found} <= UNIQUE_WITHOUT_CLINIC


def _ask(statement: str) -> list[tuple[Any, ...]]:
    tenants = "SELECT attrelid FROM pg_attribute WHERE attname = 'clinic_id' AND NOT attisdropped"
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("TENANTS", tenants))
        return list(cursor.fetchall())


def test_checks_pass_as_the_tests_run(db: None) -> None:
    assert checks.app_role_obeys_policies(databases=["default"]) == []
    assert checks.clinics_tables_are_covered(databases=["default"]) == []
    checks.refuse_unsafe_database()


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE triage_patient NO FORCE ROW LEVEL SECURITY", "not enabled and forced"),
        ("ALTER TABLE triage_patient DISABLE ROW LEVEL SECURITY", "not enabled and forced"),
        ("DROP POLICY triage_patient_of_clinic ON triage_patient", "no policy to read; no policy to write"),
        ("CREATE TABLE bare (clinic_id uuid)", "bare (not enabled and forced; no policy to read"),
    ],
)
def test_a_table_without_cover_stops_the_start(statement: str, said: str, monkeypatch) -> None:
    monkeypatch.setattr(checks, "DEFAULT_DB_ALIAS", "owner")  # which alone may uncover a table, and undo it
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement)
        [fault] = checks.clinics_tables_are_covered(databases=["owner"])
        assert said in fault.msg
        transaction.set_rollback(True, using="owner")


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("owner", "owns tables"),
        ("backup", "has BYPASSRLS"),
        (SUPERUSER, "is a superuser"),
        ("app", ""),
    ],
)
def test_a_web_server_starts_as_app_alone(db: None, role: str, said: str) -> None:
    server = EmbeddedPostgres.of_project(settings.PROJECT)
    if connection.settings_dict["HOST"] != str(server.places.sockets):
        pytest.skip("DATABASE_URL names another server, whose roles are not ours to try")
    database = connection.settings_dict["NAME"]
    told = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=settings.PROJECT,
        env=os.environ | {"DATABASE_URL": server.url(role, database), "OWNER_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode != 0) == bool(said), told.stderr
    assert said in told.stderr
