"""Something to look at on a fresh clone: invented patients, in a clinic whose password everybody knows."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.demo import seeding
from triage.demo.sampled.seeding import CLINIC, Sampled, seed_sampled
from triage.errors import NoRelease
from triage.management.progress import Progress

MOST = 100_000


class Command(BaseCommand):
    help = (
        "Create the demo clinic with a dozen invented patients; with --patients also a clinic whose patients "
        "are drawn from the release. What is there already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--patients", type=int, default=0, metavar="N",
            help=f"so many drawn patients in “{CLINIC}” (a larger N adds to a smaller one)",
        )  # fmt: skip
        parser.add_argument("--seed", default="1", help="another seed draws other patients (default: 1)")

    def handle(self, *, patients: int, seed: str, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("seed_demo creates accounts with a known password: development only.")
        if not 0 <= patients <= MOST:
            raise CommandError(f"--patients takes a number from 0 to {MOST:,}.")
        try:
            self._report(seeding.seed())
            if patients:
                self._report_sampled(self._sampled(patients, seed))
        except NoRelease as error:
            raise CommandError(f"{error} (manage.py kb import, then manage.py kb publish)") from error
        self.stdout.write(f"Sign in as {seeding.LEAD[0]} with the password {seeding.PASSWORD}")

    def _sampled(self, patients: int, seed: str) -> Sampled:
        progress = Progress(sys.stderr, "patients", patients)
        try:
            return seed_sampled(patients, seed, progress.step)
        finally:
            progress.end()

    def _report(self, seeded: seeding.Seeded) -> None:
        self.stdout.write(f"Demo patients: {seeded.made} made, {seeded.kept} there already.")
        if seeded.unknown:
            self.stdout.write(f"{seeded.unknown} answers left out: the release has no such finding.")

    def _report_sampled(self, sampled: Sampled) -> None:
        self.stdout.write(f"{CLINIC}: {sampled.made} made, {sampled.kept} there already.")
        for phase, seconds in sampled.seconds.items():
            self.stdout.write(f"  {phase}: {seconds:.1f} s")
