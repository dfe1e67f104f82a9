"""What the commands that read case files share: the release they ask for, and faults as sentences."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db import ProgrammingError

from knowledge.compiled import compiled_model, current_model, shipped_model
from knowledge.models import Release
from triage.ranking import CompiledModel, InvalidCase, InvalidRelease, Problem, compile_with_clinic
from triage.ranking.clinic_model import with_clinic
from triage.ranking.compile import canonical

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


def refused(message: str) -> CommandError:
    return CommandError(message, returncode=BAD_INPUT)


def read_text(path: str) -> str:
    """The text of a file, or of standard input for “-”."""
    where = name_of(path)
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise refused(f"{where} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise refused(f"{where} is not UTF-8 text: byte {error.start} cannot be decoded.") from error


def read_object(path: str, what: str) -> dict[str, Any]:
    """The JSON object of a file, or of standard input for “-”."""
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise refused(
            f"{name_of(path)} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    if not isinstance(document, dict):
        raise refused(f"{name_of(path)} holds no {what}: one JSON object is expected.")
    return document


def name_of(path: str) -> str:
    return "standard input" if path == "-" else path


def chosen_model(start: str, stderr: OutputWrapper) -> CompiledModel:
    """The release whose hash begins so, else the newest, else the shipped knowledge."""
    if start:
        return compiled_model(_release(start))
    try:
        newest = current_model()
    except ProgrammingError:  # a clone whose tables were never made
        newest = None
    if newest is None:
        stderr.write("Nothing has been published yet; this is the shipped knowledge.")
    return newest or shipped_model()


def laid_over(model: CompiledModel, settings: Mapping[str, Any]) -> CompiledModel:
    """The model with a clinic's own numbers, as an assessment signed under them has it."""
    release = Release.objects.filter(sha256=model.release).first()
    if release is None:
        raise refused("A clinic's own numbers lie over a published release; none has been published yet.")
    try:
        with_clinic(release.document, settings)
    except InvalidRelease as error:
        faults = [f"{p.where}: {p.kind.replace('_', ' ')} {p.value}".rstrip() for p in error.problems]
        raise refused("\n".join(faults)) from error
    written = hashlib.sha256(canonical(settings)).hexdigest()
    return compile_with_clinic(release.document, settings, release_hash=model.release, settings_hash=written)


def _release(start: str) -> str:
    """The full hash of the release whose hash begins so."""
    found = list(
        Release.objects.filter(sha256__startswith=start.lower()).values_list("sha256", flat=True)[:2]
    )
    if len(found) != 1:
        how_many = "Several releases have" if found else "No release has"
        raise refused(f"{how_many} a hash that begins with {start}.")
    return found[0]


def sentences(error: InvalidCase, document: Mapping[str, Any]) -> list[str]:
    """Every fault of a case file: place, what is wrong, the nearest codes that exist."""
    return [_sentence(problem, document) for problem in error.problems]


def _sentence(problem: Problem, document: Mapping[str, Any]) -> str:
    words = SENTENCES.get(problem.kind, problem.kind.replace("_", " "))
    said = words.format(value=problem.value, finding=_finding_at(problem.where, document))
    nearest = f" Nearest: {', '.join(problem.nearest)}." if problem.nearest else ""
    return f"{problem.where}: {said}.{nearest}"


def _finding_at(where: str, document: Mapping[str, Any]) -> str:
    """The finding of the observation that a path such as `observations[3].level` points into."""
    place = re.match(r"observations\[(\d+)\]", where)
    row = document["observations"][int(place[1])] if place else {}
    return str(row.get("finding", "")) if isinstance(row, dict) else ""
