"""Links by which a patient answers one or more measures: for seven days and one time, without an account.

The address holds a token, the database its fingerprint alone. Whoever holds the token sees the one request
(row-level security); the answers are written in the clinic's name by `answer_link` and by nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clinics.acting import acting_in, holding_outcome_link
from clinics.audit import record_event
from clinics.models import Membership
from triage.errors import LinkClosed
from triage.models import Episode, OutcomeRequest, OutcomeScore
from triage.outcomes import Alarm, Answers, alarms_in, measure
from triage.services.outcomes import scored_values, write_once
from triage.services.records import audit, guard, locked

GOOD_FOR = timedelta(days=7)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class MeasureAnswered:
    """What a patient answered to one measure of a link, without the safety questions."""

    measure: str
    answers: Answers
    activities: Sequence[str] = ()


@transaction.atomic
def create_link(
    *, episode: Episode, member: Membership, measure_codes: Sequence[str]
) -> tuple[OutcomeRequest, str]:
    """An open link of the complaint that asks any of the same gives way to the new one. Raises KeyError."""
    guard(member, episode)
    asked = [measure(code) for code in dict.fromkeys(measure_codes)]
    if not asked:
        raise ValidationError("Choose what the patient should answer.")
    codes = [one.code for one in asked]
    locked(episode)
    before = OutcomeRequest.objects.unanswered().filter(clinic_id=episode.clinic_id, episode=episode)
    overlapping = [row.pk for row in before if set(row.measures) & set(codes)]
    before.filter(pk__in=overlapping).update(revoked_at=timezone.now())
    token = secrets.token_urlsafe(32)
    request = OutcomeRequest.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        measures=codes,
        activities=_named_before(episode) if any(one.names_activities for one in asked) else [],
        token_sha256=fingerprint(token),
        created_by_id=member.user_id,
        expires_at=timezone.now() + GOOD_FOR,
    )
    audit(member, "outcome_link.created", request, {"measures": codes})
    return request, token


def _named_before(episode: Episode) -> list[str]:
    """The activities of the newest rating, so that the next one can be compared with it."""
    rated = OutcomeScore.objects.filter(clinic_id=episode.clinic_id, episode=episode, measure="psfs")
    newest = rated.exclude(score=None).oldest_first().last()
    return newest.activities if newest else []


@transaction.atomic
def revoke_link(*, request: OutcomeRequest, member: Membership) -> OutcomeRequest:
    """Withdrawn; without effect on one that is answered or withdrawn already."""
    guard(member, request)
    open_ones = OutcomeRequest.objects.unanswered().filter(clinic_id=request.clinic_id, pk=request.pk)
    if open_ones.update(revoked_at=timezone.now()):
        audit(member, "outcome_link.revoked", request)
    return request


def held_request(digest: str) -> OutcomeRequest | None:
    """The one row that the holder of a token sees, open or not; nobody is signed in."""
    if not digest:
        return None
    holding_outcome_link(digest)
    found: OutcomeRequest | None = OutcomeRequest.objects.filter(token_sha256=digest).first()
    return found


@transaction.atomic
def answer_link(
    *, digest: str, answered: Sequence[MeasureAnswered], safety: Answers, submission_id: uuid.UUID
) -> list[OutcomeScore]:
    """Write a score of each measure and spend the token; a form sent twice returns what it brought first.

    Too few answers are kept without a score, so that an alarming one is never held back by a missing one.
    Raises LinkClosed, ScoreError, ValidationError.
    """
    held = held_request(digest)
    if held is None:
        raise LinkClosed
    with acting_in(held.clinic_id):
        request = OutcomeRequest.objects.select_for_update().get(pk=held.pk)
        keys = {code: uuid.uuid5(submission_id, code) for code in request.measures}
        if not request.is_open:
            return _answered_by(request, keys.values())
        if [one.measure for one in answered] != request.measures:
            raise ValidationError("These are not the questions of this link.")
        at = timezone.now()
        rows = [
            write_once(
                OutcomeScore(
                    clinic_id=request.clinic_id,
                    episode_id=request.episode_id,
                    request=request,
                    source=OutcomeScore.Source.LINK,
                    answered_at=at,
                    submission_id=keys[values["measure"]],
                    **values,
                )
            )
            for values in _values_of_each(request, answered, safety)
        ]
        if any(row.request_id != request.pk for row in rows):
            raise LinkClosed
        request.answered_at = at
        request.save(update_fields=["answered_at"])
        for row in rows:
            _record(request, row)
        return rows


def _values_of_each(
    request: OutcomeRequest, answered: Sequence[MeasureAnswered], safety: Answers
) -> list[dict[str, Any]]:
    """What each measure's answers make of a row; an alarm stands on one row, the first that fires it."""
    waiting = {alarm.code for alarm in _alarms_together(answered, safety)}
    rows = []
    for one in answered:
        of = measure(one.measure)
        names = (request.activities or one.activities) if of.names_activities else []
        values = scored_values(of, {**one.answers, **safety}, names, unscored=True)
        values["alarms"] = [code for code in values["alarms"] if code in waiting]
        waiting -= set(values["alarms"])
        rows.append(values)
    return rows


def _alarms_together(answered: Sequence[MeasureAnswered], safety: Answers) -> tuple[Alarm, ...]:
    """The alarms of all that was answered in one go."""
    together: dict[str, int | str | None] = {}
    for one in answered:
        together |= one.answers
    return alarms_in({**together, **safety})


def _record(request: OutcomeRequest, row: OutcomeScore) -> None:
    record_event(
        action="outcome.answered",
        clinic_id=request.clinic_id,
        object_type=OutcomeScore._meta.label_lower,
        object_id=row.pk,
        patient_id=request.episode.patient_id,
    )


def _answered_by(request: OutcomeRequest, keys: Iterable[uuid.UUID]) -> list[OutcomeScore]:
    first = list(OutcomeScore.objects.filter(request=request, submission_id__in=list(keys)))
    if not first:
        raise LinkClosed
    return first
