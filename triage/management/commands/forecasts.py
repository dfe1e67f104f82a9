"""Write what is missing for a clinic's calibration: after an update, or after rows came past the services."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from triage.services.forecasts import write_missing_forecasts


class Command(BaseCommand):
    help = "Keep what frozen differentials had said of diagnoses that were proven before this was kept."

    def handle(self, **options: Any) -> None:
        for clinic, written in write_missing_forecasts():
            self.stdout.write(f"{clinic}: {written} proven diagnoses gained what had been said of them.")
