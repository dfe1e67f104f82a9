"""`manage.py db start | stop | status | psql | env | remove`: the embedded PostgreSQL of this clone."""

import os
import shutil
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.embedded_postgres import DATABASE, EmbeddedPostgres


class Command(BaseCommand):
    help = "Start, stop or look at the embedded PostgreSQL of this clone."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status", "psql", "env", "remove"])
        parser.add_argument("--role", default="app", choices=["app", "owner", "backup", "postgres"])
        parser.add_argument("arguments", nargs="*", help="for psql, after --")

    def handle(self, *args: Any, **options: Any) -> None:
        server = EmbeddedPostgres.of_project(settings.PROJECT)
        if options["action"] != "status" and settings.DATABASES["default"]["HOST"] != str(
            server.places.sockets
        ):
            raise CommandError("DATABASE_URL is set, so the embedded PostgreSQL is not used.")
        getattr(self, options["action"])(server, options)

    def start(self, server: EmbeddedPostgres, options: dict[str, Any]) -> None:
        started = server.start()
        self.stdout.write("PostgreSQL started." if started else "PostgreSQL was already running.")

    def stop(self, server: EmbeddedPostgres, options: dict[str, Any]) -> None:
        self.stdout.write("PostgreSQL stopped." if server.stop() else "PostgreSQL was not running.")

    def status(self, server: EmbeddedPostgres, options: dict[str, Any]) -> None:
        places = server.places
        self.stdout.write("running" if server.answers("app", DATABASE) else "not running")
        self.stdout.write(f"data     {places.data}\nsocket   {places.sockets}\nlog      {places.log}")
        self.stdout.write(f"account  {places.account.pw_name}")

    def env(self, server: EmbeddedPostgres, options: dict[str, Any]) -> None:
        """Shell lines that point another program, or production's settings, at this database."""
        self.stdout.write(
            f"export DATABASE_URL='{server.url('app')}' OWNER_DATABASE_URL='{server.url('owner')}'"
        )

    def remove(self, server: EmbeddedPostgres, options: dict[str, Any]) -> None:
        """For `make clean`: the data may lie outside the clone."""
        server.stop()
        shutil.rmtree(server.places.home, ignore_errors=True)
        shutil.rmtree(server.places.sockets, ignore_errors=True)
        self.stdout.write(f"Removed {server.places.home}.")

    def psql(self, server: EmbeddedPostgres, options: dict[str, Any]) -> None:
        server.start()
        command = server.psql_command(options["role"], options["arguments"])
        os.execv(command[0], command)
