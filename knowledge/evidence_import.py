"""The evidence table from a CSV file into the working copy: all or nothing, three-way by the rows' tokens.

*Base* is the row a line was exported from, known by its token; *mine* the working copy now; *theirs* the
line. A line that says what its token says changes nothing. A row that is no longer as it was exported is a
conflict when the line changes it, and then nothing is imported. A row that no line names stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction

from knowledge.editing.refusals import NOT_HEALTHY, only_healthy
from knowledge.exporting import working_content
from knowledge.faults import ContentFaults, Fault, key_path
from knowledge.importing import all_or_nothing, lock_working_copy
from knowledge.loading import Content
from knowledge.mapping import EVIDENCE, Plain, plain_of, related_names
from knowledge.models import Evidence as EvidenceRow
from knowledge.schema.references import flaws
from knowledge.sheets import COLUMNS, Line, token_of
from knowledge.writing import write_row

Entry = tuple[int, Plain]  # number of the row in its table, and its plain data


@dataclass(frozen=True)
class RowChange:
    """`mine` is the row as it stands, `theirs` what the line says; of a conflict `mine` are the rivals."""

    line: int
    action: Literal["create", "update", "delete", "conflict"]
    theirs: Plain
    mine: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.theirs['finding']} in {self.theirs['condition']}"

    @property
    def rivals(self) -> tuple[str, ...]:
        """What stands here now, in words."""
        return tuple(row_words(row) for _, row in self.mine)

    @property
    def words(self) -> str:
        return row_words(self.theirs)

    def __str__(self) -> str:
        what = {"create": "new", "update": "changed", "delete": "taken out"}.get(self.action, self.action)
        return f"line {self.line} {what}: {self.name} – {self.words}"


class EvidenceConflict(Exception):
    """Rows were changed here since they were exported; nothing was imported."""

    def __init__(self, conflicts: Sequence[RowChange]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(f"{len(conflicts)} rows were changed here since they were exported")


def conflict_lines(error: EvidenceConflict) -> Iterator[str]:
    for change in error.conflicts:
        yield f"line {change.line}: {change.name} was changed here since it was exported"
        yield from (f"  mine:   {words}" for words in change.rivals or ("taken out",))
        yield f"  theirs: {change.words}"


def row_words(row: Plain) -> str:
    """A row in one line: its figures, its source, and what else it says."""
    keys = [key for key in (*COLUMNS, "published_lr") if key in row and key not in ("condition", "finding")]
    return ", ".join(f"{key.replace('_', ' ')} {row[key]}" for key in keys)


def evidence_rows(conditions: Iterable[str] = ()) -> list[Plain]:
    """The evidence of the working copy as plain rows, of some conditions or of all, in order."""
    wanted = list(conditions)
    found = EvidenceRow.objects.of_conditions(wanted) if wanted else EvidenceRow.objects.all()
    rows = [row for _, row in _plain_rows(found)]
    return sorted(rows, key=lambda row: (row["condition"], row["finding"], token_of(row)))


def _plain_rows(found: Any) -> Iterator[tuple[int, Plain]]:
    for row in found.prefetch_related(*related_names(EVIDENCE)):
        yield row.pk, {"condition": row.condition_id, **plain_of(EVIDENCE, row)}


def import_evidence(lines: Sequence[Line], name: str) -> list[RowChange]:
    """What was written; raises EvidenceConflict or ContentFaults, and then nothing has changed."""
    with all_or_nothing():
        lock_working_copy()
        content = working_content()
        changes = _compare(lines)
        conflicts = [change for change in changes if change.action == "conflict"]
        if conflicts:
            raise EvidenceConflict(conflicts)
        _check(content, lines, name)
        _refuse_healthy(changes, name)
        for change in changes:
            _write(change)
        if changes:
            working_content()
    return changes


def preview_evidence(lines: Sequence[Line], name: str) -> list[RowChange]:
    """The import with all its checks, and nothing of it kept; raises what the import would raise."""
    with transaction.atomic():
        changes = import_evidence(lines, name)
        transaction.set_rollback(True)
    return changes


def _compare(lines: Sequence[Line]) -> list[RowChange]:
    here: defaultdict[str, list[Entry]] = defaultdict(list)
    for pk, row in _plain_rows(EvidenceRow.objects.all()):
        here[token_of(row)].append((pk, row))
    said = {line.token for line in lines} | {token_of(line.row.plain()) for line in lines}
    changes = []
    for line in sorted(lines, key=_turn):
        change = _change(line, here, said)
        if change is not None:
            changes.append(change)
    return sorted(changes, key=lambda change: change.line)


def _turn(line: Line) -> int:
    """Lines that change nothing take their row first, then those that know theirs, new ones last."""
    if not line.delete and line.token == token_of(line.row.plain()):
        return 0
    return 1 if line.token else 2


def _change(line: Line, here: defaultdict[str, list[Entry]], said: set[str]) -> RowChange | None:
    """What one line does; a row that is taken is taken once, so that two equal rows are two rows."""
    theirs = line.row.plain()
    as_said = token_of(theirs)
    if line.token and here[line.token]:
        mine = here[line.token].pop()
        if line.delete:
            return RowChange(line.number, "delete", theirs, (mine,))
        return None if as_said == line.token else RowChange(line.number, "update", theirs, (mine,))
    if not line.delete and here[as_said]:
        here[as_said].pop()  # somebody made the same change, or this file was imported before
        return None
    if not line.token:
        return RowChange(line.number, "create", theirs)
    rivals = _rivals(theirs, here, said)
    unchanged = as_said == line.token and not line.delete
    already_gone = line.delete and not rivals
    return None if unchanged or already_gone else RowChange(line.number, "conflict", theirs, rivals)


def _rivals(theirs: Plain, here: defaultdict[str, list[Entry]], said: set[str]) -> tuple[Entry, ...]:
    """Rows of the same finding and condition that the file does not know: what became of the exported one."""
    return tuple(
        entry
        for token, entries in here.items()
        if token not in said
        for entry in entries
        if (entry[1]["condition"], entry[1]["finding"]) == (theirs["condition"], theirs["finding"])
    )


def _check(content: Content, lines: Sequence[Line], name: str) -> None:
    """Codes, levels and sources of the lines, beside everything else of the working copy."""
    rows = {id(line.row): line.number for line in lines if not line.delete}
    document = content.document.model_copy(
        update={"evidence": tuple(line.row for line in lines if not line.delete)}
    )
    found = [flaw for flaw in flaws(document) if id(flaw.row) in rows]
    if found:
        raise ContentFaults(
            Fault(name, rows[id(flaw.row)], key_path(flaw.path), flaw.problem, flaw.remedy) for flaw in found
        )


def _refuse_healthy(changes: Sequence[RowChange], name: str) -> None:
    """What the editor's form refuses is refused here too: people who do not have the condition."""
    faults = [
        Fault(name, change.line, "population", NOT_HEALTHY, "count people who have the condition")
        for change in changes
        if change.action != "delete" and only_healthy(change.theirs.get("population", ""))
    ]
    if faults:
        raise ContentFaults(faults)


def _write(change: RowChange) -> None:
    row, before = EvidenceRow(condition_id=change.theirs["condition"]), Plain()
    if change.mine:
        pk, before = change.mine[0]
        row = EvidenceRow.objects.get(pk=pk)
    if change.action == "delete":
        row.delete()
        return
    row.condition_id = change.theirs["condition"]
    write_row(EVIDENCE, row, change.theirs, before)
