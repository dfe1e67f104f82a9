"""What a form asks: keys of the plain data with their words, and lists of groups of keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "line", "text", "names", "code", "codes", "number", "whole", "choice", "yes", "weeks", "numbers", "rule"
]


@dataclass(frozen=True)
class Key:
    """One key path of the plain data, asked as one field."""

    path: str
    kind: Kind
    label: str
    help: str = ""
    of: str = ""  # list of the document that codes come from
    choices: tuple[str, ...] = ()
    most: int = 0  # characters, where the kind has no limit of its own
    fixed: bool = False  # for ever once it is saved
    level_of: str = ""  # key path of the finding whose levels these are; "self" for those of this form


@dataclass(frozen=True)
class Repeat:
    """A list under a key: one group of keys for each entry, and some empty ones."""

    path: str
    label: str
    keys: tuple[Key, ...]
    spare: int = 1
    most: int = 60


@dataclass(frozen=True)
class Section:
    title: str
    entries: tuple[Key | Repeat, ...]
    folded: bool = False


def name_of(path: str) -> str:
    """The name of the field that asks for a key path."""
    return path.replace(".", "__")


def value_at(data: Any, path: str) -> Any:
    """The value under "levels.0.code"; None where there is none."""
    for part in path.split("."):
        if isinstance(data, list):
            data = data[int(part)] if int(part) < len(data) else None
        else:
            data = data.get(part) if isinstance(data, Mapping) else None
    return data


def claim(prefix: str = "") -> tuple[Key, ...]:
    """What a claim rests on; asked the same way everywhere."""
    dot = f"{prefix}." if prefix else ""
    return (
        Key(f"{dot}source", "code", "Source", "Code, DOI or words of the citation", of="sources"),
        Key(f"{dot}locator", "line", "Where in it", "Page, table, section"),
        Key(f"{dot}basis", "choice", "Rests on", choices=("study", "expert_estimate")),
    )


def expanded(repeat: Repeat, index: int) -> tuple[Key, ...]:
    """The keys of one group, with their paths in the whole."""
    return tuple(
        Key(
            **{
                **vars(key),
                "path": f"{repeat.path}.{index}.{key.path}",
                "level_of": _inside(key, repeat, index),
            }
        )
        for key in repeat.keys
    )


def _inside(key: Key, repeat: Repeat, index: int) -> str:
    return f"{repeat.path}.{index}.{key.level_of}" if key.level_of not in {"", "self"} else key.level_of
