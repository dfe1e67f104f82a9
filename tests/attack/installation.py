"""A whole installation of its own – database server, tables, people, web server – that may be killed.

The web server is the one of production (granian on `config.wsgi`, DEBUG off, role `app`); the database is a
cluster in a folder of its own. Everything runs in processes of its own, so that SIGKILL is what it is.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from config.embedded_places import find_places
from config.embedded_postgres import DATABASE, SUPERUSER, EmbeddedPostgres

PROJECT = Path(__file__).parents[2]
SECRET_KEY = "attack-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP"
START_SECONDS = 60
WORKERS, THREADS = 2, 4


@dataclass
class Installation:
    folder: Path
    people: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    _web: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(find_places(self.folder / "var"))

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def build(self, *, clinicians: int) -> None:
        """Cluster, tables, a small release, one clinic with signed-in clinicians and a visit each."""
        self.server.start()
        self._manage("migrate", "--database", "owner", "--verbosity", "0")
        self._manage("collectstatic", "--noinput", "--verbosity", "0")
        told = self._python("-m", "tests.attack.people", str(clinicians))
        self.people = json.loads(told.splitlines()[-1])

    def start_web(self) -> None:
        self.port = self.port or _free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", str(WORKERS), "--blocking-threads", str(THREADS)]
        log = (self.folder / "web.log").open("ab")
        self._web = subprocess.Popen(
            [*command, "--no-ws", "config.wsgi:application"],
            cwd=PROJECT,
            env=self._environment(owner=False),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self._wait_for_web()

    def kill_web(self) -> None:
        """SIGKILL to the web server and every worker of it."""
        if self._web is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._web.pid, signal.SIGKILL)
        self._web.wait()
        self._web = None

    def kill_database(self) -> None:
        """SIGKILL to every process of the cluster, as when the power fails; then start it again."""
        for process in self.server._processes():
            with suppress(Exception):
                process.kill()
        self.server.start()

    def stop(self) -> None:
        self.kill_web()
        self.server.stop()

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the server's superuser, whom no policy hides a row from."""
        with self.server.connect(SUPERUSER, DATABASE) as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._web is None or self._web.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "web.log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def _manage(self, *arguments: str) -> str:
        return self._python("manage.py", *arguments)

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=self._environment(owner=True),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stderr[-2000:]}")
        return done.stdout

    def _environment(self, *, owner: bool) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        settings = {
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "localhost",
            "DEBUG": "0",
            "SSL_REDIRECT": "0",
            "STATIC_ROOT": str(self.folder / "static"),
            "DATABASE_URL": self.server.url("app"),
            "DATABASE_POOL_SIZE": str(THREADS),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "OMP_NUM_THREADS": "1",
        }
        return {**kept, **settings, **({"OWNER_DATABASE_URL": self.server.url("owner")} if owner else {})}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connection_faults() -> tuple[type[Exception], ...]:
    """What a client meets when the other side is killed."""
    from http.client import HTTPException

    return (OSError, HTTPException, psycopg.OperationalError)
