"""The test database: migrated once for each state of the migrations, then copied for every run.

Many history triggers make migrating slow; a copy takes a fraction of a second. `owner` makes both, every
test works on the copy as `app`. Nothing here removes a database whose name does not say that it is for tests.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections

from config.roles import prepare_rights

PROJECT = Path(__file__).resolve().parents[1]
ALIASES = ("default", "owner")
LOCK = 7_331  # one run at a time builds or copies
SHAPED_BY = (
    "*/migrations/*.py",
    "config/roles.py",
    "config/management/commands/migrate.py",
    "requirements.txt",
)


@contextmanager
def own_database() -> Iterator[str]:
    """Both aliases point to a fresh database of this process until the end."""
    real_name = connections["owner"].settings_dict["NAME"]
    name = f"test_{real_name}_{os.getpid()}"
    with connections["owner"]._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _remove_databases_of_dead_runs(cursor)
        template = _template(cursor)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _point_to(name)
    prepare_rights(connections["owner"], app_role=connections["default"].settings_dict["USER"])
    _require_test_database(name)
    _let_tables_be_emptied()
    yield name
    _end_other_sessions()
    _point_to(real_name)
    with connections["owner"]._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}"')


def _template(cursor: Any) -> str:
    """The migrated database that runs are copied from; older ones are removed when a new one is built."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SHAPED_BY for path in PROJECT.glob(pattern)}):
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    name = f"template_test_{digest.hexdigest()[:16]}"
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template_test_%%'", [])
    existing = [row[0] for row in cursor.fetchall()]
    if name in existing:
        return name
    for outdated in existing:
        cursor.execute(f'DROP DATABASE "{outdated}"')
    unfinished = f"{name}_unfinished"
    cursor.execute(f'CREATE DATABASE "{unfinished}"')
    _point_to(unfinished)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    connections["owner"].close()
    cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


def _point_to(name: str) -> None:
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _require_test_database(name: str) -> None:
    """Asks the server itself: nothing else would notice tests on the real database, or tests as owner."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        assert cursor.fetchone() == (name, "app")
    assert name.startswith("test_")


def _let_tables_be_emptied() -> None:
    """Transactional tests empty all tables afterwards, which what is on record otherwise refuses."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE clinics_auditevent DISABLE TRIGGER clinics_audit_no_truncate")


def _end_other_sessions() -> None:
    """Threads of a live server may still hold connections, and a database in use cannot be removed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def _remove_databases_of_dead_runs(cursor: Any) -> None:
    cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_.*_[0-9]+$'")
    for (database,) in cursor.fetchall():
        try:
            os.kill(int(database.rpartition("_")[2]), 0)
        except ProcessLookupError:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}"')
        except PermissionError:
            continue
