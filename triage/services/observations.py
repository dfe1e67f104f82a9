from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from triage.errors import (
    AnswersRefused,
    LevelNotWanted,
    SideMissing,
    SideNotAsked,
    StaleVersion,
    TriageError,
    UnknownLevel,
    UnknownStatus,
)
from triage.models import Encounter, Observation
from triage.models.answering import write_next
from triage.questions import Question, question
from triage.services.encounters import require_draft
from triage.services.records import audit, guard, locked, touch

SIDES = (Observation.Side.LEFT, Observation.Side.RIGHT, Observation.Side.BOTH)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a form sends it.

    `version` is the version of the observation that the page showed, 0 when it showed none. `level` None or
    "" with status "observed" takes the answer back.
    """

    finding: str
    level: str | None
    side: str = ""
    status: str = Observation.Status.OBSERVED
    version: int = 0

    @property
    def key(self) -> Key:
        return self.finding, self.side

    @property
    def clears(self) -> bool:
        return self.status == Observation.Status.OBSERVED and not self.level

    @property
    def is_silent(self) -> bool:
        """A question left as the page showed it: unanswered."""
        return self.version == 0 and not self.level and self.status != Observation.Status.EQUIVOCAL

    @property
    def said(self) -> tuple[str, str]:
        return self.status, self.level or ""


def record_observation(
    *,
    encounter: Encounter,
    member: Membership,
    finding_code: str,
    level_code: str | None,
    side: str = "",
    status: str = Observation.Status.OBSERVED,
    version: int = 0,
    known: list[Observation] | None = None,
) -> Observation | None:
    """Save one answer, or take it back (`level_code` None). Returns the row, None when it was taken back.

    The same answer again changes nothing, whatever its version. `encounter.version` is brought up to date,
    and so is `known`: the answers of the visit, which the caller loaded after the visit itself.
    Raises AnswerError, StaleVersion, SignedEncounter, DiscardedEncounter or WrongClinic.
    """
    guard(member, encounter)
    answer = Answer(finding_code, level_code, side, status, version)
    asked = check(answer, release_sha256=encounter.release.sha256)
    if known is not None:
        with transaction.atomic(savepoint=False):  # raises nothing that anybody catches
            existing = _of(answer, known)
            if _comes_next(answer, existing, encounter):
                taken, row = _write_next(answer, existing, asked, encounter=encounter, member=member)
                if taken:
                    _put_on_record(row, existing, known, encounter=encounter, member=member)
                    return row
    known = [] if known is None else known
    with transaction.atomic():
        _hold(encounter, known)
        existing = _of(answer, known)
        if _says_the_same(answer, existing):
            return existing
        _require_fresh(answer, existing)
        touch(encounter, member=member)
        return _record(answer, asked, known, encounter=encounter, member=member)


def _record(
    answer: Answer, asked: Question, known: list[Observation], *, encounter: Encounter, member: Membership
) -> Observation | None:
    """Write one answer of a visit that is held, and its event; `known` as it is then."""
    existing = _of(answer, known)
    row = _write(answer, existing, asked, encounter=encounter)
    _put_on_record(row, existing, known, encounter=encounter, member=member)
    return row


def _put_on_record(
    row: Observation | None,
    existing: Observation | None,
    known: list[Observation],
    *,
    encounter: Encounter,
    member: Membership,
) -> None:
    audit(member, "observation.cleared" if row is None else "observation.recorded", encounter)
    known[:] = [other for other in known if other is not existing] + ([row] if row else [])


def _comes_next(answer: Answer, existing: Observation | None, encounter: Encounter) -> bool:
    seen = existing.version if existing else 0
    return encounter.is_draft and answer.version == seen and not _says_the_same(answer, existing)


def _write_next(
    answer: Answer,
    existing: Observation | None,
    asked: Question,
    *,
    encounter: Encounter,
    member: Membership,
) -> tuple[bool, Observation | None]:
    """Whether nobody came between – then the visit is at its next version now and held, and the answer is
    written, in one statement – and the row.

    The version grows with every answer, so that one which stayed proves that the answers are as loaded.
    """
    changed = {"version": encounter.version + 1, "saved_at": timezone.now(), "saved_by_id": member.user_id}
    if existing is not None and answer.clears:
        as_loaded = Encounter.objects.drafts().filter(
            pk=encounter.pk, clinic_id=encounter.clinic_id, version=encounter.version
        )
        if not as_loaded.update(**changed):
            return False, None
        vars(encounter).update(changed)
        existing.delete()
        return True, None
    row = existing or _new_row(answer, asked, encounter)
    _fill(row, answer, changed)
    return write_next(row, encounter, changed), row


def _hold(encounter: Encounter, known: list[Observation]) -> None:
    """Nobody else changes the visit until the transaction ends; both are as they stand now."""
    current = locked(encounter)
    require_draft(current)
    _bring_up_to_date(encounter, current)
    known[:] = current.observations.all()


def _of(answer: Answer, known: Sequence[Observation]) -> Observation | None:
    return next((row for row in known if (row.finding_code, row.side) == answer.key), None)


@transaction.atomic
def record_many(*, encounter: Encounter, member: Membership, answers: Iterable[Answer]) -> list[Key]:
    """Save a whole form: all of it or, with every fault named, nothing. Returns the keys that changed.

    What the page showed unanswered and left so is passed over. Raises AnswersRefused.
    """
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    existing = {(row.finding_code, row.side): row for row in current.observations.all()}
    spoken = [answer for answer in _last_of_each(answers) if not answer.is_silent]
    changed = [answer for answer in spoken if not _says_the_same(answer, existing.get(answer.key))]
    asked = _check_all(changed, existing, release_sha256=encounter.release.sha256)
    if not changed:
        return []
    touch(current, member=member)
    for answer in changed:
        _write(answer, existing.get(answer.key), asked[answer.key], encounter=current)
    audit(member, "observation.recorded", encounter)
    _bring_up_to_date(encounter, current)
    return [answer.key for answer in changed]


def check(answer: Answer, *, release_sha256: str) -> Question:
    """The question an answer belongs to; raises an AnswerError when the release does not allow the answer."""
    asked = question(release_sha256, answer.finding)
    if answer.status not in Observation.Status.values:
        raise UnknownStatus(finding=answer.finding, status=answer.status, statuses=Observation.Status.values)
    if answer.level and answer.status == Observation.Status.NOT_TESTED:
        raise LevelNotWanted(finding=answer.finding, level=answer.level)
    if answer.level and answer.level not in asked.levels:
        raise UnknownLevel(finding=answer.finding, level=answer.level, levels=asked.levels)
    _check_side(answer, asked)
    return asked


def _check_side(answer: Answer, asked: Question) -> None:
    if asked.side_aware and answer.side not in SIDES:
        raise SideMissing(finding=answer.finding, side=answer.side, sides=SIDES)
    if answer.side and not asked.side_aware:
        raise SideNotAsked(finding=answer.finding, side=answer.side)


def _check_all(
    answers: Sequence[Answer], existing: dict[Key, Observation], *, release_sha256: str
) -> dict[Key, Question]:
    problems: list[tuple[Answer, TriageError]] = []
    asked: dict[Key, Question] = {}
    for answer in answers:
        try:
            asked[answer.key] = check(answer, release_sha256=release_sha256)
            _require_fresh(answer, existing.get(answer.key))
        except TriageError as problem:
            problems.append((answer, problem))
    if problems:
        raise AnswersRefused(problems)
    return asked


def _last_of_each(answers: Iterable[Answer]) -> list[Answer]:
    return list({answer.key: answer for answer in answers}.values())


def _says_the_same(answer: Answer, existing: Observation | None) -> bool:
    return answer.clears if existing is None else answer.said == existing.answer


def _require_fresh(answer: Answer, existing: Observation | None) -> None:
    version = existing.version if existing else 0
    if answer.version == version:
        return
    theirs = {"status": existing.status, "level": existing.level_code} if existing else {}
    mine = {"status": answer.status, "level": answer.level or ""}
    raise StaleVersion(mine=mine, theirs=theirs, version=version)


def _write(
    answer: Answer, existing: Observation | None, asked: Question, *, encounter: Encounter
) -> Observation | None:
    """At the version of the visit, which is held and has been saved."""
    if answer.clears:
        if existing is not None:
            existing.delete()
        return None
    row = existing or _new_row(answer, asked, encounter)
    _fill(row, answer, vars(encounter))
    if existing is None:
        row.save(force_insert=True)
    else:
        row.save(update_fields=["status", "level_code", "recorded_by", "performed_at", "version"])
    return row


def _new_row(answer: Answer, asked: Question, encounter: Encounter) -> Observation:
    return Observation(
        clinic_id=encounter.clinic_id,
        encounter=encounter,
        finding_code=answer.finding,
        side=answer.side,
        stage=asked.stage,
    )


def _fill(row: Observation, answer: Answer, visit: Mapping[str, Any]) -> None:
    """What was said, by whom and when, and at which version of the visit: as the visit itself was saved."""
    row.status, row.level_code = answer.said
    row.recorded_by_id = visit["saved_by_id"]
    row.performed_at = visit["saved_at"]
    row.version = visit["version"]


def _bring_up_to_date(encounter: Encounter, current: Encounter) -> None:
    encounter.version = current.version
    encounter.saved_at = current.saved_at
    encounter.saved_by_id = current.saved_by_id
