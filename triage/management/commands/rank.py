"""Rank a case file from the command line: the same road as a visit takes, without a patient."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError

from knowledge.compiled import compiled_model, current_model, shipped_model
from knowledge.models import Release
from triage.ranking import CompiledModel, InvalidCase, Problem, rank, read_case

BAD_INPUT = 2
SENTENCES = {
    "bad_figure": "“{value}” is no age in years between 0 and 130",
    "needs_a_finding": "an observation is an object with a finding",
    "not_a_list": "must be a list",
    "not_text": "must be a word in quotation marks",
    "recorded_twice": "“{value}” is recorded twice on this side",
    "unknown_finding": "the release has no finding “{value}”",
    "unknown_key": "a case file has no such key",
    "unknown_level": "“{value}” is no level of {finding}",
    "unknown_risk_factor": "the release has no risk factor “{value}”",
    "unknown_value": "“{value}” is not one of the words allowed here",
}


class Command(BaseCommand):
    help = "Print the ranking of a case file as JSON."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("case", metavar="CASE.json", help="a case file, or - for standard input")
        parser.add_argument(
            "--release", metavar="HASH", default="", help="hash of a release (default: newest)"
        )
        parser.add_argument("--indent", type=int, help="spread the JSON over lines")

    def handle(self, *, case: str, release: str, indent: int | None, **options: Any) -> None:
        document = _document(case)
        model = self._model(release)
        try:
            ranking = rank(model, read_case(document, model))
        except InvalidCase as error:
            raise _refused(_sentences(error, document)) from error
        if indent is None:
            self.stdout.write(ranking.to_json().decode())
        else:
            self.stdout.write(json.dumps(ranking.to_dict(), indent=indent, ensure_ascii=False))

    def _model(self, start: str) -> CompiledModel:
        """The release whose hash begins so, else the newest, else the shipped knowledge."""
        if start:
            return compiled_model(_release(start))
        try:
            newest = current_model()
        except ProgrammingError:  # a clone whose tables were never made
            newest = None
        if newest is None:
            self.stderr.write("Nothing has been published yet; this is the shipped knowledge.")
        return newest or shipped_model()


def _refused(message: str) -> CommandError:
    return CommandError(message, returncode=BAD_INPUT)


def _document(case: str) -> dict[str, Any]:
    where = "standard input" if case == "-" else case
    try:
        text = sys.stdin.read() if case == "-" else Path(case).read_text(encoding="utf-8")
        document = json.loads(text)
    except OSError as error:
        raise _refused(f"{where} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _refused(f"{where} is not UTF-8 text: byte {error.start} cannot be decoded.") from error
    except json.JSONDecodeError as error:
        raise _refused(
            f"{where} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    if not isinstance(document, dict):
        raise _refused(f"{where} holds no case: a case file is one JSON object.")
    return document


def _release(start: str) -> str:
    """The full hash of the release whose hash begins so."""
    found = list(
        Release.objects.filter(sha256__startswith=start.lower()).values_list("sha256", flat=True)[:2]
    )
    if len(found) != 1:
        how_many = "Several releases have" if found else "No release has"
        raise _refused(f"{how_many} a hash that begins with {start}.")
    return found[0]


def _sentences(error: InvalidCase, document: dict[str, Any]) -> str:
    return "\n".join(_sentence(problem, document) for problem in error.problems)


def _sentence(problem: Problem, document: dict[str, Any]) -> str:
    words = SENTENCES.get(problem.kind, problem.kind.replace("_", " "))
    said = words.format(value=problem.value, finding=_finding_at(problem.where, document))
    nearest = f" Nearest: {', '.join(problem.nearest)}." if problem.nearest else ""
    return f"{problem.where}: {said}.{nearest}"


def _finding_at(where: str, document: dict[str, Any]) -> str:
    """The finding of the observation that a path such as `observations[3].level` points into."""
    place = re.match(r"observations\[(\d+)\]", where)
    row = document["observations"][int(place[1])] if place else {}
    return str(row.get("finding", "")) if isinstance(row, dict) else ""
