"""Two people on one row: what each of them wrote, and the form made ready to be sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.http import QueryDict

from knowledge.editing.forms import EditForm
from knowledge.editing.keys import value_at
from knowledge.editing.saving import Stale

GONE = "taken out"


@dataclass(frozen=True)
class StaleField:
    """One field that differs between what I wrote and what stands there now."""

    label: str
    mine: str
    theirs: str


def stale_fields(form: EditForm, conflict: Stale) -> tuple[StaleField, ...]:
    """Mine and theirs for each field that differs; saving again puts mine in the place of theirs."""
    data = cast(QueryDict, form.data).copy()
    data["token"] = conflict.token
    form.data = data
    if conflict.theirs is None:
        return (StaleField("This row", "still here", GONE),)
    found = []
    for name, key in form.keys.items():
        mine, theirs = value_at(form.plain, key.path), value_at(conflict.theirs, key.path)
        if mine != theirs:
            found.append(StaleField(key.label, form.shown(name, mine), form.shown(name, theirs)))
    return tuple(found) or (StaleField("All fields", "the same", "the same"),)
