"""What the commands `backup`, `restore` and `drill` share."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand

from config.recovery.programs import Address, RecoveryError
from config.recovery.progress import Progress


class RecoveryCommand(BaseCommand):
    requires_system_checks: list[str] = []  # a damaged database must not keep anybody from restoring it

    def progress(self) -> Progress:
        return Progress(self.stdout)  # type: ignore[arg-type]


def backup_address() -> Address:
    return _address(settings.BACKUP_DATABASE_URL, "BACKUP_DATABASE_URL")


def owner_address() -> Address:
    return _address(settings.OWNER_DATABASE_URL, "OWNER_DATABASE_URL")


def app_role() -> str:
    return str(settings.DATABASES["default"]["USER"])


def _address(url: str, name: str) -> Address:
    if not url:
        raise RecoveryError(f"{name} is not set in the environment.")
    return Address.of(url, name=name)
