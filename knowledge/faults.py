"""A fault of the content in words: where it stands, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Fault:
    file: str
    line: int
    key: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        where = f"{place} {self.key}" if self.key else place
        return f"{where}: {self.problem}" + (f" → {self.remedy}" if self.remedy else "")


class ContentFaults(Exception):
    """All faults of a body of content at once; nothing of it may be used."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def key_path(path: Path) -> str:
    """("evidence", 3, "level") → "evidence[3].level"."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def faults_of_validation(error: ValidationError) -> list[tuple[Path, str, str]]:
    """pydantic's errors as (path, problem, remedy) in the words of the content format."""
    shown = (item for item in error.errors(include_url=False) if item["type"] != "default_factory_not_called")
    return [_worded(item) for item in shown]


def _worded(item: Any) -> tuple[Path, str, str]:  # noqa: PLR0911 (one return for each kind of fault)
    path: Path = tuple(part for part in item["loc"] if part != "[key]")
    context = item.get("ctx", {})
    kind, given = item["type"], item.get("input")
    if kind == "missing":
        return path[:-1], f"{path[-1]} is missing", f"add {path[-1]}"
    if kind == "extra_forbidden":
        return path, "this key is not part of the format", "take it out, or correct its spelling"
    if kind == "value_error":
        problem, _, remedy = str(context.get("error", item["msg"])).partition("; ")
        return path, problem, remedy
    if kind == "literal_error":
        return path, f"{given!r} is not one of the choices", f"choose {context['expected']}"
    if kind == "string_pattern_mismatch":
        return path, f"{given!r} has the wrong form", _form(context["pattern"])
    if kind in _TYPES:
        return path, f"{_shown(given)} is not {_TYPES[kind]}", _REMEDIES.get(kind, "correct the value")
    return path, item["msg"][0].lower() + item["msg"][1:] + f" (given: {_shown(given)})", "correct the value"


_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "list_type": "a list",
}
_REMEDIES = {
    "string_type": "write it as text, in quotes if it looks like a number",
    "int_type": "write a whole number without quotes",
    "float_type": "write a number without quotes",
    "bool_type": "write true or false without quotes",
    "tuple_type": 'write a list: "- " before each entry, or [a, b]',
    "list_type": 'write a list: "- " before each entry, or [a, b]',
}


def _form(pattern: str) -> str:
    if pattern == r"^[a-z][a-z0-9_]*$":
        return "a code is small letters, digits and underscores, beginning with a letter"
    return f"write it in the form {pattern}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
