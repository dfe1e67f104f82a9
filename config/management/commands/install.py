"""`manage.py install`: what production needs before it serves. Tables up to date and, on a fresh database,
the shipped knowledge published as the first release. Later releases are the editors' to publish.
"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from knowledge.models import Release


class Command(BaseCommand):
    help = "Migrate and, where nothing was published yet, publish the shipped knowledge."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=options["verbosity"])
        if Release.objects.exists():
            self.stdout.write("A release is published already.")
            call_command("forecasts", stdout=self.stdout)  # what an update counts and older rows lack
            return
        for step in ("import", "publish"):
            call_command("kb", step, stdout=self.stdout)
