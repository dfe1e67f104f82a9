"""Taking back one change: its events in the history, the other way round.

All that one request changed shares a context. Each row it touched goes back to what it was, unless
somebody has changed that row since.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pghistory
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from pghistory.models import Context

from clinics.audit import record_event
from clinics.models import User
from knowledge.editing.checking import Unsound, troubles_of
from knowledge.exporting import working_rows
from knowledge.importing import lock_working_copy

OWN = ("pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "pgh_obj_id", "pgh_context_id")


class CannotUndo(Exception):
    """With the reason in a sentence."""


@transaction.atomic
def undo(*, user: User, change: uuid.UUID) -> tuple[str, uuid.UUID]:
    """Undo a change; the entity it was made on, and this change itself. Raises CannotUndo, Unsound."""
    lock_working_copy()
    context = Context.objects.filter(pk=change).first()
    entity = str(context.metadata.get("entity", "")) if context else ""
    if not entity:
        raise CannotUndo("There is no such change.")
    before = {trouble for trouble in troubles_of(working_rows()) if not trouble.unfinished}
    with pghistory.context(entity=entity, undoes=str(change)) as here:
        events = [(model, event) for model in event_models() for event in _events(model, change)]
        if not events:
            raise CannotUndo("There is nothing to take back.")
        for model, event in events:
            _take_back(model, event)
    spoiled = [
        trouble for trouble in troubles_of(working_rows()) if not trouble.unfinished and trouble not in before
    ]
    if spoiled:
        raise Unsound(spoiled)
    record_event(
        action="knowledge.undone",
        user=user,
        object_type="change",
        object_id=change,
        detail={"entity": entity},
    )
    return entity, here.id


@cache
def event_models() -> tuple[type[models.Model], ...]:
    """The tables of history of the knowledge; links first, rows that others hang on last."""
    found = [
        model
        for model in apps.get_app_config("knowledge").get_models()
        if any(field.name == "pgh_label" for field in model._meta.concrete_fields)
    ]
    return tuple(sorted(found, key=lambda model: (not _is_link(model), _depth(model))))


def _depth(model: type[models.Model]) -> int:
    """2 for a row with a code, 1 for one that others hang on, 0 for the rest."""
    tracked = model.pgh_tracked_model  # type: ignore[attr-defined]
    if tracked._meta.pk.name == "code":
        return 2
    return int(
        any(
            relation.on_delete is models.CASCADE
            for relation in tracked._meta.related_objects
            if not relation.related_model._meta.label.endswith("Event")
        )
    )


def _events(model: type[models.Model], change: uuid.UUID) -> Iterator[Any]:
    return model._default_manager.filter(pgh_context_id=change).order_by("-pgh_id").iterator()


def _take_back(model: type[models.Model], event: Any) -> None:
    tracked = model.pgh_tracked_model  # type: ignore[attr-defined]
    values = {
        field.attname: getattr(event, field.attname)
        for field in model._meta.concrete_fields
        if field.name not in OWN
    }
    key = tracked._meta.pk.attname
    same = _same(model, event, tracked, values)
    if model._default_manager.filter(**same, pgh_id__gt=event.pgh_id).exclude(
        pgh_context_id=event.pgh_context_id
    ).exists() and not _is_link(model):
        raise CannotUndo("Somebody has changed it since; what stands there now was left alone.")
    rows = tracked._base_manager.filter(**({key: values[key]} if not _is_link(model) else _pair(values, key)))
    if event.pgh_label == "insert":
        _refuse_hanging(tracked, rows)
        rows.delete()
    elif event.pgh_label == "delete":
        if not rows.exists():
            tracked._base_manager.bulk_create([tracked(**values)])
    else:
        earlier = model._default_manager.filter(**same, pgh_id__lt=event.pgh_id).order_by("-pgh_id").first()
        if earlier is None:
            raise CannotUndo("Its history does not reach back that far.")
        rows.update(**{name: getattr(earlier, name) for name in values if name != key})


def _refuse_hanging(tracked: Any, rows: Any) -> None:
    """A row goes only when nothing else would go with it."""
    collector = Collector(using=DEFAULT_DB_ALIAS)
    try:
        collector.collect(rows)
    except (ProtectedError, RestrictedError) as error:
        raise CannotUndo("Other rows name it by now; change those first.") from error
    own = {tracked, tracked._meta.concrete_model}
    others = [found for found in collector.fast_deletes if found.model not in own]
    if collector.data.keys() - own or any(found.exists() for found in others):
        raise CannotUndo("Other rows hang on it by now; take those out first.")


def _is_link(model: type[models.Model]) -> bool:
    return not any(field.name == "pgh_obj" for field in model._meta.concrete_fields)


def _pair(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


def _same(model: type[models.Model], event: Any, tracked: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What finds the events of the same row."""
    key = tracked._meta.pk.attname
    return _pair(values, key) if _is_link(model) else {key: values[key]}
