"""`manage.py drill`: proves that a backup taken now can be restored, and says how long each step takes."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.recovery.commands import RecoveryCommand, app_role, backup_address, owner_address
from config.recovery.drill import run_drill
from config.recovery.programs import RecoveryError


class Command(RecoveryCommand):
    help = "Dump, restore into a scratch database beside, compare every table, remove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder", type=Path, help="where the dump lies meanwhile; default: the system's"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        progress = self.progress()
        try:
            compared = run_drill(
                source=backup_address(),
                owner=owner_address(),
                app_role=app_role(),
                folder=options["folder"],
                progress=progress,
            )
        except RecoveryError as error:
            raise CommandError(str(error)) from None
        total = sum(progress.seconds.values())
        self.stdout.write(f"All {compared} tables came back the same, in {total:.1f} s.")
