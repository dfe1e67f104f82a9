"""Links by which a patient answers one measure: good for seven days and one time, without an account.

The address holds a token, the database its fingerprint alone. Whoever holds the token sees the one request
(row-level security); the answers are written in the clinic's name by `answer_link` and by nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from clinics.acting import acting_in, holding_outcome_link
from clinics.audit import record_event
from clinics.models import Membership
from triage.errors import LinkClosed
from triage.models import Episode, OutcomeRequest, OutcomeScore
from triage.outcomes import Answers, measure
from triage.services.outcomes import scored_values, write_once
from triage.services.records import audit, guard, locked

GOOD_FOR = timedelta(days=7)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def create_link(*, episode: Episode, member: Membership, measure_code: str) -> tuple[OutcomeRequest, str]:
    """A new link for the same measure takes the place of the one before. Raises KeyError."""
    guard(member, episode)
    asked = measure(measure_code)
    locked(episode)
    before = OutcomeRequest.objects.filter(clinic_id=episode.clinic_id, episode=episode, measure=asked.code)
    before.unanswered().update(revoked_at=timezone.now())
    token = secrets.token_urlsafe(32)
    request = OutcomeRequest.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        measure=asked.code,
        activities=_named_before(episode) if asked.names_activities else [],
        token_sha256=fingerprint(token),
        created_by_id=member.user_id,
        expires_at=timezone.now() + GOOD_FOR,
    )
    audit(member, "outcome_link.created", request, {"measure": asked.code})
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
    *, digest: str, answers: Answers, activities: Sequence[str], submission_id: uuid.UUID
) -> OutcomeScore:
    """Write the answers and spend the token; the same form sent twice returns what it brought first.

    Too few answers are kept without a score, so that an alarming one is never held back by a missing one.
    Raises LinkClosed, ScoreError, ValidationError.
    """
    held = held_request(digest)
    if held is None:
        raise LinkClosed
    with acting_in(held.clinic_id):
        request = OutcomeRequest.objects.select_for_update().get(pk=held.pk)
        if not request.is_open:
            return _answered_by(request, submission_id)
        row = write_once(
            OutcomeScore(
                clinic_id=request.clinic_id,
                episode_id=request.episode_id,
                request=request,
                source=OutcomeScore.Source.LINK,
                answered_at=timezone.now(),
                submission_id=submission_id,
                **scored_values(
                    measure(request.measure), answers, request.activities or activities, unscored=True
                ),
            )
        )
        if row.request_id != request.pk:
            raise LinkClosed
        request.answered_at = row.answered_at
        request.save(update_fields=["answered_at"])
        record_event(
            action="outcome.answered",
            clinic_id=request.clinic_id,
            object_type=OutcomeScore._meta.label_lower,
            object_id=row.pk,
            patient_id=request.episode.patient_id,
        )
        return row


def _answered_by(request: OutcomeRequest, submission_id: uuid.UUID) -> OutcomeScore:
    first = OutcomeScore.objects.filter(request=request, submission_id=submission_id).first()
    if first is None:
        raise LinkClosed
    return first
