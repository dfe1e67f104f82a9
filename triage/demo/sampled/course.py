"""What comes after a visit: scores, links, what must not be forgotten, and what it proved to be."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from django.utils import timezone

from triage.demo.sampled.complaints import MOST_ENDINGS
from triage.demo.sampled.patients import Desk, EpisodeRow, PatientRow
from triage.demo.sampled.scores import GOOD_FOR, Score
from triage.models import AlarmSeen, Diagnosis, FollowUp, Forecast, OutcomeRequest, OutcomeScore
from triage.outcomes import measure
from triage.services.forecasts import forecasts_from
from triage.services.outcome_links import fingerprint
from triage.services.outcomes import scored_values
from triage.services.records import audit

GIVEN_UP = dt.timedelta(days=30)  # after a missed visit the patient was rung, and the reminder settled
OPENED_BEFORE = dt.timedelta(days=1)
REVIEW, RESULT = FollowUp.Kind.REVIEW, FollowUp.Kind.RESULT


def write_scores(desk: Desk, patients: list[PatientRow]) -> None:
    """Scores entered at visits or sent by a link, the links themselves, and who saw an alarming answer."""
    requests: list[OutcomeRequest] = []
    scores: list[OutcomeScore] = []
    seen: list[AlarmSeen] = []
    for patient in patients:
        for episode in patient.episodes:
            for number, drawn in enumerate(episode.drawn.series.scores):
                request = None
                if drawn.visit is None:
                    request = _request(patient, episode, drawn.at - OPENED_BEFORE, drawn.at)
                    requests.append(request)
                row = _score(patient, episode, drawn, request)
                row.submission_id = desk.id_of(f"{episode.row.submission_id}/score/{number}")
                scores.append(row)
                if drawn.seen:
                    seen.append(_seen(patient, row, drawn.at))
            if asked_at := episode.drawn.series.asked_at:
                requests.append(_request(patient, episode, asked_at, None))
    OutcomeRequest.objects.bulk_create(requests)
    OutcomeScore.objects.bulk_create(scores, batch_size=500)
    AlarmSeen.objects.bulk_create(seen)


def _request(
    patient: PatientRow, episode: EpisodeRow, at: dt.datetime, answered_at: dt.datetime | None
) -> OutcomeRequest:
    """A link whose token nobody has."""
    row = OutcomeRequest(
        clinic_id=episode.row.clinic_id,
        episode=episode.row,
        measures=["nprs"],
        token_sha256=fingerprint(secrets.token_urlsafe(32)),
        created_by_id=patient.member.user_id,
        created_at=at,
        expires_at=at + GOOD_FOR,
        answered_at=answered_at,
    )
    audit(patient.member, "outcome_link.created", row, {"measures": row.measures})
    return row


def _score(
    patient: PatientRow, episode: EpisodeRow, drawn: Score, request: OutcomeRequest | None
) -> OutcomeScore:
    by_link = drawn.visit is None
    row = OutcomeScore(
        clinic_id=episode.row.clinic_id,
        episode=episode.row,
        encounter=None if drawn.visit is None else episode.visits[drawn.visit].row,
        request=request,
        source=OutcomeScore.Source.LINK if by_link else OutcomeScore.Source.VISIT,
        answered_at=drawn.at,
        recorded_by_id=None if by_link else patient.member.user_id,
        **scored_values(measure(drawn.measure), drawn.answers, drawn.activities, unscored=by_link),
    )
    audit(patient.member, "outcome.answered" if by_link else "outcome.recorded", row)
    return row


def _seen(patient: PatientRow, score: OutcomeScore, at: dt.datetime) -> AlarmSeen:
    audit(patient.member, "outcome.alarm_seen", score)
    return AlarmSeen(
        clinic_id=score.clinic_id, score=score, user_id=patient.member.user_id, at=at + OPENED_BEFORE
    )


@dataclass(frozen=True)
class _Planned:
    kind: str
    text: str
    due_on: dt.date
    done_on: dt.date | None


def write_follow_ups(desk: Desk, patients: list[PatientRow]) -> None:
    """A reminder for every visit after the first, and one for the result that the second brought."""
    rows: list[tuple[PatientRow, FollowUp, dt.date | None]] = []
    for patient in patients:
        for episode in patient.episodes:
            for number, planned in enumerate(_planned(desk, episode)):
                row = FollowUp(
                    clinic_id=desk.clinic_id,
                    episode=episode.row,
                    submission_id=desk.id_of(f"{episode.row.submission_id}/follow-up/{number}"),
                    saved_by_id=patient.member.user_id,
                    kind=planned.kind,
                    text=planned.text,
                    due_on=planned.due_on,
                )
                rows.append((patient, row, planned.done_on))
                audit(patient.member, "follow_up.planned", row)
    FollowUp.objects.bulk_create([row for _, row, _ in rows])
    _settle([(patient, row, day) for patient, row, day in rows if day])


def _settle(rows: list[tuple[PatientRow, FollowUp, dt.date]]) -> None:
    for patient, row, day in rows:
        row.done_on = day
        row.version += 1
        audit(patient.member, "follow_up.done", row)
    FollowUp.objects.bulk_update([row for _, row, _ in rows], ["done_on", "version"])


def _planned(desk: Desk, episode: EpisodeRow) -> list[_Planned]:
    days = [timezone.localdate(visit.drawn.held_at) for visit in episode.visits]
    planned = [_Planned(REVIEW, "See again", day, day) for day in days[1:]]
    planned += [_Planned(RESULT, "Result of the investigation", day, day) for day in days[1:2]]
    if (due := episode.drawn.next_on) is not None:
        given_up = due + GIVEN_UP
        rung = given_up if given_up <= timezone.localdate(desk.now) else None
        planned.append(_Planned(REVIEW, "See again", due, rung))
        if len(days) == 1:
            planned.append(_Planned(RESULT, "Result of the investigation", due, rung))
    return planned


def write_diagnoses(desk: Desk, patients: list[PatientRow]) -> None:
    """In the order in which they were said: of a complaint's diagnoses the newest counts. With each proven
    one goes what the signed visits had said of it.
    """
    for number in range(MOST_ENDINGS):
        rows: list[Diagnosis] = []
        forecasts: list[Forecast] = []
        for patient in patients:
            for episode in patient.episodes:
                if number < len(episode.drawn.endings):
                    row = _diagnosis(desk, patient, episode, number)
                    rows.append(row)
                    forecasts += _forecasts(row, episode) if row.is_proven else []
                    audit(patient.member, "diagnosis.recorded", row)
        Diagnosis.objects.bulk_create(rows)
        Forecast.objects.bulk_create(forecasts)


def _forecasts(row: Diagnosis, episode: EpisodeRow) -> list[Forecast]:
    brief = {visit.assessment.pk: visit.says.brief for visit in episode.visits if visit.assessment}
    signed = [visit.assessment for visit in episode.visits if visit.assessment]
    return forecasts_from(row, signed, lambda assessment: brief[assessment.pk])


def _diagnosis(desk: Desk, patient: PatientRow, episode: EpisodeRow, number: int) -> Diagnosis:
    ending = episode.drawn.endings[number]
    return Diagnosis(
        clinic_id=desk.clinic_id,
        episode=episode.row,
        condition_code=ending.condition,
        text=ending.text,
        grade=ending.grade,
        proven_on=ending.day,
        recorded_by_id=patient.member.user_id,
        submission_id=desk.id_of(f"{episode.row.submission_id}/diagnosis/{number}"),
    )
