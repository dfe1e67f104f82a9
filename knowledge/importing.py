"""Content into the working copy, three-way and all or nothing.

For each entity three versions are compared: *base* (as the last import brought it), *mine* (the working
copy) and *theirs* (the new content). A local edit is never lost: where one side changed, that side holds;
where both did, nothing is imported and both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import DataError, IntegrityError, InternalError, connection, transaction
from django.db.models import ProtectedError

from knowledge.exporting import NESTED, NothingImported, working_content, working_document
from knowledge.faults import ContentFaults, Fault, key_path
from knowledge.loading import Content
from knowledge.mapping import SHAPES, WORKING_COPY, Plain, Shape, column_values
from knowledge.models import ImportedEntity, Release, WorkingCopy
from knowledge.schema.declared import clinic_flaws
from knowledge.writing import set_columns, write_related, write_row

Key = tuple[str, str]  # (list of the document, code)
RELEASE: Key = ("release", "release")
LOCK = 0x54494E45  # one import or publication at a time
FOR_EVER = ("findings", "conditions", "risk_factors", "contributing_factors")


@dataclass(frozen=True)
class Change:
    """What an import does with one entity; `mine` and `theirs` are plain data, None where there is none."""

    kind: str
    code: str
    action: Literal["create", "update", "delete", "keep", "conflict"]
    mine: Plain | None = None
    theirs: Plain | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The keys in which mine and theirs differ."""
        mine, theirs = self.mine or {}, self.theirs or {}
        return tuple(sorted(key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key)))

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.code}"


@dataclass(frozen=True)
class Plan:
    changes: tuple[Change, ...]
    theirs: Mapping[Key, Plain] = field(default_factory=dict)
    base: Mapping[Key, Plain] = field(default_factory=dict)
    mine: Mapping[Key, Plain] = field(default_factory=dict)

    def having(self, *actions: str) -> list[Change]:
        return [change for change in self.changes if change.action in actions]

    @property
    def writes(self) -> list[Change]:
        return self.having("create", "update", "delete")


class ImportConflict(Exception):
    """Both sides changed the same entities; nothing was imported."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.conflicts = tuple(plan.having("conflict"))
        super().__init__("\n".join(_both_sides(conflict) for conflict in self.conflicts))


def entities(document: Mapping[str, Any], cases: Iterable[Plain]) -> dict[Key, Plain]:
    """A document in pieces, compared one by one; a condition carries its priors, evidence and treatments."""
    found: dict[Key, Plain] = {
        RELEASE: {key: document[key] for key in ("name", "kind", "model") if key in document}
    }
    for kind in SHAPES:
        for row in cases if kind == "cases" else document.get(kind, []):
            found[kind, row["code"]] = dict(row)
    for kind in NESTED:
        for row in document.get(kind, []):
            own = {key: value for key, value in row.items() if key != "condition"}
            found["conditions", row["condition"]].setdefault(kind, []).append(own)
    return found


def make_plan(content: Content, base: Content | None = None) -> Plan:
    """What importing the content would do; reads only.

    `base` is what theirs was made from; left out, what the last import of a folder brought.
    """
    theirs = content_entities(content)
    mine = _mine()
    if base is not None:
        before = content_entities(base)
    else:
        before = {(row.kind, row.code): row.content for row in ImportedEntity.objects.all()}
    if not (content.has_cases and (base is None or base.has_cases)):
        theirs, mine, before = (_without_cases(side) for side in (theirs, mine, before))
    changes = []
    for key in sorted({*theirs, *mine, *before}):
        change = _compare(key, before.get(key), mine.get(key), theirs.get(key))
        if change is not None:
            changes.append(change)
    return Plan(tuple(changes), theirs, before, mine)


def content_entities(content: Content) -> dict[Key, Plain]:
    return entities(content.document.plain(), [case.plain() for case in content.cases])


def _without_cases(side: Mapping[Key, Plain]) -> dict[Key, Plain]:
    return {key: content for key, content in side.items() if key[0] != "cases"}


def import_content(content: Content, base: Content | None = None) -> Plan:
    """Import the content; raises ImportConflict or ContentFaults, and then nothing has changed.

    A folder becomes the base of the next import. One document does not: it is an edit of this working copy,
    and what it changed must still count as changed here when the next folder comes.
    """
    _refuse_beyond(content)
    with all_or_nothing():
        lock_working_copy()
        plan = make_plan(content, base)
        if plan.having("conflict"):
            raise ImportConflict(plan)
        _refuse_vanished(plan.having("delete", "update"))
        if not content.has_cases:
            _refuse_withdrawing(plan.writes)
        for change in plan.having("create", "update"):
            write_change(change)
        _delete(plan.having("delete"))
        if content.has_cases and base is None:
            _remember(plan)
        if plan.writes:
            working_content()  # local edits and new content together must still be sound
    return plan


def preview_import(content: Content, base: Content | None = None) -> Plan:
    """The import with all its checks, and nothing of it kept; raises what the import would raise."""
    with transaction.atomic():
        plan = import_content(content, base)
        transaction.set_rollback(True)
    return plan


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """What the database itself refuses is a fault like any other, and undoes everything."""
    try:
        with transaction.atomic():
            yield
    except (DataError, IntegrityError, InternalError) as error:
        problem = f"the database refuses it: {str(error).splitlines()[0]}"
        raise ContentFaults([Fault("working copy", 0, "", problem, "correct the row")]) from error


def lock_working_copy() -> None:
    """Imports and publications wait for one another until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _mine() -> dict[Key, Plain]:
    try:
        return entities(*working_document())
    except NothingImported:
        return {}


