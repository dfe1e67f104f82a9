"""`migrate` as the owner of the tables, so that nobody has to remember `--database owner`."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections

from config.roles import close_append_only_tables, prepare_rights


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in connections:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> str | None:
        connection = connections[options["database"]]
        app_role = connections[DEFAULT_DB_ALIAS].settings_dict["USER"]
        if options.get("plan") or options.get("check_unapplied"):
            return super().handle(*args, **options)
        prepare_rights(connection, app_role=app_role)
        result = super().handle(*args, **options)
        close_append_only_tables(connection, app_role=app_role)
        return result
