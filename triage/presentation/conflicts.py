"""Two people answered the same question: mine and theirs, in the words of the form."""

from __future__ import annotations

from dataclasses import dataclass

from triage.errors import StaleVersion
from triage.presentation.answers import control_for, value_of
from triage.presentation.knowledge import Shelf
from triage.presentation.reasons import item_of


@dataclass(frozen=True)
class Conflict:
    code: str
    side: str
    name: str
    field: str
    version_field: str
    version: int
    mine: str
    mine_value: str
    theirs: str
    theirs_value: str


def conflict_of(shelf: Shelf, finding: str, side: str, stale: StaleVersion) -> Conflict:
    item = item_of(shelf, finding) or {"code": finding, "name": finding}
    mine, theirs = value_of(stale.mine), value_of(stale.theirs)
    control = control_for(item, side, None, "")
    labels = {choice.value: choice.label for choice in control.choices}
    return Conflict(
        code=finding,
        side=side,
        name=item["name"],
        field=control.field,
        version_field=control.version_field,
        version=stale.version,
        mine=labels.get(mine, mine),
        mine_value=mine,
        theirs=labels.get(theirs, theirs),
        theirs_value=theirs,
    )
