"""Saving one part of the working copy: not over somebody else's change, never what publishing refuses,
with the person in history and on record.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pghistory
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Max, ProtectedError

from clinics.audit import record_event
from clinics.models import User
from knowledge.editing.checking import Step, Unsound, new_troubles, rows_to_check
from knowledge.editing.parts import Entity, Part, token_of
from knowledge.importing import lock_working_copy
from knowledge.mapping import Plain
from knowledge.writing import write_row


class Stale(Exception):
    """Somebody else saved this row, or took it out, since the form was made."""

    def __init__(self, theirs: Plain | None) -> None:
        self.theirs = theirs
        self.token = token_of(theirs) if theirs is not None else ""
        super().__init__("changed meanwhile")


class Taken(Exception):
    """The code belongs to another row already."""


class InUse(Exception):
    """Other rows name this one."""

    def __init__(self, users: str) -> None:
        super().__init__(
            f"It cannot be taken out: {users} still name it. Name its successor under “Replaced by”."
        )


@dataclass(frozen=True)
class Saved:
    """`change` is the history's context, by which it is undone; None when nothing was different."""

    pk: Any
    change: uuid.UUID | None


@dataclass(frozen=True)
class Place:
    """Where a row lies: its entity and part, and whose it is."""

    entity: Entity
    part: Part
    code: str

    @property
    def name(self) -> str:
        return f"{self.entity.kind}/{self.code}"


@transaction.atomic
def save_part(*, user: User, place: Place, pk: Any, plain: Plain, token: str) -> Saved:
    """Save a row, or add one where `pk` is None. Raises Stale, Taken, Unsound; nothing is saved then."""
    lock_working_copy()
    row, current = _current(place, pk)
    if pk is not None and token_of(current) != token:
        raise Stale(current)
    if pk is None and not place.part.branch and place.part.rows().filter(pk=place.code).exists():
        raise Taken(f"The code {place.code} is taken.")
    if current == plain:
        return Saved(row.pk, None)
    if pk is None and place.part.branch:
        twin = next((row for row in place.part.rows(place.code) if place.part.plain(row) == plain), None)
        if twin is not None:  # the same form sent twice
            return Saved(twin.pk, None)
    _refuse_unsound(place, current if pk is not None else None, plain)
    with pghistory.context(entity=place.name, part=place.part.slug or place.part.kind) as context:
        write_row(place.part.shape, row, plain, current)
    _record(user, place, "added" if pk is None else "changed", row.pk, sorted(_keys(current, plain)))
    return Saved(row.pk, context.id)


@transaction.atomic
def remove_part(*, user: User, place: Place, pk: Any, token: str) -> Saved:
    """Take a row out. Raises Stale, Unsound, InUse."""
    lock_working_copy()
    row, current = _current(place, pk)
    if token_of(current) != token:
        raise Stale(current)
    _refuse_unsound(place, current, None)
    try:
        with pghistory.context(entity=place.name, part=place.part.slug or place.part.kind) as context:
            row.delete()
    except ProtectedError as error:
        raise InUse(", ".join(sorted({str(user) for user in error.protected_objects})[:5])) from error
    _record(user, place, "removed", pk, sorted(current))
    return Saved(pk, context.id)


def _current(place: Place, pk: Any) -> tuple[Any, Plain]:
    """The row as it lies there now, locked; a new one where `pk` is None. Raises Stale when it is gone."""
    part = place.part
    if pk is None:
        if part.branch is None:
            return part.shape.model(pk=place.code), {}
        new: Any = part.shape.model(**{f"{part.branch.owner}_id": place.code})
        if part.branch.positioned:
            last = part.rows(place.code).aggregate(last=Max("position"))["last"]
            new.position = 0 if last is None else last + 1
        return new, {}
    try:
        row = part.rows(place.code).select_for_update(of=("self",)).get(pk=pk)
    except ObjectDoesNotExist:
        raise Stale(None) from None
    return row, part.plain(row)


def _refuse_unsound(place: Place, old: Plain | None, new: Plain | None) -> None:
    apart = tuple(part.branch.key for part in place.entity.tables if part.branch)
    branch = place.part.branch.key if place.part.branch else ""
    rows = rows_to_check(place.entity.kind, branch)
    step = Step(place.entity.kind, place.code, branch, old, new, apart)
    spoiled = new_troubles(rows, step.taken(rows))
    if spoiled:
        raise Unsound(spoiled)


def _keys(old: Plain, new: Plain) -> set[str]:
    return {key for key in {*old, *new} if old.get(key) != new.get(key)}


def _record(user: User, place: Place, what: str, pk: Any, keys: list[str]) -> None:
    record_event(
        action=f"knowledge.{what}",
        user=user,
        object_type=place.part.shape.model._meta.model_name or "",
        object_id=str(pk),
        detail={"entity": place.name, "part": place.part.slug, "fields": keys},
    )


__all__ = ["InUse", "Place", "Saved", "Stale", "Taken", "Unsound", "remove_part", "save_part"]
