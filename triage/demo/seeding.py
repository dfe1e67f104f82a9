"""Make the demo clinic through the services of the pages, so that versions, history and audit are there.

Every row has a submission id derived from its place in the list: a second run finds it and leaves the patient
alone, whatever was entered or changed since.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import Clinic, Membership, Role, User
from clinics.services import create_user
from triage import services
from triage.demo.blocks import seed_block
from triage.demo.running import seed_running
from triage.models import Encounter, Episode, Observation, Patient
from triage.questions import Question, questions

PATIENTS = Path(__file__).with_name("patients.yaml")
NAMESPACE = uuid.UUID("6f0e4f0a-52a5-5f0c-9a3e-2f6f1d1e7a10")
PASSWORD = "sixteen-easy-miles"  # noqa: S105 - printed, and never created outside development
PATIENT_FIELDS = ("given_name", "family_name", "birth_date", "sex", "sport", "weekly_km")
EPISODE_FACTS = ("site_code", "onset", "load_change", "load_change_note", "irritability")
LEAD = ("demo@tinel.example", "Kim Amari", Role.LEAD, "Demo Running Clinic")
COLLEAGUE = ("colleague@tinel.example", "Robin Vale", Role.CLINICIAN, "Demo Running Clinic")
ELSEWHERE = ("elsewhere@tinel.example", "Alex Stone", Role.CLINICIAN, "Demo Hill Practice")

Row = Mapping[str, Any]


@dataclass
class Seeded:
    """What a run did: patients made, patients found and left alone, answers the release does not know."""

    made: int = 0
    kept: int = 0
    unknown: int = 0


def seed() -> Seeded:
    lead, colleague, elsewhere = (member(*person) for person in (LEAD, COLLEAGUE, ELSEWHERE))
    lists = yaml.safe_load(PATIENTS.read_text(encoding="utf-8"))
    result = Seeded()
    with acting_in(lead.clinic_id):
        for number, row in enumerate(lists["patients"]):
            _seed_patient(row, f"here/{number}", member=colleague if number % 3 == 2 else lead, result=result)
    with acting_in(elsewhere.clinic_id):
        for number, row in enumerate(lists["elsewhere"]):
            _seed_patient(row, f"elsewhere/{number}", member=elsewhere, result=result)
    return result


def member(email: str, name: str, role: str, clinic_name: str) -> Membership:
    clinic, _ = Clinic.objects.get_or_create(name=clinic_name)
    user = User.objects.filter(email=email).first()
    user = user or create_user(email=email, name=name, password=PASSWORD)
    with acting_in(clinic):
        return Membership.objects.get_or_create(clinic=clinic, user=user, defaults={"role": role})[0]


def _id(place: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, place)


@transaction.atomic
def _seed_patient(row: Row, place: str, *, member: Membership, result: Seeded) -> None:
    if Patient.objects.visible_to(member).filter(submission_id=_id(place)).exists():
        result.kept += 1
        return
    values = {name: row[name] for name in PATIENT_FIELDS}
    patient = services.create_patient(member=member, submission_id=_id(place), **values)
    for number, item in enumerate(row.get("items", [])):
        submission_id = _id(f"{place}/item/{number}")
        services.add_item(patient=patient, member=member, submission_id=submission_id, **item)
    for number, episode in enumerate(row.get("episodes", [])):
        result.unknown += _seed_episode(episode, f"{place}/episode/{number}", patient=patient, member=member)
    result.made += 1


def _seed_episode(row: Row, place: str, *, patient: Patient, member: Membership) -> int:
    episode = services.start_episode(
        patient=patient,
        member=member,
        submission_id=_id(place),
        title=row["title"],
        side=row["side"],
        onset_on=timezone.localdate() - dt.timedelta(days=row["onset_days_ago"]),
        **{name: row[name] for name in EPISODE_FACTS if name in row},
    )
    visits = enumerate(row["visits"])
    unknown = sum(
        _seed_visit(visit, f"{place}/visit/{number}", episode=episode, member=member)
        for number, visit in visits
    )
    if "running" in row:
        seed_running(row["running"], episode=episode, member=member)
    return unknown


def _seed_visit(row: Row, place: str, *, episode: Episode, member: Membership) -> int:
    encounter = services.start_encounter(
        episode=episode,
        member=member,
        submission_id=_id(place),
        setting=Encounter.Setting.SPORTS_CLINIC,
        held_at=timezone.now() - dt.timedelta(days=row["days_ago"]),
        note=row.get("note", ""),
    )
    asked = questions(encounter.release.sha256)
    answers = list(_answers(row.get("answers", {}), asked=asked, complaint_side=episode.side))
    known = [answer for answer in answers if _is_known(answer, asked)]
    services.record_many(encounter=encounter, member=member, answers=known)
    unknown = len(answers) - len(known)
    if "block" in row:
        first = _id(f"{place}/block")
        unknown += seed_block(row["block"], encounter=encounter, member=member, first=first)
    _close(row, place, encounter=encounter, member=member, recorded=bool(known))
    return unknown


def _is_known(answer: services.Answer, asked: Mapping[str, Question]) -> bool:
    return answer.finding in asked and (not answer.level or answer.level in asked[answer.finding].levels)


def _close(row: Row, place: str, *, encounter: Encounter, member: Membership, recorded: bool) -> None:
    version = encounter.version
    if row.get("discarded"):
        services.discard_draft(encounter=encounter, member=member, version=version)
    if row.get("signed") and recorded:
        services.sign_encounter(
            encounter=encounter, member=member, version=version, unscreened_confirmed=True
        )
    if row.get("addendum") and recorded:
        submission_id = _id(f"{place}/addendum")
        services.add_addendum(
            encounter=encounter, member=member, text=row["addendum"], submission_id=submission_id
        )


def _answers(rows: Row, *, asked: Mapping[str, Question], complaint_side: str) -> Iterator[services.Answer]:
    complaint_sides = ("left", "right") if complaint_side == Episode.Side.BOTH else (complaint_side,)
    for finding, said in rows.items():
        has_sides = finding in asked and asked[finding].side_aware
        sides = complaint_sides if has_sides else ("",)
        by_side: Row = said if isinstance(said, Mapping) else dict.fromkeys(sides, said)
        for side, word in by_side.items():
            yield _answer(finding, side, word)


def _answer(finding: str, side: str, word: str) -> services.Answer:
    if word == Observation.Status.EQUIVOCAL:
        return services.Answer(finding, None, side, status=word)
    return services.Answer(finding, word, side)
