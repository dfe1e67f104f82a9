"""The rows a member may see; everything else is not found."""

from __future__ import annotations

import uuid

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404

from clinics.requests import MemberRequest
from triage.models import Encounter, Episode, Observation, Patient, PatientItem


def patient_or_404(request: MemberRequest, patient_id: uuid.UUID) -> Patient:
    patient: Patient = get_object_or_404(Patient.objects.visible_to(request.membership), pk=patient_id)
    return patient


def item_or_404(request: MemberRequest, item_id: uuid.UUID) -> PatientItem:
    items = PatientItem.objects.visible_to(request.membership).select_related("patient")
    item: PatientItem = get_object_or_404(items, pk=item_id)
    return item


def episode_or_404(request: MemberRequest, episode_id: uuid.UUID) -> Episode:
    episodes = Episode.objects.visible_to(request.membership).select_related("patient")
    episode: Episode = get_object_or_404(episodes, pk=episode_id)
    return episode


def encounter_or_404(request: MemberRequest, encounter_id: uuid.UUID) -> Encounter:
    encounters = Encounter.objects.visible_to(request.membership).with_patient()
    encounter: Encounter = get_object_or_404(encounters, pk=encounter_id)
    return encounter


def answers_of(encounter: Encounter) -> list[Observation]:
    """The answers of a visit as they are now; with the patient's items they stay loaded for the ranking."""
    prefetch_related_objects([encounter], "observations", "episode__patient__items")
    return sorted(encounter.observations.all(), key=lambda row: (row.finding_code, row.side))
