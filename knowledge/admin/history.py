"""The events of a row in words: when, by whom, and what each field was and became."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory.models
from django.contrib.auth import get_user_model
from django.db import models

LENGTH = 200
NOBODY = "system"


@dataclass(frozen=True)
class Told:
    """One event; `changes` are (field, before, after), before being empty for a new row."""

    at: datetime
    what: str
    row: str
    who: str
    changes: tuple[tuple[str, Any, Any], ...]


def of_row(row: models.Model) -> list[Told]:
    return _told(pghistory.models.Events.objects.tracks(row))


def around(row: models.Model) -> list[Told]:
    """What hangs on the row or names it, without the row itself."""
    events = pghistory.models.Events.objects.references(row)
    return _told(events.exclude(pgh_obj_model=row._meta.label, pgh_obj_id=str(row.pk)))


def _told(events: Any) -> list[Told]:
    newest = list(events.order_by("-pgh_created_at")[:LENGTH])
    names = _names(event.pgh_context or {} for event in newest)
    return [
        Told(
            at=event.pgh_created_at,
            what=event.pgh_label,
            row=f"{event.pgh_obj_model.rpartition('.')[2]} {event.pgh_obj_id or ''}".strip(),
            who=_who(event.pgh_context or {}, names),
            changes=_changes(event),
        )
        for event in newest
    ]


def _names(contexts: Iterable[dict[str, Any]]) -> dict[str, str]:
    people = {context["user"] for context in contexts if context.get("user")}
    return {str(user.pk): str(user) for user in get_user_model()._default_manager.filter(pk__in=people)}


def _who(context: dict[str, Any], names: dict[str, str]) -> str:
    """The person by name; else the reason that the change gave; else nobody in person."""
    return names.get(str(context.get("user")), "") or str(context.get("why") or NOBODY)


def _changes(event: Any) -> tuple[tuple[str, Any, Any], ...]:
    if event.pgh_diff:
        return tuple((field, before, after) for field, (before, after) in event.pgh_diff.items())
    whole = (event.pgh_data or {}).items()
    return tuple(
        (field, "", value) for field, value in whole if field != "id" and value not in (None, "", [])
    )
