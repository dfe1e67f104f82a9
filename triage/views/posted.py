"""The answers of a posted form: `o:<code>:<side>` the value, `v:<code>:<side>` the version shown."""

from __future__ import annotations

import uuid

from django.http import QueryDict

from triage.presentation.answers import status_and_level
from triage.services import Answer

FIELD_LENGTH = 80
VERSION_DIGITS = 9


def uuid_or_none(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def version_of(data: QueryDict) -> int:
    """The version the page was shown with; 0, which no row has, for what is no number."""
    version = data.get("version", "")
    return int(version) if version.isdecimal() and len(version) <= VERSION_DIGITS else 0


class Unreadable(Exception):
    """A field that no page of ours sends."""


def posted_answers(data: QueryDict) -> list[Answer]:
    """Every answer of the form, in its order. Raises Unreadable."""
    return [_answer(name, data) for name in data if name.startswith("o:")]


def _answer(name: str, data: QueryDict) -> Answer:
    parts = name.split(":")
    version = data.get(f"v:{name[2:]}") or "0"
    if (
        len(parts) != 3
        or len(name) > FIELD_LENGTH
        or not version.isdecimal()
        or len(version) > VERSION_DIGITS
    ):
        raise Unreadable(name[:FIELD_LENGTH])
    status, level = status_and_level(str(data[name]))
    return Answer(finding=parts[1], level=level, side=parts[2], status=status, version=int(version))
