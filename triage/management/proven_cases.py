"""Reading a file of proven cases, one case file per line. Every fault of every line at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from triage.evaluation import ProvenCase
from triage.management.case_files import name_of, read_text, refused, sentences
from triage.ranking import CompiledModel, InvalidCase, read_case

NEEDED = ("id", "diagnosis", "proof")


def read_proven_cases(path: str, model: CompiledModel) -> list[ProvenCase]:
    """Every line as a case, blank lines passed over; refuses the file when anything in it is wrong."""
    cases: list[ProvenCase] = []
    faults: list[str] = []
    first_line: dict[str, int] = {}  # by id
    for number, text in _lines(read_text(path)):
        document, said = _parsed(text)
        if document is not None:
            case, said = _read(document, model)
            known = first_line.setdefault(_word(document, "id") or f"line {number}", number)
            said += [f"id: stands in line {known} already."] if known != number else []
            cases += [case] if case is not None else []
        faults += [f"line {number}: {fault}" for fault in said]
    if faults:
        some = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise refused("\n".join([*faults, f"{some} in {name_of(path)}; nothing was evaluated."]))
    if not cases:
        raise refused(f"{name_of(path)} holds no case: one JSON object per line is expected.")
    return cases


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank. Split at line feeds alone: JSON text may hold U+2028."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            yield number, line


def _parsed(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    """The object of a line, or what is wrong with the line."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        return None, [f"is not JSON: column {error.colno}: {error.msg}."]
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets without end
        return None, ["is not JSON that can be read."]
    if not isinstance(document, dict):
        return None, ["holds no case: a case file is one JSON object."]
    return document, []


def _read(document: dict[str, Any], model: CompiledModel) -> tuple[ProvenCase | None, list[str]]:
    """The case, or every fault of it."""
    said = [_fault(key, document.get(key)) for key in NEEDED if not _word(document, key)]
    try:
        case = read_case(document, model)
    except InvalidCase as error:
        return None, [*said, *sentences(error, document)]
    words = {key: _word(document, key) for key in NEEDED}
    return (None if said else ProvenCase(**words, case=case)), said


def _word(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value.strip() if isinstance(value, str) else ""


def _fault(key: str, value: Any) -> str:
    missing = value is None or (isinstance(value, str) and not value.strip())
    return f"{key}: is missing." if missing else f"{key}: must be a word in quotation marks."
