"""What publishing would refuse of the working copy, before and after a change, and for one entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from knowledge.editing.parts import ENTITIES
from knowledge.exporting import assemble, release_block, working_rows
from knowledge.faults import faults_of_validation, key_path
from knowledge.mapping import Plain
from knowledge.schema import GoldenCase, Row, read_document
from knowledge.schema.book import Flaw
from knowledge.schema.document import canonical_text
from knowledge.schema.references import flaws

Rows = dict[str, list[Plain]]
RESTED_ON = ("findings", "sources")
OWN_KEYS = ("code", "condition", "finding", "treatment")


@dataclass(frozen=True, order=True)
class Trouble:
    """One thing that publishing refuses: of which row, what is wrong and what to do."""

    entity: str
    row: str
    problem: str
    remedy: str
    unfinished: bool = False  # something is still missing; nothing is wrong

    def __str__(self) -> str:
        return f"{self.problem[0].upper()}{self.problem[1:]}" + (f" – {self.remedy}." if self.remedy else ".")


class Unsound(Exception):
    """A change that publishing would refuse; nothing was saved."""

    def __init__(self, troubles: Iterable[Trouble]) -> None:
        self.troubles = tuple(troubles)
        super().__init__(" ".join(map(str, self.troubles)))


def troubles_of(rows: Mapping[str, list[Plain]]) -> list[Trouble]:
    """Everything that publishing would refuse of these rows; raises NothingImported."""
    body = {kind: entries for kind, entries in rows.items() if kind != "cases"}
    document = assemble(release_block(), body)
    try:
        read = read_document(document)
        cases = [GoldenCase.model_validate_json(canonical_text(case)) for case in rows.get("cases", [])]
    except ValidationError as error:
        return [
            Trouble("", key_path(path[:2]), f"{key_path(path[2:])} {problem}", remedy)
            for path, problem, remedy in faults_of_validation(error)
        ]
    return sorted({_trouble(flaw) for flaw in flaws(read, cases)})


def new_troubles(before: Rows, after: Rows) -> list[Trouble]:
    """What a change would spoil; what only is not finished yet may be saved."""
    found = [trouble for trouble in troubles_of(after) if not trouble.unfinished]
    if not found:
        return []
    known = set(troubles_of(before))
    return [trouble for trouble in found if trouble not in known]


def troubles_around(code: str) -> list[Trouble]:
    """What publishing would refuse now of one entity and of the rows that name it."""
    return [
        trouble for trouble in troubles_of(working_rows()) if code in {trouble.entity, *trouble.row.split()}
    ]


def _trouble(flaw: Flaw) -> Trouble:
    plain = flaw.row.plain()
    named = [str(plain[key]) for key in OWN_KEYS if isinstance(plain.get(key), str)]
    row = " ".join(named[:1] if "code" in plain else named)
    unfinished = not flaw.path and isinstance(flaw.row, Row) and "has no " in flaw.problem
    return Trouble(_entity(plain), row, flaw.problem, flaw.remedy, unfinished)


def _entity(plain: Mapping[str, Any]) -> str:
    return str(plain.get("code") or plain.get("condition") or "")


def rows_to_check(kind: str, branch: str) -> Rows:
    """What a change can spoil: evidence and other tables only where it is to what they rest on or ask for."""
    if kind in RESTED_ON and not branch:
        return working_rows()
    return {name: [entity.main.plain(row) for row in entity.main.rows()] for name, entity in ENTITIES.items()}


@dataclass(frozen=True)
class Step:
    """What becomes of one row: of a branch of the entity, or of the entity itself where that is empty.

    `old` is None for a new row, `new` for one that is taken out; tables that hang `apart` stay as they are.
    """

    kind: str
    code: str
    branch: str
    old: Plain | None
    new: Plain | None
    apart: tuple[str, ...] = ()

    def taken(self, rows: Rows) -> Rows:
        """The rows after the step; those given stay untouched."""
        after = [
            self._entity(entry) if entry["code"] == self.code else entry for entry in rows.get(self.kind, [])
        ]
        if not self.branch and self.old is None and self.new is not None:
            after.append(self.new)
        return {**rows, self.kind: [entry for entry in after if entry]}

    def _entity(self, entry: Plain) -> Plain:
        if not self.branch:
            kept = {key: entry[key] for key in self.apart if key in entry}
            return {**self.new, **kept} if self.new is not None else {}
        children = list(entry.get(self.branch, []))
        if self.old is not None and self.old in children:
            children.remove(self.old)
        return {**entry, self.branch: [*children, *([self.new] if self.new is not None else [])]}
