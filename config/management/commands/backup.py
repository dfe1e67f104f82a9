"""`manage.py backup [FILE]`: one consistent moment as a file, and a manifest of what it holds beside it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from config.recovery.backup import take_backup
from config.recovery.commands import RecoveryCommand, backup_address
from config.recovery.programs import RecoveryError


class Command(RecoveryCommand):
    help = "Write a backup that proves what it holds (docs/recovery.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: var/backups/tinel-TIME.dump")

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        target = options["file"] or settings.PROJECT / "var" / "backups" / f"tinel-{now}.dump"
        progress = self.progress()
        try:
            manifest = take_backup(backup_address(), target, progress)
        except RecoveryError as error:
            raise CommandError(str(error)) from None
        progress.end()
        rows = sum(table["rows"] for table in manifest.tables.values())
        self.stdout.write(
            f"{target}: {rows:,} rows of {len(manifest.tables)} tables, {manifest.dump_bytes / 1e6:.1f} MB."
        )
