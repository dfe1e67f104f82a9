"""A source that turned out not to bear what rests on it: withdrawn with a reason, and all that named it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from clinics.audit import record_event
from clinics.models import User
from knowledge.models import Source, SourceWithdrawal

NAMED_BY = ("code", "condition", "finding", "treatment", "level", "setting")


@dataclass(frozen=True)
class Resting:
    """A row that names the source: its list in the document, the row itself, where in it."""

    kind: str
    row: Mapping[str, Any]
    inside: str = ""


def resting_on(document: Mapping[str, Any], code: str) -> list[Resting]:
    """Every row of a document that names the source, nested claims too. Sources themselves are no rows."""
    return [
        Resting(kind, row, inside)
        for kind, rows in document.items()
        if isinstance(rows, list) and kind != "sources"
        for row in rows
        for inside in _places(row, code)
    ]


def _places(value: Any, code: str, path: str = "") -> list[str]:
    if isinstance(value, Mapping):
        own = [path] if value.get("source") == code else []
        return own + [found for key, inner in value.items() for found in _places(inner, code, path or key)]
    if isinstance(value, list):
        return [found for inner in value for found in _places(inner, code, path)]
    return []


@transaction.atomic
def withdraw_source(*, source: Source, reason: str, by: User) -> SourceWithdrawal:
    """From now on nothing that rests on it can be published; no row is changed by this."""
    source.status = "withdrawn"
    source.save(update_fields=["status"])
    record_event(action="knowledge.source_withdrawn", user=by, object_type="source", object_id=source.pk)
    return SourceWithdrawal.objects.create(source=source, reason=reason.strip(), by=by)


@transaction.atomic
def take_back_withdrawal(*, source: Source, by: User) -> None:
    """The source may be rested on again; that it was withdrawn stays on record."""
    source.status = "verified"
    source.save(update_fields=["status"])
    record_event(action="knowledge.source_taken_back", user=by, object_type="source", object_id=source.pk)
