"""Fill the sampled clinic: batches of patients, each drawn, ranked, signed and written in one transaction.

The clinic is one of its own, marked as sampled: the dozen hand-written patients stay as they are, and no page
takes a drawn diagnosis for a proven one. The lead of the demo clinic leads here too, and chooses between both
after signing in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import reset_queries
from django.utils import timezone

from clinics.acting import acting_in
from clinics.audit import collecting, flush
from clinics.models import Clinic, Membership, Role
from knowledge.catalogue import catalogue
from knowledge.compiled import compiled_model
from triage.demo import seeding as demo
from triage.demo.sampled import care, course, opinions, records, visits
from triage.demo.sampled.complaints import Drawing
from triage.demo.sampled.freezing import Freezer, Knowledge, Said, freezer
from triage.demo.sampled.interview import PLACE, Interview
from triage.demo.sampled.patients import Desk, PatientRow, draw_patient
from triage.differential import current_clinic_model
from triage.models import Patient
from triage.services import release_for

CLINIC = "Demo Sampled Clinic"
PEOPLE = (
    (*demo.LEAD[:3], CLINIC),
    (*demo.COLLEAGUE[:3], CLINIC),
    ("second@tinel.example", "Noor Lindqvist", Role.CLINICIAN, CLINIC),
)
AT_ONCE = 100  # patients in a transaction: some 200 visits
Step = Callable[[int], None]


@dataclass
class Sampled:
    """What a run did, and the seconds of each phase."""

    made: int = 0
    kept: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def clocked(self, phase: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - began


def seed_sampled(patients: int, seed: str, step: Step = lambda count: None) -> Sampled:
    """The first `patients` of this seed's sample; those there already stay as they are. Raises NoRelease."""
    result = Sampled()
    lead, *others = _members()
    with acting_in(lead.clinic_id), result.clocked("getting ready"):
        release = release_for(lead)
        numbers = current_clinic_model(lead.clinic_id)
        own, own_hash = (numbers.settings, numbers.sha256) if numbers else (None, "")
        desk = Desk(seed, lead, tuple(others), release, timezone.now(), own_hash)
        drawing = _drawing(desk)
        missing = _missing(desk, patients)
    result.kept = patients - len(missing)
    step(result.kept)
    knowledge = Knowledge(catalogue(release.sha256).document, release.sha256, own, own_hash)
    with freezer(knowledge, len(missing)) as ranks:
        batches = (missing[at : at + AT_ONCE] for at in range(0, len(missing), AT_ONCE))
        for batch in _one_ahead(_prepared(desk, drawing, batch, ranks, result) for batch in batches):
            _write(desk, batch, result)
            reset_queries()  # else development keeps every statement in memory
            result.made += len(batch.patients)
            step(len(batch.patients))
    return result


@dataclass
class Batch:
    """Rows that are made, and their differentials under way."""

    patients: list[PatientRow]
    under_way: list[Future[list[Said]]]


def _prepared(desk: Desk, drawing: Drawing, numbers: list[int], ranks: Freezer, result: Sampled) -> Batch:
    with result.clocked("drawing"):
        drawn = [draw_patient(drawing, desk.seed, number) for number in numbers]
    with result.clocked("making rows"):
        patients = records.make_patients(desk, drawn)
        visits.make_visits(desk, patients)
    with result.clocked("ranking, in this process"):
        return Batch(patients, visits.freeze_visits(patients, ranks))


def _one_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The next one is ranked while this one is written."""
    before = next(batches, None)
    for batch in batches:
        if before:
            yield before
        before = batch
    if before:
        yield before


def _members() -> list[Membership]:
    """The people of the sampled clinic, the lead first; the clinic says of itself that it is sampled."""
    Clinic.objects.get_or_create(name=CLINIC, defaults={"sampled": True})
    lead, *others = [demo.member(*person) for person in PEOPLE]
    with acting_in(lead.clinic_id):  # one of them thinks first
        Membership.objects.filter(pk=others[-1].pk).update(own_list_first=True)
    others[-1].own_list_first = True
    return [lead, *others]


def _drawing(desk: Desk) -> Drawing:
    document = catalogue(desk.release.sha256).document
    places = next((row.get("levels", ()) for row in document["findings"] if row["code"] == PLACE), ())
    return Drawing(
        interview=Interview(compiled_model(desk.release.sha256)),
        natures={row["code"]: row.get("nature", "") for row in document["conditions"]},
        names={row["code"]: row["name"] for row in document["conditions"]},
        places={level["code"]: level["name"] for level in places},
        now=desk.now,
    )


def _missing(desk: Desk, patients: int) -> list[int]:
    ids = {desk.id_of(f"{number}"): number for number in range(patients)}
    found = Patient.objects.filter(clinic_id=desk.clinic_id, submission_id__in=list(ids))
    there = {ids[submission] for submission in found.values_list("submission_id", flat=True)}
    return [number for number in range(patients) if number not in there]


def _write(desk: Desk, batch: Batch, result: Sampled) -> None:
    """All of a batch or nothing."""
    patients = batch.patients
    with acting_in(desk.clinic_id), collecting():
        with result.clocked("writing patients and complaints"):
            records.write_patients(patients)
            records.restrict_some(patients)
            records.write_items(patients)
            records.write_episodes(patients)
        with result.clocked("writing visits and answers"):
            visits.write_visits(patients)
        with result.clocked("waiting for ranks"):
            wait(batch.under_way)
        with result.clocked("signing"):
            visits.take_outputs(patients, batch.under_way)
            opinions.write_own_lists(desk, patients)
            visits.sign_visits(desk, patients)
            visits.write_addenda(desk, patients)
        with result.clocked("writing scores, follow-ups and diagnoses"):
            course.write_scores(desk, patients)
            course.write_follow_ups(desk, patients)
            course.write_diagnoses(desk, patients)
            records.close_some(patients)
        with result.clocked("plans and programmes"):
            care.write_care(desk, patients)
        with result.clocked("audit chain"):
            flush()
