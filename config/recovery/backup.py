"""One consistent moment of the database as a file, and beside it the manifest that proves what it holds."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from config.recovery import fingerprint
from config.recovery.programs import Address, RecoveryError, find_program, run, server_major
from config.recovery.progress import Progress

FORMAT = "tinel.backup/1"
CHUNK = 1 << 20
AUDIT_HEADS = """
SELECT DISTINCT ON (clinic_id) coalesce(clinic_id::text, 'installation'), seq, encode(hash, 'hex')
FROM public.clinics_auditevent ORDER BY clinic_id, seq DESC
"""


@dataclass(frozen=True)
class Manifest:
    format: str
    taken_at: str
    server_version: int
    dump_bytes: int
    dump_sha256: str
    tables: dict[str, dict[str, Any]]
    walls: dict[str, dict[str, Any]]
    migrations: list[str]
    releases: list[str]
    audit_heads: dict[str, str]


def manifest_path(dump: Path) -> Path:
    return dump.with_name(f"{dump.name}.json")


def take_backup(source: Address, target: Path, progress: Progress) -> Manifest:
    """Write `target` and its manifest, both for their owner alone, or leave nothing."""
    for path in (target, manifest_path(target)):
        if path.exists():
            raise RecoveryError(
                f"{path} exists already, and a backup is never overwritten; choose another name."
            )
    draft = _draft_beside(target)
    draft_manifest = draft.with_name(f"{draft.name}.json")
    try:
        facts = _dump(source, draft, progress)
        manifest = Manifest(**facts, dump_bytes=draft.stat().st_size, dump_sha256=sha256_of(draft))
        _write_private(draft_manifest, json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")
        _keep(draft)
        # The manifest first: where there is a dump, there is what proves it.
        draft_manifest.rename(manifest_path(target))
        draft.rename(target)
        _keep(target.parent)
    except OSError as error:
        raise RecoveryError(
            f"The backup could not be written to {target.parent} ({error.strerror}); nothing was kept."
        ) from None
    finally:
        draft.unlink(missing_ok=True)
        draft_manifest.unlink(missing_ok=True)
    return manifest


def _draft_beside(target: Path) -> Path:
    """An empty private file in the folder of `target`, so that the last step is a rename."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise RecoveryError(f"No file can be made in {target.parent} ({error.strerror}).") from None
    return draft


def _dump(source: Address, draft: Path, progress: Progress) -> dict[str, Any]:
    """Dump and fingerprint see the same snapshot: what others write meanwhile is in neither."""
    with source.connect() as connection:
        major = server_major(connection)
        program = find_program("pg_dump", server_major=major)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = _snapshot(connection)
        names = fingerprint.tables(connection)
        progress.begin("Dumping", len(names))
        command = [program, *source.arguments(), "--format=custom", "--verbose", f"--snapshot={snapshot}"]
        try:
            run(
                [*command, "--no-owner", "--file", str(draft)],
                environment=source.environment(),
                each_line=lambda line: progress.step() if "dumping contents of table" in line else None,
            )
        except RecoveryError as error:
            raise RecoveryError(f"The backup could not be made: {error}. Nothing was kept.") from None
        progress.begin("Hashing the rows", len(names))
        return _facts(connection, major, progress)


def _snapshot(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    return str(row[0]) if row else ""


def _facts(connection: psycopg.Connection, major: int, progress: Progress) -> dict[str, Any]:
    try:
        rows = fingerprint.fingerprint_rows(connection, progress.step)
    except psycopg.errors.InsufficientPrivilege:
        raise RecoveryError(
            "The role of BACKUP_DATABASE_URL may not read every row; it needs BYPASSRLS and pg_read_all_data "
            "(docs/recovery.md). Nothing was kept."
        ) from None
    facts = {
        "format": FORMAT,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "server_version": major,
        "tables": rows,
        "migrations": [],
        "releases": [],
        "audit_heads": {},
    }
    if "django_migrations" in rows:
        facts["migrations"] = _column(
            connection, "SELECT app || '.' || name FROM public.django_migrations ORDER BY 1"
        )
    if "knowledge_release" in rows:
        facts["releases"] = _column(connection, "SELECT sha256 FROM public.knowledge_release ORDER BY number")
    if "clinics_auditevent" in rows:
        facts["audit_heads"] = _audit_heads(connection)
    facts["walls"] = fingerprint.fingerprint_walls(connection)
    return facts


def _column(connection: psycopg.Connection, query: Any) -> list[str]:
    return [str(row[0]) for row in connection.execute(query)]


def _audit_heads(connection: psycopg.Connection) -> dict[str, str]:
    """The newest link of each clinic's chain on record, by which a rewritten past can be told later."""
    found = connection.execute(AUDIT_HEADS)
    return {clinic: f"{number} {digest}" for clinic, number, digest in found}


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _write_private(path: Path, text: str) -> None:
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def _keep(path: Path) -> None:
    """On the disk, not only in the memory of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
