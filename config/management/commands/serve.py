"""`manage.py serve [PORT]`: everything that a running Tinel for development needs, one step after the other.

Serves in this very process: however it is killed, nothing of it stays behind but PostgreSQL, which the next
start finds.
"""

import io
import os
import signal
import socket
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config.checks import refuse_unsafe_database
from config.embedded_postgres import EmbeddedPostgres

STEPS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("Bringing the tables up to date", ("migrate",), {"verbosity": 0}),
    ("Reading the shipped knowledge", ("kb", "import"), {}),
    ("Publishing it", ("kb", "publish"), {}),
    ("Filling the demo clinic", ("seed_demo",), {}),
)


class Command(BaseCommand):
    help = "Prepare the database, knowledge and demo clinic, then serve on 127.0.0.1."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("port", type=int, nargs="?", default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with SIGINT ignored
            signal.signal(number, _interrupt)
        _refuse_taken_port(port)
        try:
            for title, command, arguments in STEPS:
                self._step(title, *command, **arguments)
            refuse_unsafe_database()
            self.stdout.write(self.style.SUCCESS(f"\nTinel is ready: http://localhost:{port}"))
            self.stdout.write("Ctrl-C stops the server and the database; nothing that was entered is lost.\n")
            _serve(port)
        except (KeyboardInterrupt, SystemExit):
            self.stdout.write("")
        finally:
            self._stop_database()

    def _step(self, title: str, *command: str, **arguments: Any) -> None:
        began = time.monotonic()
        self.stdout.write(f"{title} …", ending="\n")
        self.stdout.flush()
        call_command(*command, **arguments)
        self.stdout.write(f"  done in {time.monotonic() - began:.1f} s")

    def _stop_database(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the checkpoint
        connections.close_all()
        connections["default"].close_pool()  # type: ignore[attr-defined]
        server = EmbeddedPostgres.of_project(settings.PROJECT)
        if settings.DATABASES["default"]["HOST"] == str(server.places.sockets) and server.stop():
            self.stdout.write("Server and database stopped.")


def _serve(port: int) -> None:
    """Django's own server, without its banner: that names 127.0.0.1, where passkeys fail."""
    os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, skip_checks=True, stdout=io.StringIO())


def _interrupt(*args: Any) -> None:
    raise KeyboardInterrupt


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}); try PORT={port + 1} make run."
            ) from None
