"""Rank a case file from the command line: the same road as a visit takes, without a patient."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from triage.management.case_files import chosen_model, laid_over, read_object, refused, sentences
from triage.ranking import InvalidCase, rank, read_case


class Command(BaseCommand):
    help = "Print the ranking of a case file as JSON."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("case", metavar="CASE.json", help="a case file, or - for standard input")
        parser.add_argument(
            "--release", metavar="HASH", default="", help="hash of a release (default: newest)"
        )
        parser.add_argument(
            "--settings-file",
            metavar="JSON",
            default="",
            help="a clinic's own numbers to lay over the release",
        )
        parser.add_argument("--indent", type=int, help="spread the JSON over lines")

    def handle(
        self, *, case: str, release: str, settings_file: str, indent: int | None, **options: Any
    ) -> None:
        document = read_object(case, "case")
        model = chosen_model(release, self.stderr)
        if settings_file:
            model = laid_over(model, read_object(settings_file, "settings"))
        try:
            ranking = rank(model, read_case(document, model))
        except InvalidCase as error:
            raise refused("\n".join(sentences(error, document))) from error
        if indent is None:
            self.stdout.write(ranking.to_json().decode())
        else:
            self.stdout.write(json.dumps(ranking.to_dict(), indent=indent, ensure_ascii=False))
