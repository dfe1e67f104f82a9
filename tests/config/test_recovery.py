"""Backup, restore and drill on a real server, and everything that can go wrong with them."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg import sql

from clinics.models import AuditEvent, Membership
from config.recovery import fingerprint
from config.recovery.backup import manifest_path
from config.recovery.drill import drop_database
from config.recovery.programs import Address, RecoveryError, complaint, find_program
from tests.triage.factories import make_signed
from triage.models import Patient

pytestmark = pytest.mark.django_db(transaction=True)


def address(role: str) -> Address:
    """Of the test database, which the environment does not name."""
    url = getattr(site, f"{role.upper()}_DATABASE_URL")
    return Address.of(url, name=role).beside(connections["default"].settings_dict["NAME"])


def url_of(place: Address) -> str:
    return f"postgresql://{place.role}@/{place.database}?host={place.parts['host']}"


@pytest.fixture(autouse=True)
def _on_the_test_database(settings, db: None) -> None:
    settings.BACKUP_DATABASE_URL, settings.OWNER_DATABASE_URL = (
        url_of(address("backup")),
        url_of(address("owner")),
    )


@pytest.fixture
def empty() -> Iterator[Address]:
    owner = address("owner")
    name = f"{owner.database.replace('test_', 'test_empty_')}"
    with owner.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield owner.beside(name)
        drop_database(connection, name)


@pytest.fixture
def dump(tmp_path: Path, owner: Membership) -> Path:
    make_signed(owner)
    path = tmp_path / "clinic.dump"
    command("backup", path)
    return path


def command(*arguments: Any) -> str:
    said = StringIO()
    call_command(*map(str, arguments), stdout=said)
    return said.getvalue()


def refusal(*arguments: Any) -> str:
    with pytest.raises(CommandError) as caught:
        command(*arguments)
    return str(caught.value)


def rows_of(place: Address) -> dict[str, dict[str, Any]]:
    with place.connect() as connection:
        return fingerprint.fingerprint_rows(connection, lambda: None)


def test_backup_is_private_and_says_what_it_holds(dump: Path):
    manifest = json.loads(manifest_path(dump).read_text())
    assert manifest["tables"]["triage_patient"]["rows"] == 1
    assert manifest["tables"] == rows_of(address("backup"))
    assert len(manifest["releases"]) == 1
    assert "triage.0001_initial" in manifest["migrations"]
    last = AuditEvent.objects.order_by("seq").last()
    assert manifest["audit_heads"] == {str(last.clinic_id): f"{last.seq} {bytes(last.hash).hex()}"}
    assert "Runner" not in manifest_path(dump).read_text()
    assert {oct(path.stat().st_mode & 0o777) for path in (dump, manifest_path(dump))} == {"0o600"}
    assert sorted(path.name for path in dump.parent.iterdir()) == ["clinic.dump", "clinic.dump.json"]
    assert "exists already" in refusal("backup", dump)


def test_restores_into_an_empty_database_with_its_walls(dump: Path, empty: Address):
    assert "tables verified" in command("restore", dump, "--into", url_of(empty))
    assert rows_of(address("backup").beside(empty.database)) == rows_of(address("backup"))
    with empty.connect() as restored, address("owner").connect() as original:
        walls = fingerprint.fingerprint_walls(original)
        assert fingerprint.fingerprint_walls(restored) == walls
    assert walls["triggers"]["count"] > 10
    assert "is not empty" in refusal("restore", dump, "--into", url_of(empty))


def test_replaces_only_when_told_to(dump: Path):
    before = rows_of(address("backup"))
    Patient.objects.update(given_name="Changed")
    assert "--replace" in refusal("restore", dump)
    assert rows_of(address("backup")) != before
    command("restore", dump, "--replace")
    assert rows_of(address("backup")) == before


def test_never_as_app(dump: Path, empty: Address):
    app = url_of(Address({**empty.parts, "user": "app"}))
    assert "never as app" in refusal("restore", dump, "--into", app)


def test_drill_compares_every_table_and_leaves_nothing(owner: Membership, tmp_path: Path):
    make_signed(owner)
    said = command("drill", "--folder", tmp_path)
    tables = len(rows_of(address("backup")))
    assert f"All {tables} tables came back the same" in said
    assert "Restoring the rows:" in said
    assert list(tmp_path.iterdir()) == []
    with address("owner").connect() as connection:
        scratch = f"{connection.info.dbname}_drill_%"
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE %s", [scratch]).fetchall()
    assert left == []


def test_damaged_backup_is_refused_in_a_sentence(dump: Path, empty: Address):
    content, manifest = dump.read_bytes(), manifest_path(dump)
    told = manifest.read_text()
    flipped = content[:500] + bytes([content[500] ^ 1]) + content[501:]
    damages = [
        (content[:-1000], told, "cut off or changed"),
        (flipped, told, "cut off or changed"),
        (content, None, "clinic.dump.json cannot be read"),
        (content, '{"format": 3}', "is not the manifest"),
        (content, told.replace("tinel.backup/1", "tinel.backup/9"), "the format tinel.backup/9"),
        (None, told, "clinic.dump cannot be read"),
    ]
    for dumped, written, sentence in damages:
        put(dump, dumped)
        put(manifest, written.encode() if written else None)
        assert sentence in refusal("restore", dump, "--into", url_of(empty))
        assert is_empty(empty)


def put(path: Path, content: bytes | None) -> None:
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)


def is_empty(place: Address) -> bool:
    with place.connect() as connection:
        return fingerprint.tables(connection) == []


def change_manifest(dump: Path, **changes: Any) -> None:
    path = manifest_path(dump)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_newer_server_is_needed_for_a_newer_backup(dump: Path, empty: Address):
    change_manifest(dump, server_version=99)
    assert "comes from PostgreSQL 99" in refusal("restore", dump, "--into", url_of(empty))
    assert is_empty(empty)


def test_other_rows_than_the_manifest_names_are_not_kept(dump: Path, empty: Address):
    tables = json.loads(manifest_path(dump).read_text())["tables"]
    tables["triage_patient"]["rows"] = 2
    change_manifest(dump, tables=tables)
    sentence = refusal("restore", dump, "--into", url_of(empty))
    assert "triage_patient: 2 became 1" in sentence
    assert "nothing was kept" in sentence
    assert is_empty(empty)


def test_killed_restore_changes_nothing(dump: Path):
    """Held up by another session's lock in the middle of its transaction, then killed."""
    before = rows_of(address("backup"))
    with address("backup").connect() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM triage_patient")
        program = start("restore", dump, "--replace", url=url_of(address("owner")))
        wait_until_somebody_waits(reader)
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        reader.execute("COMMIT")
    assert rows_of(address("backup")) == before


