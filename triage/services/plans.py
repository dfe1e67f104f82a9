"""The plan of a complaint: what it is for, treatments, home programme, running load, referrals."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import catalogue
from triage.cautions import Caution, cautions_of, check, names_by_code, treatments_named
from triage.cautions.record import said_of
from triage.errors import CautionApplies, NothingToUndo
from triage.models import Episode, FollowUp, LoadStep, Plan, PlannedTreatment, PlanPart, Referral
from triage.models.editable import BOOKKEEPING, EditableModel
from triage.services.diagnoses import plan_follow_up, settle_follow_up
from triage.services.encounters import release_for
from triage.services.records import change, create_once, guard, locked

Part = TypeVar("Part", bound=PlanPart)
Row = TypeVar("Row", bound=EditableModel)
FOLLOW_UP_TEXT = 200


@transaction.atomic
def start_plan(
    *, episode: Episode, member: Membership, submission_id: uuid.UUID | None = None, **values: Any
) -> Plan:
    """Raises NoRelease, and ValidationError where the complaint has a plan."""
    guard(member, episode)
    locked(episode)  # two who begin at once wait for each other
    plans = Plan.objects.visible_to(member).of_episode(episode)
    if plans.exclude(submission_id=submission_id).exists():
        raise ValidationError("This complaint has a plan already: change that one.")
    return create_once(
        Plan,
        member=member,
        submission_id=submission_id,
        action="plan.started",
        episode=episode,
        release_id=release_for(member).pk,
        **values,
    )


@transaction.atomic
def update_plan(*, plan: Plan, member: Membership, version: int, **changes: Any) -> Plan:
    guard(member, plan)
    return change(locked(plan), member=member, version=version, action="plan.changed", changes=changes)


def cautions_for(
    *, plan: Plan, member: Membership, treatments: Sequence[str] = (), sha256: str = ""
) -> tuple[Caution, ...]:
    """The cautions of every treatment of the plan's condition, and of `treatments`, against the record as it
    stands now, under the release that the clinic uses now. Queries: three at most.
    """
    release = sha256 or release_for(member).sha256
    document = catalogue(release).document
    patient = plan.episode.patient
    said = said_of(
        patient, member=member, release_sha256=release, document=document, day=timezone.localdate()
    )
    return check(cautions_of(document, plan.condition_code, treatments), said, names_by_code(document))


@transaction.atomic
def add_treatment(
    *,
    plan: Plan,
    member: Membership,
    treatment_code: str = "",
    text: str = "",
    caution_reason: str = "",
    submission_id: uuid.UUID | None = None,
    **values: Any,
) -> PlannedTreatment:
    """Put a treatment on the plan; one that stands there already is returned.

    Raises CautionApplies while one of its cautions applies on this record and no reason is given.
    """
    guard(member, plan)
    locked(plan)  # two presses of one button wait for each other
    standing = PlannedTreatment.objects.of_plan(plan).kept().filter(treatment_code=treatment_code)
    if treatment_code and (first := standing.first()):
        return first  # type: ignore[no-any-return]
    pressing = pressing_cautions(plan=plan, member=member, treatment_code=treatment_code, text=text)
    if pressing and not caution_reason.strip():
        raise CautionApplies(pressing)
    return create_once(
        PlannedTreatment,
        member=member,
        submission_id=submission_id,
        action="plan.treatment_added",
        plan=plan,
        treatment_code=treatment_code,
        text=text,
        cautions=[_kept(caution) for caution in pressing],
        caution_reason=caution_reason.strip() if pressing else "",
        **values,
    )


def pressing_cautions(
    *, plan: Plan, member: Membership, treatment_code: str = "", text: str = ""
) -> tuple[Caution, ...]:
    """What applies, or perhaps applies, of one treatment; own words are held against known names."""
    release = release_for(member).sha256
    codes = [treatment_code] if treatment_code else treatments_named(text, catalogue(release).document)
    found = cautions_for(plan=plan, member=member, treatments=codes, sha256=release)
    return tuple(caution for caution in found if caution.treatment in codes and caution.is_pressing)


def _kept(caution: Caution) -> dict[str, Any]:
    return {
        "treatment": caution.treatment,
        "text": caution.text,
        "state": caution.state,
        "because": [reason.words for reason in caution.because],
    }


@transaction.atomic
def add_part(
    model: type[Part],
    *,
    plan: Plan,
    member: Membership,
    submission_id: uuid.UUID | None = None,
    **values: Any,
) -> Part:
    """An exercise or a week of the running load."""
    guard(member, plan)
    if model is LoadStep:
        _week_is_free(plan, values["week"], submission_id=submission_id)
    action = f"plan.{model._meta.model_name}_added"
    return create_once(model, member=member, submission_id=submission_id, action=action, plan=plan, **values)


def _week_is_free(plan: Plan, week: int, **own: Any) -> None:
    locked(plan)
    if LoadStep.objects.of_plan(plan).kept().filter(week=week).exclude(**own).exists():
        raise ValidationError({"week": "This week is in the plan already."})


@transaction.atomic
def add_referral(
    *,
    plan: Plan,
    member: Membership,
    due_on: dt.date,
    submission_id: uuid.UUID | None = None,
    **values: Any,
) -> Referral:
    """With the follow-up that stands on the worklist until the answer is on record."""
    guard(member, plan)
    submission_id = submission_id or uuid.uuid4()
    follow_up = plan_follow_up(
        episode=plan.episode,
        member=member,
        kind=FollowUp.Kind.RESULT,
        text=f"Answer from {values['to_whom']}"[:FOLLOW_UP_TEXT],
        due_on=due_on,
        submission_id=submission_id,
    )
    referral = create_once(
        Referral,
        member=member,
        submission_id=submission_id,
        action="plan.referral_added",
        plan=plan,
        follow_up=follow_up,
        **values,
    )
    _settle(referral, member)
    return referral


@transaction.atomic
def update_part(*, part: Part, member: Membership, version: int, **changes: Any) -> Part:
    """Raises StaleVersion with mine and theirs."""
    guard(member, part)
    return _changed(locked(part), member, version, "changed", changes)


def _changed(row: Row, member: Membership, version: int, verb: str, changes: Mapping[str, Any]) -> Row:
    """With what hangs on it: a week is there once, and a referral has its follow-up."""
    if isinstance(row, LoadStep) and not changes.get("dropped", row.dropped):
        _week_is_free(row.plan, changes.get("week", row.week), pk=row.pk)
    action = f"plan.{row._meta.model_name}_{verb}"
    changed = change(row, member=member, version=version, action=action, changes=changes)
    if isinstance(changed, Referral):
        _settle(changed, member)
    return changed


@transaction.atomic
def undo_change(*, row: Row, member: Membership, version: int) -> Row:
    """The row as it was before its last change; done twice it is as now. A line that was just added is taken
    off. Raises NothingToUndo, StaleVersion.
    """
    guard(member, row)
    current = locked(row)
    return _changed(current, member, version, "undone", _state_before(current))


def _state_before(row: EditableModel) -> dict[str, Any]:
    events: Any = row.pgh_event_model.objects  # type: ignore[attr-defined]
    newest = list(events.filter(pgh_obj_id=row.pk, clinic_id=row.clinic_id).order_by("-pgh_id")[:2])
    if len(newest) == 2:
        left = {"id", "clinic", "created_at", "submission_id", "plan", "episode", "release", "follow_up"}
        return {name: getattr(newest[1], name) for name in _own_fields(row) - left}
    if isinstance(row, PlanPart):
        return {"dropped": not row.dropped}
    raise NothingToUndo


def _own_fields(row: models.Model) -> set[str]:
    return {field.name for field in row._meta.concrete_fields} - set(BOOKKEEPING)


def _settle(referral: Referral, member: Membership) -> None:
    """The follow-up is open while an answer is awaited, and only then."""
    if referral.follow_up_id is None:
        return
    follow_up = FollowUp.objects.visible_to(member).get(pk=referral.follow_up_id)
    done = referral.dropped or referral.answered_on is not None
    if done != (follow_up.done_on is not None):
        settle_follow_up(follow_up=follow_up, member=member, version=follow_up.version, done=done)
