"""The rows a member may see; everything else is not found. Whose record was opened is put on record."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404

from clinics.audit import record_event, record_read
from clinics.requests import MemberRequest
from knowledge.compiled import release_with
from triage.models import Encounter, Episode, Observation, Patient, PatientItem
from triage.models.opened import opened
from triage.services import glass_of, may_open


class RecordClosed(PermissionDenied):
    """The record is restricted and closed to this colleague."""

    def __init__(self, patient_id: uuid.UUID) -> None:
        super().__init__()
        self.patient_id = patient_id


def patient_or_404(request: MemberRequest, patient_id: uuid.UUID) -> Patient:
    patient = closed_patient_or_404(request, patient_id)
    _open(request, patient)
    return patient


def closed_patient_or_404(request: MemberRequest, patient_id: uuid.UUID) -> Patient:
    """Also a record that is closed to this person: show nothing of it."""
    patient: Patient = get_object_or_404(Patient.objects.of_clinic(request.membership), pk=patient_id)
    return patient


def item_or_404(request: MemberRequest, item_id: uuid.UUID) -> PatientItem:
    items = PatientItem.objects.of_clinic(request.membership).select_related("patient")
    item: PatientItem = get_object_or_404(items, pk=item_id)
    _open(request, item.patient)
    return item


def episode_or_404(request: MemberRequest, episode_id: uuid.UUID) -> Episode:
    episodes = Episode.objects.of_clinic(request.membership).select_related("patient")
    episode: Episode = get_object_or_404(episodes, pk=episode_id)
    _open(request, episode.patient)
    return episode


def encounter_or_404(request: MemberRequest, encounter_id: uuid.UUID) -> Encounter:
    encounters = Encounter.objects.of_clinic(request.membership).with_record()
    encounter: Encounter = get_object_or_404(encounters, pk=encounter_id)
    encounter.release = release_with(encounter.release_id)
    _open(request, encounter.episode.patient)
    return encounter


def opened_or_404(request: MemberRequest, encounter_id: uuid.UUID) -> tuple[Encounter, list[Observation]]:
    """A visit and its answers, with all that a ranking reads, in one statement."""
    found = opened(encounter_id, clinic_id=request.membership.clinic_id)
    if found is None:
        raise Http404
    encounter, observations = found
    encounter.release = release_with(encounter.release_id)
    _open(request, encounter.episode.patient)
    return encounter, observations


def _open(request: MemberRequest, patient: Patient) -> None:
    """Raises RecordClosed; otherwise puts on record that the patient's record was opened. One's own right is
    looked up only for a restricted record.
    """
    member = request.membership
    page = request.resolver_match.url_name if request.resolver_match else ""
    if not may_open(patient=patient, member=member):
        record_event(
            action="record.refused", member=member, patient_id=patient.pk, detail={"page": page or ""}
        )
        raise RecordClosed(patient.pk)
    glass = glass_of(patient=patient, member=member)
    more: dict[str, Any] = {"glass": str(glass.pk)} if glass else {}
    record_read(member=member, patient_id=patient.pk, page=page or "", **more)


def answers_of(encounter: Encounter) -> list[Observation]:
    """The answers of a visit as they are now; the patient's items stay loaded for the ranking."""
    prefetch_related_objects([encounter.episode.patient], "items")
    return sorted(encounter.observations.all(), key=lambda row: (row.finding_code, row.side))
