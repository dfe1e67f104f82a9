"""The rows a member may see; everything else is not found. Whose record was opened is put on record."""

from __future__ import annotations

import uuid

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404

from clinics.audit import record_read
from clinics.requests import MemberRequest
from triage.models import Encounter, Episode, Observation, Patient, PatientItem


def patient_or_404(request: MemberRequest, patient_id: uuid.UUID) -> Patient:
    patient: Patient = get_object_or_404(Patient.objects.visible_to(request.membership), pk=patient_id)
    _opened(request, patient.pk)
    return patient


def item_or_404(request: MemberRequest, item_id: uuid.UUID) -> PatientItem:
    items = PatientItem.objects.visible_to(request.membership).select_related("patient")
    item: PatientItem = get_object_or_404(items, pk=item_id)
    _opened(request, item.patient_id)
    return item


def episode_or_404(request: MemberRequest, episode_id: uuid.UUID) -> Episode:
    episodes = Episode.objects.visible_to(request.membership).select_related("patient")
    episode: Episode = get_object_or_404(episodes, pk=episode_id)
    _opened(request, episode.patient_id)
    return episode


def encounter_or_404(request: MemberRequest, encounter_id: uuid.UUID) -> Encounter:
    encounters = Encounter.objects.visible_to(request.membership).with_patient()
    encounter: Encounter = get_object_or_404(encounters, pk=encounter_id)
    _opened(request, encounter.episode.patient_id)
    return encounter


def _opened(request: MemberRequest, patient_id: uuid.UUID) -> None:
    page = request.resolver_match.url_name if request.resolver_match else ""
    record_read(member=request.membership, patient_id=patient_id, page=page or "")


def answers_of(encounter: Encounter) -> list[Observation]:
    """The answers of a visit as they are now; with the patient's items they stay loaded for the ranking."""
    prefetch_related_objects([encounter], "observations", "episode__patient__items")
    return sorted(encounter.observations.all(), key=lambda row: (row.finding_code, row.side))