def _compare(key: Key, base: Plain | None, mine: Plain | None, theirs: Plain | None) -> Change | None:
    if mine == theirs:
        return None
    if theirs == base:
        return Change(*key, "keep", mine, theirs)
    if mine != base:
        return Change(*key, "conflict", mine, theirs)
    if theirs is None:
        return Change(*key, "delete", mine, theirs)
    return Change(*key, "create" if mine is None else "update", mine, theirs)


def _refuse_beyond(content: Content) -> None:
    """A corpus may say what the working copy has no room for; it is refused whole and never rounded."""
    found = clinic_flaws(content.document)
    if found:
        name = content.document.name
        raise ContentFaults(
            Fault(name, 0, key_path(flaw.path), flaw.problem, f"the working copy: {flaw.remedy}")
            for flaw in found
        )


def _refuse_withdrawing(changes: Sequence[Change]) -> None:
    """A source is withdrawn, and taken back, by a reviewer with a reason, never by an editor's document."""
    faults = []
    for change in changes:
        status = [(side or {}).get("status") for side in (change.mine, change.theirs)]
        if change.kind == "sources" and status[0] != status[1] and "withdrawn" in status:
            problem = f"the status goes from {status[0]} to {status[1]}"
            remedy = "a reviewer does that on the page of the source"
            faults.append(Fault("sources", 0, change.code, problem, remedy))
    if faults:
        raise ContentFaults(faults)


def _refuse_vanished(changes: Sequence[Change]) -> None:
    """A code that was published stays: observations of patients name it."""
    risky = [(change, code) for change in changes for code in vanishing_codes(change)]
    if not risky:
        return
    published = published_codes()
    faults = [
        Fault(
            change.kind,
            0,
            code,
            "the code was published and now is missing",
            "codes are for ever: keep it and name replaced_by",
        )
        for change, code in risky
        if (change.kind, code) in published
    ]
    if faults:
        raise ContentFaults(faults)


def published_codes() -> set[tuple[str, str]]:
    """(list, code) of all that any release ever gave a meaning."""
    published: set[tuple[str, str]] = set()
    for release in Release.objects.all():
        document = release.document
        for kind in FOR_EVER:
            published.update((kind, code) for row in document.get(kind, []) for code in _codes(row))
    return published


def _codes(row: Plain) -> list[str]:
    """The codes a row gives away for ever: its own, and "code.level" of each of its levels."""
    return [row["code"], *(f"{row['code']}.{level['code']}" for level in row.get("levels", []))]


def vanishing_codes(change: Change) -> list[str]:
    if change.kind not in FOR_EVER or change.mine is None:
        return []
    kept = [] if change.theirs is None else _codes(change.theirs)
    return [code for code in _codes(change.mine) if code not in kept]


def _delete(changes: Sequence[Change]) -> None:
    """What hangs on the rows goes first, then the rows: what names others before what is named."""
    last_first = list(SHAPES)[::-1]
    rows = []
    for change in sorted(changes, key=lambda change: last_first.index(change.kind)):
        row = _table(change).model._default_manager.get(pk=change.code)
        write_related(_table(change), row, {}, change.mine or {})
        rows.append(row)
    faults = [fault for row in rows for fault in _delete_row(row)]
    if faults:
        raise ContentFaults(faults)


def _delete_row(row: Any) -> list[Fault]:
    """Delete a row, or say which local edits still name it."""
    try:
        row.delete()
    except ProtectedError as error:
        users = ", ".join(sorted(str(user) for user in error.protected_objects))
        problem = f"the new content drops it, and the working copy still uses it ({users})"
        return [Fault(row._meta.verbose_name, 0, row.pk, problem, "take it out there first, or keep it")]
    return []


def _table(change: Change) -> Shape:
    return SHAPES[change.kind]


def write_change(change: Change) -> None:
    theirs = change.theirs or {}
    if change.kind == RELEASE[0]:
        plain = {**theirs["model"], "name": theirs["name"], "kind": theirs["kind"]}
        only = WorkingCopy.objects.first() or WorkingCopy()
        set_columns(only, column_values(WORKING_COPY, plain))
        only.save()
        return
    shape = _table(change)
    row = shape.model._default_manager.filter(pk=change.code).first() or shape.model(pk=change.code)
    write_row(shape, row, theirs, change.mine or {})


def _remember(plan: Plan) -> None:
    """The new content is the base of the next comparison; unchanged entities are not written again."""
    for (kind, code), content in plan.theirs.items():
        if plan.base.get((kind, code)) != content:
            ImportedEntity.objects.update_or_create(kind=kind, code=code, defaults={"content": content})
    for kind, code in set(plan.base) - set(plan.theirs):
        ImportedEntity.objects.filter(kind=kind, code=code).delete()


def _both_sides(conflict: Change) -> str:
    lines = [f"{conflict.kind} {conflict.code}: changed here and in the new content"]
    for key in conflict.fields:
        lines.append(f"  {key}")
        lines.append(f"    mine:   {_short((conflict.mine or {}).get(key, 'nothing'))}")
        lines.append(f"    theirs: {_short((conflict.theirs or {}).get(key, 'nothing'))}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 160 else f"{text[:157]}…"
