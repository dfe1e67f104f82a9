"""A diagnostic block: declared, given, read, and its level put on record as an ordinary answer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import catalogue
from triage import differential
from triage.blocks import AGENTS, Allergen, agent, allergen_in
from triage.errors import AllergyOpen, BlockForbidden, LevelMoved, NotABlock, SideMissing, SideNotAsked
from triage.models import DiagnosticBlock, Encounter, Observation, PainReading, Patient, PatientItem
from triage.questions import question
from triage.ranking import RankingError
from triage.services.encounters import require_draft
from triage.services.observations import record_observation
from triage.services.records import audit, change, create_once, guard, locked

BLOCK = "block"
NO_RANKING = "no_ranking"  # stands against a block as a rule does: nobody knows which rules fired
SIDES = (DiagnosticBlock.Side.LEFT, DiagnosticBlock.Side.RIGHT)
CLOCKS_APART = dt.timedelta(minutes=1)


def block_finding(release_sha256: str, code: str) -> Mapping[str, Any]:
    """The finding as the release has it. Raises UnknownFinding, NotABlock."""
    question(release_sha256, code)
    row = catalogue(release_sha256).row("finding", code)
    if row is None or row.get("kind") != BLOCK:
        raise NotABlock(code)
    return row


@transaction.atomic
def declare_block(
    *,
    encounter: Encounter,
    member: Membership,
    finding_code: str,
    side: str,
    site: str,
    task: str,
    pain_before: int,
    declared_at: dt.datetime | None = None,
    submission_id: uuid.UUID | None = None,
) -> DiagnosticBlock:
    """Say before the injection which task provokes the pain, and how much. A repeat returns the first row.

    Raises NotABlock, SideMissing, SideNotAsked, ValidationError.
    """
    guard(member, encounter)
    require_draft(locked(encounter))
    _check_side(block_finding(encounter.release.sha256, finding_code), side)
    _require_none_standing(encounter, finding_code, side, submission_id)
    return create_once(
        DiagnosticBlock,
        member=member,
        submission_id=submission_id,
        action="block.declared",
        encounter=encounter,
        finding_code=finding_code,
        side=side,
        site=site.strip(),
        task=task.strip(),
        pain_before=pain_before,
        declared_at=declared_at or timezone.now(),
    )


def _require_none_standing(
    encounter: Encounter, finding_code: str, side: str, submission_id: uuid.UUID | None
) -> None:
    blocks = DiagnosticBlock.objects.of_encounter(encounter).standing()
    same = blocks.filter(finding_code=finding_code, side=side).exclude(submission_id=submission_id)
    if same.exists():
        raise ValidationError("This visit has this block on this side already: open that one.")


def _check_side(finding: Mapping[str, Any], side: str) -> None:
    if finding.get("side_aware") and side not in SIDES:
        raise SideMissing(finding=finding["code"], side=side, sides=SIDES)
    if side and not finding.get("side_aware"):
        raise SideNotAsked(finding=finding["code"], side=side)


def standing_against(encounter: Encounter, finding_code: str) -> list[str]:
    """Codes of the rules and conditions in the finding's `avoid_if` that hold by what is recorded now."""
    guards = block_finding(encounter.release.sha256, finding_code).get("avoid_if") or ()
    try:
        return differential.holding(encounter, guards)
    except RankingError:
        return [NO_RANKING]


def open_allergies(patient: Patient, agent_code: str) -> list[Allergen]:
    """Current allergies on record that may concern an injection of this agent."""
    today = timezone.localdate()
    noted = [row for row in patient.items.all() if row.kind == PatientItem.Kind.ALLERGY]
    found = [allergen_in(row.text, agent(agent_code), row.code) for row in noted if row.is_current(today)]
    return [allergen for allergen in found if allergen is not None]


@transaction.atomic
def give_block(
    *,
    block: DiagnosticBlock,
    member: Membership,
    version: int,
    agent: str,
    concentration_percent: Decimal,
    volume_ml: Decimal,
    guidance: str,
    allergy_answer: str,
    allergy_words: str = "",
    override_reason: str = "",
    injected_at: dt.datetime | None = None,
) -> DiagnosticBlock:
    """Put the injection on record, or correct what was noted of it. What was declared stays.

    Raises AllergyOpen, BlockForbidden, StaleVersion, ValidationError.
    """
    guard(member, block)
    require_draft(locked(block.encounter))
    current = locked(block)
    first = not current.is_given
    words, reason = allergy_words.strip(), override_reason.strip()
    at = injected_at or current.injected_at or timezone.now()
    _check_time(current, at)
    _check_dose(agent, concentration_percent, volume_ml)
    _settle_allergies(block, agent, allergy_answer, words)
    against = standing_against(block.encounter, current.finding_code) if first else current.overridden
    if against and not reason:
        raise BlockForbidden(against)
    values = {
        "agent": agent,
        "concentration_percent": concentration_percent,
        "volume_ml": volume_ml,
        "guidance": guidance,
        "allergy_answer": allergy_answer,
        "allergy_words": words,
        "override_reason": reason,
        "injected_at": at,
    }
    if first:
        values |= {"injected_by_id": member.user_id, "overridden": list(against)}
    action = "block.given" if first else "block.corrected"
    return change(current, member=member, version=version, action=action, changes=values)


