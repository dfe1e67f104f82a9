"""`manage.py restore FILE --into URL | --replace`: the whole backup or nothing, verified before it counts."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.recovery.commands import RecoveryCommand, app_role, owner_address
from config.recovery.programs import Address, RecoveryError
from config.recovery.restoring import restore_backup


class Command(RecoveryCommand):
    help = "Restore a backup as the owner of the tables (docs/recovery.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--into", metavar="URL", help="an empty database, with its owner as the role")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="give up what the database (without --into: that of OWNER_DATABASE_URL) holds",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        progress = self.progress()
        try:
            if not options["into"] and not options["replace"]:
                raise RecoveryError("Say --into URL (an empty database) or --replace (this one).")
            target = Address.of(options["into"], name="--into") if options["into"] else owner_address()
            manifest = restore_backup(
                options["file"], target, replace=options["replace"], app_role=app_role(), progress=progress
            )
        except RecoveryError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{target.database} is as it was on {manifest.taken_at}: {len(manifest.tables)} tables verified. "
            "Now run manage.py migrate."
        )
