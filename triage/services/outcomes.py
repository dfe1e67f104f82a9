"""Scores of outcome measures entered at the clinic, and who saw an alarming answer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from triage.errors import AlreadyCorrected, SubmissionReused
from triage.models import AlarmSeen, Encounter, Episode, OutcomeScore
from triage.outcomes import SAFETY, Answers, Measure, TooFewAnswers, WrongAnswer, alarms_in, measure, score
from triage.services.records import audit, guard, locked

YES_OR_NO = (0, 1, None)
ACTIVITIES = range(3, 6)


@transaction.atomic
def record_outcome(
    *,
    episode: Episode,
    member: Membership,
    measure_code: str,
    answers: Answers,
    activities: Sequence[str] = (),
    encounter: Encounter | None = None,
    answered_at: dt.datetime | None = None,
    corrects: OutcomeScore | None = None,
    submission_id: uuid.UUID | None = None,
) -> OutcomeScore:
    """Put one answered measure on record; a repeat returns the first row.

    A visit's own time counts as that of the answers. Raises ScoreError, ValidationError, SubmissionReused,
    AlreadyCorrected.
    """
    guard(member, episode, *filter(None, (encounter, corrects)))
    submission_id = submission_id or uuid.uuid4()
    if first := _sent_before(episode, measure_code, submission_id):
        return first
    if corrects is not None:
        _still_current(episode, corrects, measure_code)
    if encounter is not None and encounter.episode_id != episode.pk:
        raise ValidationError("This visit belongs to another complaint.")
    row = OutcomeScore(
        clinic_id=episode.clinic_id,
        episode=episode,
        encounter=encounter,
        corrects=corrects,
        source=OutcomeScore.Source.VISIT,
        answered_at=encounter.held_at if encounter else answered_at or timezone.now(),
        recorded_by_id=member.user_id,
        submission_id=submission_id,
        **scored_values(measure(measure_code), answers, activities),
    )
    kept = write_once(row)
    if kept is row:
        audit(member, "outcome.corrected" if corrects else "outcome.recorded", row)
    return kept


def _sent_before(episode: Episode, measure_code: str, submission_id: uuid.UUID) -> OutcomeScore | None:
    sent = OutcomeScore.objects.filter(clinic_id=episode.clinic_id, submission_id=submission_id)
    first: OutcomeScore | None = sent.first()
    if first is not None and (first.episode_id, first.measure) != (episode.pk, measure_code):
        raise SubmissionReused
    return first


def _still_current(episode: Episode, corrects: OutcomeScore, measure_code: str) -> None:
    """Of two who correct one score at once the second is told; the complaint's row keeps them in line."""
    if (corrects.episode_id, corrects.measure) != (episode.pk, measure_code):
        raise ValidationError("This score belongs to another complaint or measure.")
    locked(episode)
    if corrects.corrections.exists():
        raise AlreadyCorrected


def write_once(row: OutcomeScore) -> OutcomeScore:
    """`row`, or the one that the same form brought a moment ago."""
    row.full_clean(exclude=["clinic", "recorded_by"], validate_unique=False, validate_constraints=False)
    made: dict[str, Any] = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name != "id"
    }
    key = {name: made.pop(name) for name in ("clinic_id", "submission_id")}
    kept, created = OutcomeScore.objects.get_or_create(**key, defaults={**made, "id": row.pk})
    return row if created else kept


def scored_values(
    of: Measure, answers: Answers, activities: Sequence[str], *, unscored: bool = False
) -> dict[str, Any]:
    """What the answers make of a row. `unscored`: with too few answers, no score instead of TooFewAnswers."""
    safety = {item.code for item in SAFETY}
    for code in safety & set(answers):
        if answers[code] not in YES_OR_NO:
            raise WrongAnswer(code, 0, 1)
    items = {code: answer for code, answer in answers.items() if code not in safety}
    names = _activities(of, items, activities, unscored=unscored)
    return {
        "measure": of.code,
        "measure_version": of.version,
        "activities": names,
        "answers": dict(answers),
        "score": _score(of, items, unscored=unscored),
        "alarms": [alarm.code for alarm in alarms_in(answers)],
    }


def _score(of: Measure, items: Mapping[str, int | str | None], *, unscored: bool) -> Decimal | None:
    try:
        return score(of, items).value
    except TooFewAnswers:
        if unscored:
            return None
        raise


def _activities(of: Measure, items: Answers, activities: Sequence[str], *, unscored: bool) -> list[str]:
    names = [name.strip() for name in activities]
    if not of.names_activities:
        if names:
            raise ValidationError("This measure names no activities.")
        return []
    if len(names) not in ACTIVITIES and not (unscored and len(names) < ACTIVITIES.start):
        raise ValidationError("Name three to five activities.")
    if "" in names or len({name.casefold() for name in names}) != len(names):
        raise ValidationError("Give each activity a name of its own.")
    if set(items) - {item.code for item in of.items[: len(names)]}:
        raise ValidationError("An activity without a name was rated.")
    return names


@transaction.atomic
def mark_alarm_seen(*, score: OutcomeScore, member: Membership) -> AlarmSeen:
    """The alarming answer leaves the worklist; who saw it first stays on record."""
    guard(member, score)
    seen, created = AlarmSeen.objects.get_or_create(
        clinic_id=score.clinic_id, score=score, defaults={"user_id": member.user_id}
    )
    if created:
        audit(member, "outcome.alarm_seen", score)
    return seen
