"""Something to look at on a fresh clone: invented patients, in a clinic whose password everybody knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from triage.demo.seeding import LEAD, PASSWORD, Seeded, seed
from triage.errors import NoRelease


class Command(BaseCommand):
    help = "Create the demo clinic with a dozen invented patients; what is there already stays as it is."

    def handle(self, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("seed_demo creates accounts with a known password: development only.")
        try:
            seeded = seed()
        except NoRelease as error:
            raise CommandError(f"{error} (manage.py kb import, then manage.py kb publish)") from error
        self._report(seeded)

    def _report(self, seeded: Seeded) -> None:
        self.stdout.write(f"Demo patients: {seeded.made} made, {seeded.kept} there already.")
        if seeded.unknown:
            self.stdout.write(f"{seeded.unknown} answers left out: the release has no such finding.")
        self.stdout.write(f"Sign in as {LEAD[0]} with the password {PASSWORD}")
