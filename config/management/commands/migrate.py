"""`migrate` as the owner of the tables, so that nobody has to remember `--database owner`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections

from config.roles import prepare_rights


class Command(migrate.Command):
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        if "owner" in connections:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> str | None:
        connection = connections[options["database"]]
        app_role = connections[DEFAULT_DB_ALIAS].settings_dict["USER"]
        if not options.get("plan") and not options.get("check_unapplied"):
            prepare_rights(connection, app_role=app_role)
        return super().handle(*args, **options)
