"""Drawn patients, and the rows they become: one object for both, so that every writer finds the other."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clinics.models import Membership
from knowledge.models import Release
from triage.demo.sampled.complaints import Complaint, Drawing, Visit, draw_complaint
from triage.demo.sampled.freezing import Said
from triage.demo.sampled.people import Person, draw_person, rare
from triage.models import Assessment, Encounter, Episode, Observation, Patient

NAMESPACE = uuid.UUID("0a5a1c5e-4a53-5d0c-8b0e-3f7d0c9a6e21")
SECOND_COMPLAINT = 0.25


@dataclass(frozen=True)
class DrawnPatient:
    number: int
    person: Person
    complaints: tuple[Complaint, ...]
    restricted: bool


@dataclass
class VisitRow:
    drawn: Visit
    row: Encounter
    observations: list[Observation] = field(default_factory=list)
    case: Mapping[str, Any] = field(default_factory=dict)  # the case file
    assessment: Assessment | None = None
    said: Said | None = None

    @property
    def says(self) -> Said:
        """Its differential, once it is there."""
        assert self.said is not None
        return self.said


@dataclass
class EpisodeRow:
    drawn: Complaint
    row: Episode
    visits: list[VisitRow] = field(default_factory=list)


@dataclass
class PatientRow:
    drawn: DrawnPatient
    row: Patient
    member: Membership
    episodes: list[EpisodeRow] = field(default_factory=list)


@dataclass(frozen=True)
class Desk:
    """Who writes what down, where, under which release."""

    seed: str
    lead: Membership
    clinicians: tuple[Membership, ...]
    release: Release
    now: dt.datetime
    clinic_model_sha256: str = ""  # of the clinic's own numbers; empty: none

    @property
    def clinic_id(self) -> uuid.UUID:
        return self.lead.clinic_id

    def member_for(self, drawn: DrawnPatient) -> Membership:
        """A restricted record is the lead's own, so that the wall stands before the others."""
        everybody = (self.lead, *self.clinicians)
        return self.lead if drawn.restricted else everybody[drawn.number % len(everybody)]

    def id_of(self, place: str) -> uuid.UUID:
        """The submission of a row: the same at every run with this seed."""
        return uuid.uuid5(NAMESPACE, f"{self.seed}/{place}")


def draw_patient(drawing: Drawing, seed: str, number: int) -> DrawnPatient:
    digest = hashlib.sha256(f"{drawing.interview.model.release}:{seed}:{number}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:16], "big"))
    model = drawing.interview.model
    person = draw_person(random, today=drawing.today, known=model.risk_factor_at)
    count = 2 if random.random() < SECOND_COMPLAINT else 1
    complaints = tuple(
        draw_complaint(drawing, person, number, random, last=at == count - 1) for at in range(count)
    )
    return DrawnPatient(number, person, complaints, restricted=rare(number, 80, 7))


def episodes_of(patients: list[PatientRow]) -> Iterator[EpisodeRow]:
    for patient in patients:
        yield from patient.episodes


def visits_of(patients: list[PatientRow]) -> Iterator[VisitRow]:
    for episode in episodes_of(patients):
        yield from episode.visits
