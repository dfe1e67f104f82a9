"""Patients with what stands in their record, and their complaints: one function for each kind of row.

Rows go in by hundreds, without the services of the pages, which take a statement or two for each row. What
these promise holds all the same: the database's triggers write history, every change has its event, and
versions count changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from triage.demo.sampled.patients import Desk, DrawnPatient, EpisodeRow, PatientRow, episodes_of
from triage.models import Episode, Patient, PatientItem
from triage.services.records import audit

PATIENT_FIELDS = ("given_name", "family_name", "birth_date", "sex", "sport", "weekly_km")


def make_patients(desk: Desk, drawn: list[DrawnPatient]) -> list[PatientRow]:
    """With their items and complaints; nothing is written yet."""
    patients = [_patient(desk, patient) for patient in drawn]
    for patient in patients:
        vars(patient.row)["_prefetched_objects_cache"] = {"items": _items(desk, patient)}  # for the case file
        patient.episodes += _episodes(desk, patient)
    return patients


def write_patients(patients: list[PatientRow]) -> None:
    Patient.objects.bulk_create([patient.row for patient in patients])
    for patient in patients:
        audit(patient.member, "patient.created", patient.row)


def _patient(desk: Desk, drawn: DrawnPatient) -> PatientRow:
    member = desk.member_for(drawn)
    row = Patient(
        clinic_id=desk.clinic_id,
        submission_id=desk.id_of(f"{drawn.number}"),
        saved_by_id=member.user_id,
        **{name: getattr(drawn.person, name) for name in PATIENT_FIELDS},
    )
    return PatientRow(drawn, row, member)


def restrict_some(patients: list[PatientRow]) -> None:
    """Well-known people, say: closed to all but the leads and who treats them."""
    closed = [patient for patient in patients if patient.drawn.restricted]
    for patient in closed:
        patient.row.restricted = True
        patient.row.version += 1
    Patient.objects.bulk_update([patient.row for patient in closed], ["restricted", "version"])
    for patient in closed:
        audit(patient.member, "record.restricted", patient.row, {"restricted": True, "team": 0})


def _items(desk: Desk, patient: PatientRow) -> list[PatientItem]:
    """Comorbidities, medicines and allergies."""
    return [
        PatientItem(
            clinic_id=desk.clinic_id,
            patient=patient.row,
            submission_id=desk.id_of(f"{patient.drawn.number}/item/{at}"),
            saved_by_id=patient.member.user_id,
            kind=item.kind,
            text=item.text,
            code=item.code,
        )
        for at, item in enumerate(patient.drawn.person.items)
    ]


def write_items(patients: list[PatientRow]) -> None:
    rows = []
    for patient in patients:
        for item in patient.row.items.all():
            audit(patient.member, "patient_item.added", item)
            rows.append(item)
    PatientItem.objects.bulk_create(rows)


def _episodes(desk: Desk, patient: PatientRow) -> Iterator[EpisodeRow]:
    for at, drawn in enumerate(patient.drawn.complaints):
        row = Episode(
            clinic_id=desk.clinic_id,
            patient=patient.row,
            submission_id=desk.id_of(f"{patient.drawn.number}/episode/{at}"),
            saved_by_id=patient.member.user_id,
            title=drawn.title,
            side=drawn.side,
            onset_on=drawn.onset_on,
        )
        yield EpisodeRow(drawn, row)


def write_episodes(patients: list[PatientRow]) -> None:
    for patient in patients:
        for episode in patient.episodes:
            audit(patient.member, "episode.started", episode.row)
    Episode.objects.bulk_create([episode.row for episode in episodes_of(patients)])


def close_some(patients: list[PatientRow]) -> None:
    closed = []
    for patient in patients:
        for episode in patient.episodes:
            if episode.drawn.closed:
                episode.row.status = Episode.Status.CLOSED
                episode.row.version += 1
                closed.append(episode.row)
                audit(patient.member, "episode.changed", episode.row)
    Episode.objects.bulk_update(closed, ["status", "version"])
