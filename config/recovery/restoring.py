"""Everything or nothing: tables, rows and walls come in one transaction, which ends only when the rows are
those of the manifest. A kill, a full disk or a fault anywhere leaves the database as it was.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

import psycopg

from config.recovery import fingerprint
from config.recovery.backup import CHUNK, FORMAT, Manifest, manifest_path, sha256_of
from config.recovery.programs import Address, RecoveryError, complaint, find_program, server_major
from config.recovery.progress import Progress

LOCK_TIMEOUT = "15s"
LEFT = """
SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%%'
"""
MARK = "tinel:"


def read_manifest(dump: Path) -> Manifest:
    """The manifest of a backup whose file is whole; raises RecoveryError otherwise."""
    path = manifest_path(dump)
    for needed in (dump, path):
        try:
            needed.open("rb").close()
        except OSError as error:
            raise RecoveryError(f"{needed} cannot be read ({error.strerror}).") from None
    try:
        manifest = Manifest(**json.loads(path.read_text()))
    except (ValueError, TypeError):
        raise RecoveryError(f"{path} is not the manifest of a backup of Tinel.") from None
    if manifest.format != FORMAT:
        raise RecoveryError(f"The backup has the format {manifest.format}; this version reads {FORMAT}.")
    if dump.stat().st_size != manifest.dump_bytes or sha256_of(dump) != manifest.dump_sha256:
        raise RecoveryError(
            f"{dump} is not the file that its manifest describes: it was cut off or changed. "
            "Take another backup."
        )
    return manifest


def restore_backup(
    dump: Path, target: Address, *, replace: bool, app_role: str, progress: Progress
) -> Manifest:
    manifest = read_manifest(dump)
    with target.connect() as connection:
        _refuse_unfit(connection, target, manifest, app_role=app_role, replace=replace)
        major = server_major(connection)
    psql = find_program("psql", server_major=major)
    pg_restore = find_program("pg_restore", server_major=max(major, manifest.server_version))
    with _Session(psql, target) as session:
        session.send(f"SET lock_timeout = '{LOCK_TIMEOUT}';\n")
        if replace:
            session.send("DROP OWNED BY CURRENT_USER;\n")
        total = len(manifest.tables)
        progress.begin("Restoring the rows", total)
        for section in ("pre-data", "data"):
            session.feed([pg_restore, "--no-owner", f"--section={section}", "-f", "-", str(dump)])
        progress.begin("Verifying the rows", total)
        _verify_rows(session, manifest, progress)
        progress.begin("Restoring keys and policies", 1)
        session.feed([pg_restore, "--no-owner", "--section=post-data", "-f", "-", str(dump)])
        session.commit()
    progress.end()
    with target.connect() as connection:
        changed = fingerprint.differences(manifest.walls, fingerprint.fingerprint_walls(connection))
    if changed:
        raise RecoveryError(
            "The rows are restored and verified, but not everything around them is as it was ("
            + "; ".join(changed)
            + "). Run manage.py migrate and look before anybody signs in."
        )
    return manifest


def _refuse_unfit(
    connection: psycopg.Connection, target: Address, manifest: Manifest, *, app_role: str, replace: bool
) -> None:
    facts = connection.execute(
        "SELECT current_user, pg_catalog.pg_get_userbyid(datdba), rolsuper FROM pg_catalog.pg_database,"
        " pg_catalog.pg_roles WHERE datname = current_database() AND rolname = current_user"
    ).fetchone()
    role, owner, superuser = facts or ("", "", False)
    if role == app_role or (role != owner and not superuser):
        raise RecoveryError(
            f"{role} does not own the database {target.database}; restore as {owner}, never as {app_role}."
        )
    if superuser:
        raise RecoveryError(
            f"{role} is a superuser, who would own the tables and pass every policy; restore as owner."
        )
    if server_major(connection) < manifest.server_version:
        raise RecoveryError(
            f"The backup comes from PostgreSQL {manifest.server_version}; the server is "
            f"{server_major(connection)}. Restore on the same version or a newer one."
        )
    (left,) = connection.execute(LEFT).fetchone() or (0,)
    if left and not replace:
        raise RecoveryError(
            f"The database {target.database} is not empty. Name an empty one with --into, or say "
            "--replace to give up what it holds."
        )


def _verify_rows(session: _Session, manifest: Manifest, progress: Progress) -> None:
    """Asked in the same session and before policies exist: the owner, whom policies bind too, sees all."""
    session.send(fingerprint.SESSION + ";\n")
    found: dict[str, dict[str, Any]] = {}
    for table in manifest.tables:
        answer = session.ask(fingerprint.rows_query(table).as_string(None))
        count, _, digest = answer.partition("|")
        found[table] = {"rows": int(count), "sha256": digest}
        progress.step()
    changed = fingerprint.differences(manifest.tables, found)
    if changed:
        raise RecoveryError(
            f"The rows are not those of the manifest ({'; '.join(changed)}); nothing was kept."
        )


class _Session:
    """One psql in one transaction. Whatever ends it before `commit`, the server rolls everything back."""

    def __init__(self, psql: str, target: Address) -> None:
        self.said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        options = ["-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-v", "SHOW_CONTEXT=never"]
        self.program = subprocess.Popen(
            [psql, "--no-psqlrc", "-qAt", *options, *target.arguments()],
            env=target.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
        )
        self.send("BEGIN;\n")

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *args: Any) -> None:
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        self.said.close()

    def send(self, text: str | bytes) -> None:
        assert self.program.stdin is not None
        try:
            self.program.stdin.write(text.encode() if isinstance(text, str) else text)
            self.program.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def feed(self, command: list[str]) -> None:
        """What a program writes, sent on; only when it ended well does the session go on."""
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as program:
                assert program.stdout is not None
                try:
                    while chunk := program.stdout.read(CHUNK):
                        self.send(chunk)
                except RecoveryError:
                    program.kill()
                    raise
            if program.returncode != 0:
                said.seek(0)
                reason = complaint(said.read().decode(errors="replace")) or "pg_restore failed"
                raise RecoveryError(f"The backup cannot be read to its end: {reason}. Nothing was kept.")

    def ask(self, query: str) -> str:
        self.send(f"\\echo {MARK}\n{query};\n")
        self._until_mark()
        return self._line()

    def commit(self) -> None:
        self.send(f"COMMIT;\n\\echo {MARK}\n")
        self._until_mark()
        assert self.program.stdin is not None
        self.program.stdin.close()
        if self.program.wait() != 0:
            raise self._failure()

    def _until_mark(self) -> None:
        while self._line() != MARK:
            pass

    def _line(self) -> str:
        assert self.program.stdout is not None
        line = self.program.stdout.readline()
        if not line:
            raise self._failure()
        return line.decode().rstrip("\n")

    def _failure(self) -> RecoveryError:
        self.program.wait()
        self.said.seek(0)
        reason = complaint(self.said.read().decode(errors="replace")) or "the connection ended"
        if "lock timeout" in reason:
            reason = "somebody is using the database; stop the web server first"
        return RecoveryError(f"The database refused the restore: {reason}. Nothing was changed.")
