"""Hold a release against proven cases (docs/evaluation.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, OutputWrapper

from triage.evaluation import Evaluation, Judged, ProvenCase, evaluate, judge
from triage.management.case_files import chosen_model
from triage.management.evaluation_report import as_json, as_text
from triage.management.proven_cases import read_proven_cases
from triage.ranking import ENGINE_VERSION, CompiledModel

BAR = 30  # characters


class Command(BaseCommand):
    help = "Rank proven cases and print how often, how surely and how wrongly the release was right."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "cases", metavar="CASES.jsonl",
            help="one case file per line, each with id, diagnosis and proof; - for standard input",
        )  # fmt: skip
        parser.add_argument(
            "--release", metavar="HASH", default="", help="hash of a release (default: newest)"
        )
        parser.add_argument("--each", action="store_true", help="name every case with its place by stage")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")

    def handle(self, *, cases: str, release: str, **options: Any) -> None:
        model = chosen_model(release, self.stderr)
        proven = read_proven_cases(cases, model)
        result = evaluate(list(self._judged(model, proven)))
        self.stdout.write(self._report(result, model, options))

    def _judged(self, model: CompiledModel, proven: Sequence[ProvenCase]) -> Iterator[Judged]:
        for case in progress(proven, self.stderr):
            yield judge(model, case)

    def _report(self, result: Evaluation, model: CompiledModel, options: Mapping[str, Any]) -> str:
        if options["json"]:
            head = {"release": model.release, "engine": ENGINE_VERSION}
            return json.dumps(head | as_json(result), ensure_ascii=False, allow_nan=False)
        return as_text(result, model, each=options["each"])


def progress(cases: Sequence[ProvenCase], stderr: OutputWrapper) -> Iterator[ProvenCase]:
    """The cases one by one, with a bar while somebody watches; the bar is wiped at the end."""
    watched = stderr.isatty()
    total, shown = len(cases), -1
    try:
        for done, case in enumerate(cases):
            if watched and (percent := 100 * done // total) != shown:
                shown = percent
                full = "█" * (BAR * done // total)
                stderr.write(f"\r{full:░<{BAR}} {done} of {total} cases", ending="")
                stderr.flush()
            yield case
    finally:
        if watched:
            stderr.write("\r\033[K", ending="")
