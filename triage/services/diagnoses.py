"""What a complaint proved to be, and what must not be forgotten until then."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from triage.errors import SubmissionReused
from triage.models import Diagnosis, Episode, FollowUp
from triage.services.forecasts import write_forecasts
from triage.services.records import audit, change, create_once, guard, locked


@transaction.atomic
def record_diagnosis(
    *,
    episode: Episode,
    member: Membership,
    grade: str,
    proven_on: dt.date,
    condition_code: str = "",
    text: str = "",
    note: str = "",
    close: bool = False,
    submission_id: uuid.UUID | None = None,
) -> Diagnosis:
    """Put the diagnosis on record; `close` also ends the complaint. A repeat returns the first one.

    Raises ValidationError for values the model refuses, SubmissionReused for another complaint's form.
    """
    guard(member, episode)
    values = {"condition_code": condition_code, "text": text, "grade": grade, "proven_on": proven_on}
    row = Diagnosis(
        clinic_id=episode.clinic_id,
        episode=episode,
        recorded_by_id=member.user_id,
        submission_id=submission_id or uuid.uuid4(),
        note=note,
        **values,
    )
    row.full_clean(exclude=["clinic", "recorded_by"], validate_unique=False)
    kept, created = Diagnosis.objects.get_or_create(
        clinic_id=row.clinic_id,
        submission_id=row.submission_id,
        defaults={"episode": episode, "recorded_by_id": member.user_id, "note": note, **values},
    )
    if kept.episode_id != episode.pk:
        raise SubmissionReused
    if created:
        audit(member, "diagnosis.recorded", kept)
        write_forecasts(kept)
        if close:
            _close(episode, member)
    return kept


def _close(episode: Episode, member: Membership) -> None:
    current = locked(episode)
    change(
        current,
        member=member,
        version=current.version,
        action="episode.changed",
        changes={"status": Episode.Status.CLOSED},
    )


@transaction.atomic
def plan_follow_up(
    *,
    episode: Episode,
    member: Membership,
    kind: str,
    text: str,
    due_on: dt.date,
    submission_id: uuid.UUID | None = None,
) -> FollowUp:
    guard(member, episode)
    return create_once(
        FollowUp,
        member=member,
        submission_id=submission_id,
        action="follow_up.planned",
        episode=episode,
        kind=kind,
        text=text,
        due_on=due_on,
    )


@transaction.atomic
def settle_follow_up(*, follow_up: FollowUp, member: Membership, version: int, done: bool) -> FollowUp:
    """Done, or open again. Raises StaleVersion."""
    guard(member, follow_up)
    return change(
        locked(follow_up),
        member=member,
        version=version,
        action="follow_up.done" if done else "follow_up.reopened",
        changes={"done_on": timezone.localdate() if done else None},
    )
