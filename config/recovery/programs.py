"""PostgreSQL's own programs: which to run, with which address, and what they say when they fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.embedded_places import EmbeddedPostgresError, wheel_binary

VERSION = re.compile(r"(\d+)")
# A line of a program's own complaint; the DETAIL below it may quote a row.
COMPLAINT = re.compile(r"(?:error|fatal|FATAL|ERROR): +(.*)")


class RecoveryError(Exception):
    """A sentence for the person at the command line: what is wrong, what stayed as it was, what to do."""


@dataclass(frozen=True)
class Address:
    """A database and the role that asks; the password goes through the environment, never an argument."""

    parts: dict[str, Any]

    @classmethod
    def of(cls, url: str, *, name: str) -> Address:
        try:
            parts = conninfo_to_dict(url) if url.startswith(("postgresql://", "postgres://")) else {}
        except psycopg.ProgrammingError:
            parts = {}
        if not parts.get("dbname") or not parts.get("user"):
            raise RecoveryError(f"{name} must look like postgresql://user@host:5432/database.")
        return cls(parts)

    def beside(self, database: str) -> Address:
        return Address({**self.parts, "dbname": database})

    @property
    def database(self) -> str:
        return str(self.parts["dbname"])

    @property
    def role(self) -> str:
        return str(self.parts["user"])

    def arguments(self) -> list[str]:
        return ["--dbname", make_conninfo(**{k: v for k, v in self.parts.items() if k != "password"})]

    def environment(self) -> dict[str, str]:
        own = {"LC_ALL": "C", "PGTZ": "UTC", "PGCONNECT_TIMEOUT": "10"}
        if self.parts.get("password"):
            own["PGPASSWORD"] = str(self.parts["password"])
        return {**os.environ, **own}

    def connect(self) -> psycopg.Connection:
        try:
            return psycopg.connect(**self.parts, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError:
            raise RecoveryError(
                f"The database {self.database} cannot be reached as {self.role}: is the server running, "
                "and are host, password and database right?"
            ) from None


def find_program(name: str, *, server_major: int) -> str:
    """The first of the installed wheel and the PATH that is not older than the server."""
    seen = []
    for path in _candidates(name):
        major = _major(path)
        if major >= server_major:
            return path
        seen.append(f"{path} is version {major}")
    found = "; ".join(seen) or f"no {name} was found"
    raise RecoveryError(
        f"The server is PostgreSQL {server_major}, but {found}. Install the client programs of PostgreSQL "
        f"{server_major}."
    )


def _candidates(name: str) -> list[str]:
    found: list[str] = []
    try:
        path = wheel_binary(name)
        found += [str(path)] if path.exists() else []
    except EmbeddedPostgresError:
        pass  # production may use the system's own
    on_path = shutil.which(name)
    return found + ([on_path] if on_path else [])


def _major(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = VERSION.findall(said)
    return int(numbers[0]) if numbers else 0


def server_major(connection: psycopg.Connection) -> int:
    return connection.info.server_version // 10_000


def run(command: list[str], *, environment: dict[str, str], each_line: Callable[[str], None]) -> None:
    """Run to the end, every line of its standard error given to `each_line`. Raises RecoveryError with its
    own complaint when it fails.
    """
    lines: list[str] = []
    program = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        for line in program.stderr or ():
            lines.append(line)
            each_line(line)
    finally:
        if program.poll() is None and program.stderr:
            program.stderr.close()
        status = program.wait()
    if status != 0:
        raise RecoveryError(complaint("".join(lines)) or f"{Path(command[0]).name} ended with {status}")


def complaint(said: str) -> str:
    """The first complaint in what a program said, without the rows it may quote."""
    match = COMPLAINT.search(said)
    return match.group(1).strip().rstrip(".") if match else ""
