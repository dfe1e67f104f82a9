"""Runs and shoes. A run is checked against the stop rules of the step that it was run in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from triage.errors import SubmissionReused, WrongShoe
from triage.models import Episode, EpisodeProgramme, Patient, Run, Shoe, StepChange
from triage.programmes import Checked, Felt, check_stops
from triage.services.programmes import steps_of
from triage.services.records import change, create_once, guard, locked

FELT = tuple(Felt.__dataclass_fields__)


@transaction.atomic
def log_run(
    *, episode: Episode, member: Membership, submission_id: uuid.UUID | None = None, **values: Any
) -> Run:
    """Put a run on the log of the complaint, within the programme of that day if there is one.

    Raises WrongShoe, SubmissionReused, ValidationError.
    """
    guard(member, episode)
    _own_shoe(episode, values.get("shoe"))
    locked(episode)
    programme, step = _step_on(episode, values["ran_on"])
    derived = {"programme": programme, "step": step}
    run = Run(clinic_id=episode.clinic_id, episode=episode, created_at=timezone.now(), **derived, **values)
    row = create_once(
        Run,
        member=member,
        submission_id=submission_id,
        action="run.logged",
        episode=episode,
        **derived,
        **_stops(run),
        **values,
    )
    if row.episode_id != episode.pk:
        raise SubmissionReused
    return row


@transaction.atomic
def update_run(*, run: Run, member: Membership, version: int, **values: Any) -> Run:
    """Also where the next morning is added. Raises WrongShoe, StaleVersion, ValidationError."""
    guard(member, run)
    current = locked(run)
    _own_shoe(current.episode, values.get("shoe"))
    if values.get("ran_on", current.ran_on) != current.ran_on:
        values["programme"], values["step"] = _step_on(current.episode, values["ran_on"])
    would = locked(run)
    for name, value in values.items():
        setattr(would, name, value)
    return change(
        current, member=member, version=version, action="run.changed", changes={**values, **_stops(would)}
    )


@transaction.atomic
def remove_run(*, run: Run, member: Membership, version: int, removed: bool) -> Run:
    """Out of the log, or – the way back – in it again. Raises StaleVersion."""
    guard(member, run)
    return change(
        locked(run),
        member=member,
        version=version,
        action="run.removed" if removed else "run.restored",
        changes={"removed": removed},
    )


def checked(run: Run) -> Checked:
    """The stop rules of the run's step against what was recorded of it."""
    if run.programme is None or not run.step:
        return Checked((), ())
    stops = steps_of(run.programme)[run.step - 1].get("stops", {})
    felt = Felt(**{name: getattr(run, name) for name in FELT})
    return check_stops(stops, felt, morning_before=_morning_before(run) if stops else None)


def _stops(run: Run) -> dict[str, Any]:
    """What is stored of the check; the time only where more is met than before."""
    met = [stop.code for stop in checked(run).met]
    values: dict[str, Any] = {"stops_met": met}
    if set(met) - set(run.stops_met):
        values["stops_met_at"] = timezone.now()
    return values


def _morning_before(run: Run) -> int | None:
    """Pain on the morning after the last run before this one in the same programme."""
    before = Run.objects.filter(clinic_id=run.clinic_id, programme=run.programme, ran_on__lt=run.ran_on)
    last = before.kept().newest_first().first()
    return last.pain_next_morning if last else None


def _step_on(episode: Episode, day: dt.date) -> tuple[EpisodeProgramme | None, int]:
    """The programme that had begun by `day` and the step it was at on the evening of that day."""
    programmes = EpisodeProgramme.objects.filter(
        clinic_id=episode.clinic_id, episode=episode, begun_on__lte=day
    )
    programme = programmes.newest_first().first()
    if programme is None:
        return None, 0
    last = programme.changes.filter(changed_on__lte=day).order_by("changed_on", "created_at", "id").last()
    ended = (StepChange.Kind.FINISHED, StepChange.Kind.STOPPED)
    if last is not None and last.kind in ended and last.changed_on < day:
        return None, 0
    return programme, last.step_to if last is not None else 0


def _own_shoe(episode: Episode, shoe: Shoe | None) -> None:
    if shoe is not None and shoe.patient_id != episode.patient_id:
        raise WrongShoe


@transaction.atomic
def add_shoe(
    *, patient: Patient, member: Membership, submission_id: uuid.UUID | None = None, **values: Any
) -> Shoe:
    guard(member, patient)
    row = create_once(
        Shoe, member=member, submission_id=submission_id, action="shoe.added", patient=patient, **values
    )
    if row.patient_id != patient.pk:
        raise SubmissionReused
    return row


@transaction.atomic
def update_shoe(*, shoe: Shoe, member: Membership, version: int, **values: Any) -> Shoe:
    """Raises StaleVersion, ValidationError."""
    guard(member, shoe)
    return change(locked(shoe), member=member, version=version, action="shoe.changed", changes=values)


@transaction.atomic
def retire_shoe(*, shoe: Shoe, member: Membership, version: int, retired: bool) -> Shoe:
    """Retired, or – the way back – in use again. Raises StaleVersion."""
    guard(member, shoe)
    return change(
        locked(shoe),
        member=member,
        version=version,
        action="shoe.retired" if retired else "shoe.in_use_again",
        changes={"retired_on": timezone.localdate() if retired else None},
    )
