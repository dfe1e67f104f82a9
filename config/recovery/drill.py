"""The proof that backups can be used: dump, restore beside, compare every table, remove what was made."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from config.recovery import fingerprint
from config.recovery.backup import take_backup
from config.recovery.programs import Address, RecoveryError
from config.recovery.progress import Progress
from config.recovery.restoring import restore_backup

DROP_SECONDS = 30


def run_drill(
    *, source: Address, owner: Address, app_role: str, folder: Path | None, progress: Progress
) -> int:
    """Returns how many tables were compared; raises RecoveryError when any of them differs."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch_folder:
        dump = Path(scratch_folder, "drill.dump")
        manifest = take_backup(source, dump, progress)
        with _scratch_database(owner) as scratch:
            restore_backup(dump, scratch, replace=False, app_role=app_role, progress=progress)
            reader = source.beside(scratch.database)
            progress.begin("Comparing", len(manifest.tables))
            with reader.connect() as connection:
                found = fingerprint.fingerprint_rows(connection, progress.step)
            progress.end()
    changed = fingerprint.differences(manifest.tables, found)
    if changed:
        raise RecoveryError(f"The restored database differs: {'; '.join(changed)}.")
    return len(found)


@contextmanager
def _scratch_database(owner: Address) -> Iterator[Address]:
    name = f"{owner.database}_drill_{os.getpid()}"
    with owner.connect() as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            raise RecoveryError(
                f"{owner.role} may not create the scratch database. Restore into an empty one instead "
                "(docs/recovery.md, drill in production)."
            ) from None
        try:
            yield owner.beside(name)
        finally:
            drop_database(connection, name)


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """Sessions that were just closed take a moment to be gone, and `owner` may not end those of `backup`."""
    deadline = time.monotonic() + DROP_SECONDS
    while True:
        try:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            return
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > deadline:
                raise RecoveryError(
                    f"The scratch database {name} is in use and stays; drop it later."
                ) from None
            time.sleep(0.1)
