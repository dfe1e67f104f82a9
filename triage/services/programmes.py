"""A programme of a complaint: begun, its criteria ticked, its steps entered and left, its end."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import catalogue
from knowledge.compiled import release_with
from knowledge.models import Release
from triage.errors import (
    CriteriaOpen,
    NoStep,
    ProgrammeEnded,
    ProgrammeRunning,
    ReasonMissing,
    StaleVersion,
    SubmissionReused,
)
from triage.models import CriterionTick, Episode, EpisodeProgramme, Run, StepChange
from triage.services.records import audit, create_once, guard, locked, touch

Kind = StepChange.Kind
Status = EpisodeProgramme.Status
ENDS = {Kind.FINISHED: Status.FINISHED, Kind.STOPPED: Status.STOPPED}


def steps_of(programme: EpisodeProgramme) -> Sequence[dict[str, Any]]:
    """The steps as the release has them that the programme was begun with."""
    row = catalogue(release_with(programme.release_id).sha256).row("programme", programme.programme_code)
    return row["steps"] if row else []


@transaction.atomic
def begin_programme(
    *,
    episode: Episode,
    member: Membership,
    release: Release,
    programme_code: str,
    begun_on: dt.date,
    submission_id: uuid.UUID | None = None,
) -> EpisodeProgramme:
    """Before its first step, whose criteria come first. Raises NoStep, ProgrammeRunning, ValidationError."""
    guard(member, episode)
    locked(episode)
    if catalogue(release.sha256).row("programme", programme_code) is None:
        raise NoStep
    running = EpisodeProgramme.objects.filter(clinic_id=episode.clinic_id, episode=episode).running()
    if running.exclude(submission_id=submission_id).exists():
        raise ProgrammeRunning
    programme = create_once(
        EpisodeProgramme,
        member=member,
        submission_id=submission_id,
        action="programme.begun",
        episode=episode,
        release=release,
        programme_code=programme_code,
        begun_on=begun_on,
    )
    if programme.episode_id != episode.pk:
        raise SubmissionReused
    if not programme.changes.exists():
        _write(programme, member, Kind.BEGUN, 0, changed_on=begun_on)
    return programme


@transaction.atomic
def tick_criterion(
    *,
    programme: EpisodeProgramme,
    member: Membership,
    step: int,
    criterion: int,
    met: bool,
    met_on: dt.date | None = None,
    submission_id: uuid.UUID | None = None,
) -> CriterionTick:
    """Met, or – the way back – not met; every press stays on record. Raises NoStep, ProgrammeEnded."""
    guard(member, programme)
    submission_id = submission_id or uuid.uuid4()
    rows = CriterionTick.objects.filter(clinic_id=programme.clinic_id)
    if first := rows.filter(submission_id=submission_id).first():
        return first
    current = locked(programme)
    if not current.is_running:
        raise ProgrammeEnded
    steps = steps_of(current)
    if not 1 <= step <= len(steps) or not 0 <= criterion < len(steps[step - 1].get("entry_criteria", [])):
        raise NoStep
    tick = CriterionTick.objects.create(
        clinic_id=current.clinic_id,
        programme=current,
        step=step,
        criterion=criterion,
        met=met,
        met_on=met_on or timezone.localdate(),
        recorded_by_id=member.user_id,
        submission_id=submission_id,
    )
    audit(member, "programme.criterion_ticked" if met else "programme.criterion_unticked", current)
    return tick


def ticked(programme: EpisodeProgramme) -> dict[tuple[int, int], CriterionTick]:
    """The newest tick of each criterion, by step and place; one that was taken back says so itself."""
    rows = programme.ticks.select_related("recorded_by").oldest_first()
    return {(row.step, row.criterion): row for row in rows}


def open_criteria(programme: EpisodeProgramme, step: int) -> list[int]:
    """Places of the criteria of `step` that nobody has ticked."""
    said = ticked(programme)
    asked = range(len(steps_of(programme)[step - 1].get("entry_criteria", [])))
    return [place for place in asked if (step, place) not in said or not said[step, place].met]


@transaction.atomic
def change_step(
    *,
    programme: EpisodeProgramme,
    member: Membership,
    version: int,
    kind: str,
    rule: int | None = None,
    reason: str = "",
    run: Run | None = None,
    changed_on: dt.date | None = None,
    submission_id: uuid.UUID | None = None,
) -> StepChange:
    """Forward or back by one step, stay although a rule is met, finish, stop or take up again.

    Forward with a criterion open needs a reason; back and stay need a rule, a run that met one, or a reason.
    Raises CriteriaOpen, ReasonMissing, NoStep, ProgrammeEnded, StaleVersion.
    """
    guard(member, programme, *filter(None, (run,)))
    if submission_id is not None:
        sent = StepChange.objects.filter(clinic_id=programme.clinic_id, submission_id=submission_id)
        if first := sent.first():
            return first
    current = locked(programme)
    if current.version != version:
        raise StaleVersion(mine={}, theirs={}, version=current.version)
    if run is not None and run.programme_id != current.pk:
        raise NoStep
    quoted = _rule(current, rule, run)
    target = _target(current, kind, quoted, reason.strip())
    change = _write(
        current,
        member,
        kind,
        target,
        rule=quoted,
        reason=reason.strip(),
        run=run,
        changed_on=changed_on or timezone.localdate(),
        submission_id=submission_id,
    )
    current.step = target
    current.status = ENDS.get(Kind(kind), Status.RUNNING)
    touch(current, member=member, fields=("step", "status"))
    audit(member, f"programme.{kind}", current)
    return change


def _rule(programme: EpisodeProgramme, rule: int | None, run: Run | None) -> str:
    """The stop rule in words: the one that was chosen, else those of the step of the run that met them."""
    steps = steps_of(programme)
    step = run.step if run is not None else programme.step
    rules = steps[step - 1].get("stop_rules", []) if step else []
    if rule is not None:
        if not 0 <= rule < len(rules):
            raise NoStep
        return str(rules[rule])
    return " ".join(rules) if run is not None and run.stops_met else ""


def _target(programme: EpisodeProgramme, kind: str, rule: str, reason: str) -> int:
    if kind == Kind.RESUMED:
        others = EpisodeProgramme.objects.filter(clinic_id=programme.clinic_id, episode=programme.episode_id)
        if programme.is_running or others.running().exists():
            raise ProgrammeRunning
        return programme.step
    if not programme.is_running:
        raise ProgrammeEnded
    if kind in StepChange.ANSWERS and not (rule or reason):
        raise ReasonMissing
    if kind == Kind.FORWARD:
        return _forward(programme, reason)
    if kind == Kind.BACK:
        if not programme.step:
            raise NoStep
        return programme.step - 1
    if kind not in (Kind.STAYED, Kind.FINISHED, Kind.STOPPED):
        raise NoStep
    return programme.step


def _forward(programme: EpisodeProgramme, reason: str) -> int:
    target = programme.step + 1
    if target > len(steps_of(programme)):
        raise NoStep
    missing = open_criteria(programme, target)
    if missing and not reason:
        raise CriteriaOpen(open_count=len(missing))
    return target


def _write(
    programme: EpisodeProgramme, member: Membership, kind: str, step_to: int, **values: Any
) -> StepChange:
    values["submission_id"] = values.get("submission_id") or uuid.uuid4()
    row = StepChange(
        clinic_id=programme.clinic_id,
        programme=programme,
        kind=kind,
        step_from=programme.step,
        step_to=step_to,
        recorded_by_id=member.user_id,
        **values,
    )
    row.full_clean(exclude=["clinic", "recorded_by"], validate_unique=False)
    row.save(force_insert=True)
    return row
