"""Show that every signed differential can be computed again, byte for byte."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from triage.ranking import ENGINE_VERSION
from triage.services.replays import Outcome, replay_assessments

WORDS = {
    Outcome.EQUAL: "the same bytes",
    Outcome.DRIFT: "another result",
    Outcome.FAILED: "could not be ranked",
}
UNEXPLAINED_DRIFT = 1


class Command(BaseCommand):
    help = "Rank every stored assessment again; exit 1 when one differs under the same engine version."

    def handle(self, **options: Any) -> None:
        counts: Counter[tuple[str, Outcome]] = Counter()
        unexplained = 0
        for replay in replay_assessments():
            counts[replay.engine_version, replay.outcome] += 1
            if replay.unexplained:
                unexplained += 1
                self.stderr.write(f"assessment {replay.assessment_id}: {WORDS[replay.outcome]}")
        self._report(counts)
        if unexplained:
            sys.exit(UNEXPLAINED_DRIFT)

    def _report(self, counts: Counter[tuple[str, Outcome]]) -> None:
        if not counts:
            self.stdout.write("No assessment is stored yet.")
        for (version, outcome), count in sorted(
            counts.items(), key=lambda item: (item[0][0], item[0][1].value)
        ):
            engine = "this engine" if version == ENGINE_VERSION else f"now {ENGINE_VERSION}"
            self.stdout.write(f"engine {version} ({engine}): {count} × {WORDS[outcome]}")
