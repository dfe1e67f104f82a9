"""Patients and visits of the tests, and one small release whose numbers a reader can follow."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from clinics.acting import acting_in
from clinics.models import Membership
from knowledge.models import Release
from tests.ranking.releases import finding, opinion, release
from triage import services
from triage.models import Encounter, Episode, Patient

BIRTH_DATE = dt.date(1990, 5, 17)
HELD_AT = dt.datetime(2026, 5, 16, 9, 0, tzinfo=dt.UTC)
PAIN_LEVELS = [{"code": code, "name": code} for code in ("first_steps", "after", "rest")]


def make_document(**parts: Any) -> dict[str, Any]:
    """Conditions a and b; findings with and without side and with three levels; one factor of each kind."""
    findings = [
        finding("f"),
        finding("other_side_painful", stage="intake"),
        finding("tender", side_aware=True, kind="tenderness"),
        finding("tingling", side_aware=True),
        finding("worst_when", levels=PAIN_LEVELS, default={"rates": {"after": 0.3, "rest": 0.2}, "n": 5}),
    ]
    findings = [{"package": "history", "group": "Pain", **row} for row in findings]
    effect = {"condition": "a", "odds_ratio": 3.0, "basis": "expert_estimate"}
    defaults: dict[str, Any] = {
        "findings": findings,
        "evidence": [opinion("a", "f", "frequent"), opinion("b", "tender", "very_frequent")],
        "risk_factors": [{"code": "heavy", "name": "Heavy", "group": "load", "effects": [effect]}],
        "contributing_factors": [
            {
                "code": "weak_hip",
                "name": "Weak hip",
                "side_aware": True,
                "package": "standing",
                "group": "Hip",
            }
        ],
    }
    return release(**(defaults | parts))


def make_release(**parts: Any) -> Release:
    """A published release; the same document twice gives the same row."""
    document = make_document(**parts)
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    row, _ = Release.objects.get_or_create(
        sha256=hashlib.sha256(written).hexdigest(),
        defaults={
            "number": Release.objects.count() + 1,
            "name": document["name"],
            "document_bytes": written,
        },
    )
    return row


def make_patient(member: Membership, **values: Any) -> Patient:
    given = {"given_name": "Rosa", "family_name": "Runner", "birth_date": BIRTH_DATE, "sex": "female"}
    with acting_in(member.clinic_id):
        return services.create_patient(member=member, **(given | values))


def make_episode(member: Membership, *, patient: Patient | None = None, **values: Any) -> Episode:
    given = {"title": "Ache in the arch", "side": "left"}
    patient = patient or make_patient(member)
    with acting_in(member.clinic_id):
        return services.start_episode(patient=patient, member=member, **(given | values))


def make_encounter(member: Membership, *, episode: Episode | None = None, **values: Any) -> Encounter:
    make_release()
    episode = episode or make_episode(member)
    with acting_in(member.clinic_id):
        started = services.start_encounter(episode=episode, member=member, **({"held_at": HELD_AT} | values))
        return Encounter.objects.visible_to(member).with_patient().get(pk=started.pk)


def answer(
    encounter: Encounter, member: Membership, finding: str, level: str | None, side: str = "", **more: Any
):
    with acting_in(member.clinic_id):
        return services.record_observation(
            encounter=encounter, member=member, finding_code=finding, level_code=level, side=side, **more
        )


def make_signed(member: Membership, **values: Any) -> Encounter:
    encounter = make_encounter(member, **values)
    answer(encounter, member, "tender", "present", "left")
    with acting_in(member.clinic_id):
        services.sign_encounter(encounter=encounter, member=member, version=encounter.version)
        return Encounter.objects.visible_to(member).with_patient().get(pk=encounter.pk)
