"""Somebody with every right changes what is on record: the walk along the chain tells.

A superuser with triggers switched off, in one transaction that is undone. `make attack` tries 1,000 times.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import psycopg.types.json
import pytest
from django.conf import settings
from django.db import connections

from clinics.audit_chain import BrokenLink, Head, chains, first_broken_link, head
from config.embedded_postgres import EmbeddedPostgres
from tests.attack.conftest import rounds

pytestmark = pytest.mark.django_db(transaction=True)

ATTEMPTS = rounds(60, 1_000)
EVENTS = 40
WORDS = [
    "patient.created",
    "récord.opened",
    'quo"ted',
    "back\\slash",
    "tab\tand\nline",
    "☤ sign",
    "\x01\x7f",
    "",
]
Cursor = psycopg.Cursor[Any]


@pytest.fixture
def superuser(db: None) -> Iterator[Cursor]:
    """A cursor of the superuser with two clinics' chains, the installation's, and nothing that resists."""
    server = EmbeddedPostgres.of_project(settings.PROJECT)
    name = connections["default"].settings_dict["NAME"]
    with server.connect("postgres", name) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        fill(cursor)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE clinics_auditevent DROP CONSTRAINT clinics_audit_chain")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("ROLLBACK")


def fill(cursor: Cursor) -> None:
    chance = random.Random(7)
    clinics = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(2)]
    for clinic in clinics:
        cursor.execute(
            "INSERT INTO clinics_clinic (id, name, release_sha256, requires_second_factor, sampled,"
            " own_list_first)"
            " VALUES (%s, %s, '', false, false, false)",
            [clinic, clinic],
        )
    for _ in range(EVENTS * 3):
        clinic = chance.choice([*clinics, None])
        patient = chance.choice([None, uuid.UUID(int=chance.getrandbits(128))])
        cursor.execute("SELECT set_config('app.clinic', %s, true)", [clinic or ""])
        detail = psycopg.types.json.Jsonb({"page": chance.choice(WORDS[:6]), "n": chance.random()})
        cursor.execute(
            "INSERT INTO clinics_auditevent"
            " (id, clinic_id, action, object_type, object_id, patient_id, at, detail)"
            " VALUES (%s, %s, %s, %s, %s, %s, now(), %s)",
            [
                uuid.UUID(int=chance.getrandbits(128)),
                clinic,
                chance.choice(WORDS),
                chance.choice(WORDS),
                chance.choice(WORDS),
                patient,
                detail,
            ],
        )


def exported(cursor: Cursor) -> dict[str | None, Head]:
    return {clinic: found for clinic in chains(cursor) if (found := head(cursor, clinic))}


def broken_links(cursor: Cursor, heads: dict[str | None, Head]) -> list[BrokenLink]:
    walked = set(chains(cursor)) | set(heads)
    faults = [
        first_broken_link(
            cursor, clinic, heads={heads[clinic].seq: heads[clinic].hash} if clinic in heads else {}
        )
        for clinic in walked
    ]
    return [fault for fault in faults if fault]


def edit(cursor: Cursor, chance: random.Random) -> str:
    other_clinic = "(SELECT id FROM clinics_clinic c WHERE c.id IS DISTINCT FROM e.clinic_id LIMIT 1)"
    changes = {
        "id": "gen_random_uuid()",
        "clinic_id": chance.choice([other_clinic, f"CASE WHEN clinic_id IS NULL THEN {other_clinic} END"]),
        "user_id": "gen_random_uuid()",
        "action": chance.choice(["action || 'x'", "action || ' '", "upper(action) || 'x'"]),
        "object_type": "object_type || chr(8203)",
        "object_id": "object_id || '0'",
        "patient_id": "gen_random_uuid()",
        "at": chance.choice(["at + interval '1 microsecond'", "at - interval '1 day'", "'infinity'"]),
        "detail": chance.choice(["'{}'", "detail || '{\"more\": 1}'", "'null'"]),
        "seq": chance.choice(["seq + 100000", "-seq", "0"]),
        "hash": "sha256(hash)",
    }
    column = chance.choice(list(changes))
    cursor.execute(
        f"UPDATE clinics_auditevent e SET {column} = {changes[column]} WHERE id = %s",
        [any_id(cursor, chance)],
    )
    return f"edit {column}"


def delete(cursor: Cursor, chance: random.Random) -> str:
    cursor.execute("DELETE FROM clinics_auditevent WHERE id = %s", [any_id(cursor, chance)])
    return "delete"


def reorder(cursor: Cursor, chance: random.Random) -> str:
    """Two events of one chain change places."""
    cursor.execute(
        "SELECT a.id, a.seq, b.id, b.seq FROM clinics_auditevent a JOIN clinics_auditevent b"
        " ON a.clinic_id IS NOT DISTINCT FROM b.clinic_id AND a.seq < b.seq ORDER BY a.id, b.id"
    )
    first, first_seq, second, second_seq = chance.choice(cursor.fetchall())
    for event, seq in ((first, -1), (second, first_seq), (first, second_seq)):
        cursor.execute("UPDATE clinics_auditevent SET seq = %s WHERE id = %s", [seq, event])
    return "reorder"


def cut_tail(cursor: Cursor, chance: random.Random) -> str:
    event = any_id(cursor, chance)
    cursor.execute(
        "DELETE FROM clinics_auditevent e USING clinics_auditevent cut WHERE cut.id = %s"
        " AND e.clinic_id IS NOT DISTINCT FROM cut.clinic_id AND e.seq >= cut.seq",
        [event],
    )
    return "cut tail"


def rewrite(cursor: Cursor, chance: random.Random) -> str:
    """Change an event and compute every later link anew."""
    cursor.execute(
        "UPDATE clinics_auditevent SET action = action || '!' WHERE id = %s RETURNING clinic_id, seq",
        [any_id(cursor, chance)],
    )
    clinic, first = cursor.fetchone()
    cursor.execute(
        "SELECT seq FROM clinics_auditevent WHERE clinic_id IS NOT DISTINCT FROM %s AND seq >= %s"
        " ORDER BY seq",
        [clinic, first],
    )
    for (seq,) in cursor.fetchall():
        cursor.execute(
            "UPDATE clinics_auditevent e SET hash = clinics_audit_link(e, coalesce((SELECT p.hash"
            " FROM clinics_auditevent p WHERE p.clinic_id IS NOT DISTINCT FROM e.clinic_id"
            " AND p.seq = e.seq - 1), decode(repeat('00', 32), 'hex')))"
            " WHERE e.clinic_id IS NOT DISTINCT FROM %s AND e.seq = %s",
            [clinic, seq],
        )
    return "rewrite"


def any_id(cursor: Cursor, chance: random.Random) -> uuid.UUID:
    cursor.execute("SELECT id FROM clinics_auditevent ORDER BY id")
    return chance.choice(cursor.fetchall())[0]


KINDS: list[Callable[[Cursor, random.Random], str]] = [edit, edit, delete, reorder, cut_tail, rewrite]


def test_untouched_chains_are_whole(superuser: Cursor) -> None:
    heads = exported(superuser)
    assert len(heads) == 3
    assert sum(found.seq for found in heads.values()) == EVENTS * 3
    assert broken_links(superuser, heads) == []


def test_every_tampering_is_found(superuser: Cursor) -> None:
    heads = exported(superuser)
    missed = []
    for attempt in range(ATTEMPTS):
        chance = random.Random(attempt)
        superuser.execute("SAVEPOINT untouched")
        done = KINDS[attempt % len(KINDS)](superuser, chance)
        if not broken_links(superuser, heads):
            missed.append((attempt, done))
        superuser.execute("ROLLBACK TO untouched")
    assert missed == []


def test_the_first_broken_link_is_named(superuser: Cursor) -> None:
    clinic = next(found for found in chains(superuser) if found)
    superuser.execute(
        "UPDATE clinics_auditevent SET action = 'other' WHERE clinic_id = %s AND seq IN (7, 9)"
        " RETURNING id::text, seq",
        [clinic],
    )
    ids = {seq: event for event, seq in superuser.fetchall()}
    fault = first_broken_link(superuser, clinic)
    assert fault is not None
    assert (fault.seq, fault.event_id) == (7, ids[7])