def start(*arguments: Any, url: str, **options: Any) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": url.replace("owner@", "app@"),
        "OWNER_DATABASE_URL": url,
        "BACKUP_DATABASE_URL": url.replace("owner@", "backup@"),
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=site.PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


def wait_until_somebody_waits(watcher: psycopg.Connection) -> None:
    deadline = time.monotonic() + 30
    waiting = (
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE datname = current_database() AND NOT granted"
    )
    while watcher.execute(waiting).fetchone() == (0,):
        assert time.monotonic() < deadline, "the restore never came to the lock"
        time.sleep(0.05)


def test_full_disk_leaves_no_file(tmp_path: Path, owner: Membership):
    """A limit of the file size stands in for the disk: the kernel refuses the write in the same place."""
    make_signed(owner)
    program = start(
        "backup",
        tmp_path / "clinic.dump",
        url=url_of(address("owner")),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "The backup could not be made" in said
    assert "Nothing was kept" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_folder_that_takes_no_file_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    assert "No file can be made in" in refusal("backup", tmp_path / "file" / "clinic.dump")


def test_backup_needs_a_role_that_sees_every_row(tmp_path: Path, settings):
    settings.BACKUP_DATABASE_URL = ""
    assert "BACKUP_DATABASE_URL is not set" in refusal("backup", tmp_path / "clinic.dump")
    settings.BACKUP_DATABASE_URL = "mysql://x"
    assert "must look like" in refusal("backup", tmp_path / "clinic.dump")
    settings.BACKUP_DATABASE_URL = "postgresql://backup@127.0.0.1:1/nowhere"
    assert "cannot be reached as backup" in refusal("backup", tmp_path / "clinic.dump")


def test_older_programs_are_refused():
    with pytest.raises(RecoveryError, match="Install the client programs of PostgreSQL 99"):
        find_program("pg_dump", server_major=99)


def test_a_programs_complaint_never_quotes_a_row():
    said = "psql:x:1: ERROR:  duplicate key value\nDETAIL:  Key (name)=(Canary) already exists.\n"
    assert complaint(said) == "duplicate key value"


def test_fingerprint_does_not_depend_on_the_order_of_rows(empty: Address):
    with empty.connect() as connection:
        found = []
        for order in ("ASC", "DESC"):
            connection.execute("DROP TABLE IF EXISTS one")
            connection.execute(
                "CREATE TABLE one AS SELECT n, n::text || 'é' AS t"  # type: ignore[arg-type]
                f" FROM generate_series(1, 1000) n ORDER BY n {order}"
            )
            found.append(fingerprint.fingerprint_rows(connection, lambda: None))
        connection.execute("UPDATE one SET t = 'x' WHERE n = 500")
        found.append(fingerprint.fingerprint_rows(connection, lambda: None))
    assert found[0] == found[1]
    assert fingerprint.differences(found[1], found[2]) == ["one: same number, other content"]
