"""A draft goes to another release with its answers, and back; what cannot follow is listed, never dropped."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from clinics.models import Membership
from knowledge.compiled import release_with
from knowledge.models import Release
from triage.errors import NotMoved, OtherRelease, StaleVersion, SubmissionReused
from triage.models import Encounter, Observation, ReleaseMove
from triage.moving import Moved, Said, moved_answers
from triage.questions import questions
from triage.services.encounters import release_for, require_draft
from triage.services.records import audit, guard, locked, touch

Key = tuple[str, str]
Entry = dict[str, Any]


def said_of(row: Observation) -> Said:
    return Said(row.finding_code, row.side, row.status, row.level_code)


@transaction.atomic
def move_draft(
    *,
    encounter: Encounter,
    member: Membership,
    release: Release,
    version: int,
    submission_id: uuid.UUID | None = None,
) -> ReleaseMove:
    """Move a draft to the release its clinic uses now; `version` is the visit's on the page that showed what
    it would do. A repeat of the same submission returns the first move.

    Raises SignedEncounter, DiscardedEncounter, StaleVersion, OtherRelease where `release` is no longer the
    clinic's or is the visit's own already, WrongClinic.
    """
    guard(member, encounter)
    submission_id = submission_id or uuid.uuid4()
    current = locked(encounter)
    if first := _sent_before(current, submission_id):
        return first
    _require_seen(current, version)
    if release.pk != release_for(member).pk or release.pk == current.release_id:
        raise OtherRelease
    rows = list(current.observations.in_order())
    before = current.release_id
    entries = _carry(current, rows, release=release, member=member)
    move = ReleaseMove.objects.create(
        clinic_id=current.clinic_id,
        encounter=current,
        before_id=before,
        after=release,
        answers=entries,
        encounter_version=current.version,
        by_id=member.user_id,
        submission_id=submission_id,
    )
    _record(member, move, "encounter.moved", stay=len(rows) - len(entries))
    return move


@transaction.atomic
def undo_move(*, encounter: Encounter, member: Membership, version: int) -> ReleaseMove:
    """Back to the release before the last move, with the answers as they were recorded then.

    What was answered since stays where the earlier release knows it; where not, it is asked again. Raises
    NotMoved where there is nothing to take back, and what `move_draft` raises.
    """
    guard(member, encounter)
    current = locked(encounter)
    _require_seen(current, version)
    last = last_move(current)
    if last is None:
        raise NotMoved
    rows = list(current.observations.in_order())
    swapped = _unchanged_since(last, rows)
    others = [row for row in rows if row.pk not in {row.pk for row, _ in swapped}]
    for row, _ in swapped:
        row.delete()
    entries = _carry(current, others, release=release_with(last.before_id), member=member)
    taken = {(row.finding_code, row.side) for row in current.observations.all()}
    back = [entry for _, entry in swapped]
    back += [entry for entry in last.answers if entry["reason"] or entry["merged"]]
    for entry in back:
        if (entry["finding"], entry["side"]) not in taken:
            _restore(current, entry)
    undo = ReleaseMove.objects.create(
        clinic_id=current.clinic_id,
        encounter=current,
        before_id=last.after_id,
        after_id=last.before_id,
        undoes=last,
        answers=entries,
        encounter_version=current.version,
        by_id=member.user_id,
    )
    _record(member, undo, "encounter.moved_back", stay=len(others) - len(entries))
    return undo


def last_move(encounter: Encounter) -> ReleaseMove | None:
    """The move that `undo_move` would take back. One query."""
    moves = encounter.release_moves.standing().filter(undoes=None, after_id=encounter.release_id)
    found: ReleaseMove | None = moves.oldest_first().last()
    return found


def _sent_before(encounter: Encounter, submission_id: uuid.UUID) -> ReleaseMove | None:
    same = ReleaseMove.objects.filter(clinic_id=encounter.clinic_id, submission_id=submission_id)
    first: ReleaseMove | None = same.first()
    if first is not None and first.encounter_id != encounter.pk:
        raise SubmissionReused
    return first


def _require_seen(encounter: Encounter, version: int) -> None:
    require_draft(encounter)
    if encounter.version != version:
        raise StaleVersion(
            mine={"version": version}, theirs={"version": encounter.version}, version=encounter.version
        )


def _carry(
    encounter: Encounter, rows: Iterable[Observation], *, release: Release, member: Membership
) -> list[Entry]:
    """Pin the visit to the release and move its answers; those that did not stay as they were, as entries."""
    rows = list(rows)
    encounter.release = release
    touch(encounter, member=member, fields=("release",))
    moves = moved_answers([said_of(row) for row in rows], to_sha256=release.sha256)
    changed = [(row, moved) for row, moved in zip(rows, moves, strict=True) if not moved.stays]
    entries = [_entry(row, moved) for row, moved in changed]
    for row, _ in changed:
        row.delete()
    asked = questions(release.sha256)
    for row, moved in changed:
        if moved.reason is None and not moved.merged:
            _write(
                encounter,
                finding=moved.finding,
                side=row.side,
                status=row.status,
                level=moved.level,
                stage=asked[moved.finding].stage,
                performed_at=row.performed_at,
                recorded_by=row.recorded_by_id,
            )
    return entries


def _entry(row: Observation, moved: Moved) -> Entry:
    return {
        "finding": row.finding_code,
        "side": row.side,
        "status": row.status,
        "level": row.level_code,
        "stage": row.stage,
        "performed_at": row.performed_at.isoformat(),
        "recorded_by": str(row.recorded_by_id),
        "to_finding": moved.finding,
        "to_level": moved.level,
        "merged": moved.merged,
        "reason": moved.reason.value if moved.reason else "",
    }


def _unchanged_since(move: ReleaseMove, rows: Iterable[Observation]) -> list[tuple[Observation, Entry]]:
    """The answers that still say what the move made of an earlier one, with that one."""
    there = {(row.finding_code, row.side): row for row in rows}
    found = []
    for entry in move.answers:
        row = there.get((entry["to_finding"], entry["side"]))
        kept = not entry["reason"] and not entry["merged"]
        if kept and row is not None and row.answer == (entry["status"], entry["to_level"]):
            found.append((row, entry))
    return found


def _restore(encounter: Encounter, entry: Entry) -> None:
    _write(
        encounter,
        finding=entry["finding"],
        side=entry["side"],
        status=entry["status"],
        level=entry["level"],
        stage=entry["stage"],
        performed_at=dt.datetime.fromisoformat(entry["performed_at"]),
        recorded_by=uuid.UUID(entry["recorded_by"]),
    )


def _write(
    encounter: Encounter,
    *,
    finding: str,
    side: str,
    status: str,
    level: str,
    stage: str,
    performed_at: dt.datetime,
    recorded_by: uuid.UUID,
) -> None:
    """The answer of whoever gave it, when it was given."""
    Observation.objects.create(
        clinic_id=encounter.clinic_id,
        encounter=encounter,
        finding_code=finding,
        side=side,
        status=status,
        level_code=level,
        stage=stage,
        performed_at=performed_at,
        recorded_by_id=recorded_by,
        version=encounter.version,
    )


def _record(member: Membership, move: ReleaseMove, action: str, *, stay: int) -> None:
    counts = {"stay": stay, "renamed": len(move.answers) - len(move.asked_again)}
    numbers = {
        "from_release": release_with(move.before_id).number,
        "to_release": release_with(move.after_id).number,
    }
    audit(member, action, move, {**numbers, **counts, "ask_again": len(move.asked_again)})