def _check_time(block: DiagnosticBlock, at: dt.datetime) -> None:
    if block.called_off_at is not None:
        raise ValidationError("This block was called off: declare it anew.")
    if at < block.declared_at:
        said = timezone.localtime(block.declared_at)
        raise ValidationError(
            f"The injection lies before the task was declared ({said:%H:%M}): that order cannot be turned."
        )
    if at > timezone.now() + CLOCKS_APART:
        raise ValidationError("The injection lies in the future; check the time.")
    early = block.readings.filter(read_at__lt=at).exists()
    if early:
        raise ValidationError("A reading lies before this time of the injection: correct the reading first.")


def _check_dose(agent_code: str, concentration_percent: Decimal, volume_ml: Decimal) -> None:
    if agent_code not in AGENTS:
        raise ValidationError("Choose the drug from the list.")
    given, dose_mg = agent(agent_code), concentration_percent * volume_ml * 10
    if dose_mg > given.most_mg:
        raise ValidationError(
            f"{volume_ml:f} ml of {concentration_percent:f} % are {dose_mg.normalize():f} mg: "
            f"more than the {given.most_mg} mg of {given.name.lower()} that an adult gets at most."
        )


def _settle_allergies(block: DiagnosticBlock, agent_code: str, answer: str, words: str) -> None:
    if answer == DiagnosticBlock.AllergyAnswer.SOME and not words:
        raise ValidationError("Say which allergy it is and how it was settled.")
    allergies = open_allergies(block.encounter.episode.patient, agent_code)
    if allergies and not words:
        raise AllergyOpen([allergen.text for allergen in allergies])


@transaction.atomic
def call_off_block(*, block: DiagnosticBlock, member: Membership, version: int) -> DiagnosticBlock:
    """Declared and not given: it stays on record as called off, and may be declared anew."""
    guard(member, block)
    require_draft(locked(block.encounter))
    current = locked(block)
    if current.is_given:
        raise ValidationError("It was given: what was given cannot be called off.")
    if current.called_off_at is not None:
        return current
    changes = {"called_off_at": timezone.now()}
    return change(current, member=member, version=version, action="block.called_off", changes=changes)


@transaction.atomic
def note_block(
    *, block: DiagnosticBlock, member: Membership, version: int, numb_area: str, next_day_note: str
) -> DiagnosticBlock:
    """Whether the nerve's area went numb, and what the next day brought."""
    guard(member, block)
    require_draft(locked(block.encounter))
    changes = {"numb_area": numb_area, "next_day_note": next_day_note.strip()}
    return change(locked(block), member=member, version=version, action="block.noted", changes=changes)


@transaction.atomic
def note_reading(
    *,
    block: DiagnosticBlock,
    member: Membership,
    pain: int,
    read_at: dt.datetime | None = None,
    of_task: bool = True,
    note: str = "",
    submission_id: uuid.UUID | None = None,
) -> PainReading:
    guard(member, block)
    require_draft(locked(block.encounter))
    current = locked(block)
    at = read_at or timezone.now()
    _check_reading(current, at)
    return create_once(
        PainReading,
        member=member,
        submission_id=submission_id,
        action="block.read",
        block=current,
        pain=pain,
        read_at=at,
        of_task=of_task,
        note=note.strip(),
    )


def _check_reading(block: DiagnosticBlock, at: dt.datetime) -> None:
    if block.injected_at is None:
        raise ValidationError("Nothing was injected yet: note the injection first.")
    if at < block.injected_at:
        raise ValidationError("The reading lies before the injection.")
    if at > timezone.now() + CLOCKS_APART:
        raise ValidationError("The reading lies in the future: note it when it is taken.")


@transaction.atomic
def correct_reading(*, reading: PainReading, member: Membership, version: int, **changes: Any) -> PainReading:
    """Raises StaleVersion, ValidationError; the earlier state stays in the history."""
    guard(member, reading)
    require_draft(locked(reading.block.encounter))
    current = locked(reading)
    _check_reading(locked(reading.block), changes.get("read_at", current.read_at))
    return change(current, member=member, version=version, action="block.reading_corrected", changes=changes)


@transaction.atomic
def confirm_level(
    *, block: DiagnosticBlock, member: Membership, level: str, version: int
) -> Observation | None:
    """Record the level that the readings support as the visit's answer; `level` is what the page showed and
    `version` that of the answer it showed.

    Raises LevelMoved, StaleVersion and what `record_observation` raises.
    """
    guard(member, block)
    require_draft(locked(block.encounter))
    current = locked(block)
    verdict = current.verdict(current.readings.all())
    if verdict is None or verdict.level is None or verdict.level != level:
        raise LevelMoved(verdict.level if verdict else None)
    row = record_observation(
        encounter=block.encounter,
        member=member,
        finding_code=current.finding_code,
        level_code=level,
        side=current.side,
        version=version,
    )
    audit(member, "block.level_confirmed", current)
    return row
