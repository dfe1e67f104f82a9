"""An old release as the working copy again, through the machinery of the import.

Nothing is lost: what a release ever published keeps its code and stays, what a row that stays needs stays
too, golden cases are left alone, and the history of every row keeps what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from clinics.audit import record_event
from clinics.models import User
from knowledge.exporting import working_content, working_document
from knowledge.importing import (
    Change,
    entities,
    lock_working_copy,
    published_codes,
    vanishing_codes,
    write_change,
)
from knowledge.mapping import SHAPES
from knowledge.models import Release
from knowledge.publishing import without_measures
from knowledge.writing import write_related

UNTOUCHED = ("cases",)


@dataclass(frozen=True)
class Restoration:
    """What is written back, what is taken out, and what stays although the old release does not have it."""

    written: tuple[Change, ...]
    removed: tuple[Change, ...]
    stays: tuple[Change, ...]


def plan_restoration(release: Release) -> Restoration:
    """Reads only. NothingImported where there is no working copy."""
    mine = entities(*working_document())
    theirs = entities(without_measures(release.document), [])
    published = published_codes()
    written, removed, stays = [], [], []
    for key in sorted({*mine, *theirs}):
        if key[0] in UNTOUCHED or mine.get(key) == theirs.get(key):
            continue
        change = Change(*key, _action(key, mine, theirs), mine.get(key), theirs.get(key))
        if any((change.kind, code) in published for code in vanishing_codes(change)):
            stays.append(change)
        elif change.action == "delete":
            removed.append(change)
        else:
            written.append(change)
    return Restoration(tuple(written), tuple(removed), tuple(stays))


def _action(key: Any, mine: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Any:
    if key not in theirs:
        return "delete"
    return "update" if key in mine else "create"


@transaction.atomic
def restore_release(*, release: Release, by: User) -> Restoration:
    """Set the working copy to what the release said. ContentFaults when the result would not be sound, and
    then nothing has changed.
    """
    lock_working_copy()
    plan = plan_restoration(release)
    for change in sorted(plan.written, key=_order):
        write_change(change)
    kept = _remove(sorted(plan.removed, key=_order, reverse=True))
    working_content()
    record_event(action="knowledge.restored", user=by, object_type="release", object_id=release.pk)
    removed = tuple(change for change in plan.removed if change not in kept)
    return Restoration(plan.written, removed, (*plan.stays, *kept))


def _order(change: Change) -> int:
    return list(SHAPES).index(change.kind) if change.kind in SHAPES else -1


def _remove(changes: list[Change]) -> list[Change]:
    """Take rows out, those that name others first; gives back those that something else still names."""
    waiting = list(changes)
    while True:
        kept = [change for change in waiting if not _removed(change)]
        if not kept or len(kept) == len(waiting):
            return kept
        waiting = kept


def _removed(change: Change) -> bool:
    shape = SHAPES[change.kind]
    try:
        with transaction.atomic():
            row = shape.model._default_manager.get(pk=change.code)
            write_related(shape, row, {}, change.mine or {})
            row.delete()
    except ProtectedError:
        return False
    return True
