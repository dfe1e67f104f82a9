"""Visits, their answers, and the signature: answers go in while a visit is a draft, as the triggers want.

A later visit holds what it found itself; what earlier ones found is carried (triage/carrying.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import psycopg
from django.db import connection
from django.db.models import F

from triage import differential
from triage.demo.sampled.freezing import Freezer, Said, said_of
from triage.demo.sampled.patients import Desk, EpisodeRow, PatientRow, VisitRow, visits_of
from triage.demo.sampled.people import population
from triage.models import Addendum, Assessment, Encounter, Observation, RedFlagDismissal
from triage.questions import questions
from triage.ranking import ENGINE_VERSION
from triage.ranking import Observation as Told
from triage.services.encounters import confirmation, frozen_dismissals
from triage.services.records import audit

OBSERVATIONS_AT_ONCE = 2000
SIGNED_AFTER = dt.timedelta(minutes=25)
PRESSING = ("immediate", "same_day")  # never put aside in the sample


def make_visits(desk: Desk, patients: list[PatientRow]) -> None:
    """Every visit as a draft whose answers were sent once; nothing is written yet."""
    asked = questions(desk.release.sha256)
    for patient in patients:
        factors = [
            Told(code, "present" if holds else "absent", "observed", None, asked[code].stage)
            for code, holds in patient.drawn.person.answered
        ]
        for at, episode in enumerate(patient.episodes):
            for number, drawn in enumerate(episode.drawn.visits):
                visit = _visit(desk, patient, episode, f"{patient.drawn.number}/episode/{at}/visit/{number}")
                told = (*factors, *drawn.new) if number == 0 else drawn.new
                visit.observations = [_observation(visit.row, row) for row in told]
                visit.row.earlier_rows = _earlier(episode.visits)
                episode.visits.append(visit)


def _visit(desk: Desk, patient: PatientRow, episode: EpisodeRow, place: str) -> VisitRow:
    drawn = episode.drawn.visits[len(episode.visits)]
    row = Encounter(
        clinic_id=desk.clinic_id,
        episode=episode.row,
        previous=episode.visits[-1].row if episode.visits else None,
        release=desk.release,
        submission_id=desk.id_of(place),
        saved_by_id=patient.member.user_id,
        author_id=patient.member.user_id,
        setting=patient.drawn.person.setting,
        held_at=drawn.held_at,
        note=drawn.note,
        version=2,
    )
    return VisitRow(drawn, row)


def _observation(visit: Encounter, told: Told) -> Observation:
    return Observation(
        clinic_id=visit.clinic_id,
        encounter=visit,
        finding_code=told.finding,
        level_code=told.level or "",
        status=told.status,
        side=told.side or "",
        stage=told.stage,
        performed_at=visit.held_at,
        recorded_by_id=visit.author_id,
        version=visit.version,
    )


def _earlier(visits: list[VisitRow]) -> list[Observation]:
    """As `Encounter.earlier_rows` reads them: answered, the newest visit first, each with its day."""
    rows = []
    for visit in reversed(visits):
        answered = [row for row in visit.observations if row.status != Observation.Status.NOT_TESTED]
        for row in sorted(answered, key=lambda row: (row.finding_code, row.side)):
            vars(row).update(held_at=visit.row.held_at, moved=[])
            rows.append(row)
    return rows


def freeze_visits(patients: list[PatientRow], freezer: Freezer) -> list[Future[list[Said]]]:
    """The differential of every visit, under way."""
    for visit in visits_of(patients):
        visit.case = differential.case_document(visit.row, visit.observations)
    return freezer.freeze([visit.case for visit in visits_of(patients)])


def write_visits(patients: list[PatientRow]) -> None:
    for patient in patients:
        for visit in visits_of([patient]):
            audit(patient.member, "encounter.started", visit.row)
            audit(patient.member, "observation.recorded", visit.row)
    Encounter.objects.bulk_create([visit.row for visit in visits_of(patients)])
    rows = [row for visit in visits_of(patients) for row in visit.observations]
    Observation.objects.bulk_create(rows, batch_size=OBSERVATIONS_AT_ONCE)


def take_outputs(patients: list[PatientRow], under_way: list[Future[list[Said]]]) -> None:
    """Wait for the differentials, and hand each to its visit."""
    said = iter(said_of(under_way))
    for visit in visits_of(patients):
        visit.said = next(said)


def sign_visits(desk: Desk, patients: list[PatientRow]) -> None:
    """Keep what each visit says, put some red flags aside, then sign."""
    dismissals: list[RedFlagDismissal] = []
    for patient in patients:
        for visit in visits_of([patient]):
            dismissals += _dismissals(patient, visit)
            if not visit.drawn.is_draft:
                visit.assessment = _assessment(desk, visit)
                audit(patient.member, "encounter.signed", visit.row, confirmation(visit.says.unscreened))
    RedFlagDismissal.objects.bulk_create(dismissals)
    signed = [visit.assessment for visit in visits_of(patients) if visit.assessment]
    _keep_dismissals(signed, dismissals)
    _insert_assessments(signed)
    Encounter.objects.filter(pk__in=[row.encounter_id for row in signed]).update(
        status=Encounter.Status.SIGNED,
        signed_by=F("author"),
        signed_at=F("held_at") + SIGNED_AFTER,
        version=F("version") + 1,
        saved_at=desk.now,
    )


def _insert_assessments(rows: list[Assessment]) -> None:
    """As `bulk_create` would, with values apart from the statement: outputs are not written out as text, nor
    kept where Django keeps every statement of development.
    """
    fields = Assessment._meta.concrete_fields
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.attname) for field in fields)
    places = ", ".join("%b" if field.name == "output" else "%s" for field in fields)
    table = quote(Assessment._meta.db_table)
    values = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        for row in rows
    ]
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)  # noqa: S608 - names of ours


def _dismissals(patient: PatientRow, visit: VisitRow) -> Iterator[RedFlagDismissal]:
    if not visit.drawn.dismisses:
        return
    for flag in visit.says.red_flags:
        if flag["urgency"] not in PRESSING:
            row = RedFlagDismissal(
                clinic_id=visit.row.clinic_id,
                encounter=visit.row,
                rule_code=flag["rule"],
                matched=list(flag["matched"]),
                reason=population()["dismissal"],
                by=patient.member.user,
            )
            audit(patient.member, "red_flag.dismissed", row)
            yield row


def _assessment(desk: Desk, visit: VisitRow) -> Assessment:
    return Assessment(
        clinic_id=desk.clinic_id,
        encounter=visit.row,
        case_json=visit.case,
        release_sha256=desk.release.sha256,
        clinic_model_sha256=desk.clinic_model_sha256,
        engine_version=ENGINE_VERSION,
        output=visit.says.output,
    )


def _keep_dismissals(assessments: list[Assessment], dismissals: list[RedFlagDismissal]) -> None:
    by_visit: dict[Any, list[RedFlagDismissal]] = {}
    for row in dismissals:
        by_visit.setdefault(row.encounter_id, []).append(row)
    for assessment in assessments:
        assessment.dismissals_json = frozen_dismissals(by_visit.get(assessment.encounter_id, ()))


def write_addenda(desk: Desk, patients: list[PatientRow]) -> None:
    rows = []
    for patient in patients:
        for visit in visits_of([patient]):
            if visit.drawn.addendum:
                row = Addendum(
                    clinic_id=desk.clinic_id,
                    encounter=visit.row,
                    author_id=patient.member.user_id,
                    text=visit.drawn.addendum,
                    submission_id=desk.id_of(f"{visit.row.submission_id}/addendum"),
                )
                rows.append(row)
                audit(patient.member, "addendum.added", row)
    Addendum.objects.bulk_create(rows)
