"""Rows of a patient's record -> what cautions may ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from clinics.models import Membership
from triage.cautions.said import Kind, Said, derived
from triage.models import Observation, Patient, PatientItem
from triage.questions import RISK_FACTOR, questions

EQUIVOCAL = Observation.Status.EQUIVOCAL
PRESENT = "present"
OF_ITEM = {
    PatientItem.Kind.COMORBIDITY: Kind.COMORBIDITY,
    PatientItem.Kind.MEDICINE: Kind.MEDICINE,
    PatientItem.Kind.ALLERGY: Kind.ALLERGY,
}


def said_of(
    patient: Patient, *, member: Membership, release_sha256: str, document: Mapping[str, Any], day: dt.date
) -> list[Said]:
    """Current comorbidities, medicines and allergies; risk factors as they were answered last at any visit
    that was not discarded; what age, sex, sport and distance imply. Queries: two.
    """
    items = PatientItem.objects.visible_to(member).filter(patient=patient).current(day)
    said = [
        Said(OF_ITEM[PatientItem.Kind(item.kind)], item.text, text=item.text, code=item.code)
        for item in items
    ]
    said += _answered(patient, member, release_sha256, document)
    return said + derived(
        document.get("risk_factors", []),
        age_years=patient.age_on(day),
        sex=patient.sex,
        sport=patient.sport,
        weekly_km=patient.weekly_km,
    )


def _answered(
    patient: Patient, member: Membership, release_sha256: str, document: Mapping[str, Any]
) -> list[Said]:
    codes = [code for code, asked in questions(release_sha256).items() if asked.role == RISK_FACTOR]
    names = {row["code"]: row["name"] for row in document.get("risk_factors", [])}
    rows = Observation.objects.visible_to(member).of_patient(patient).answered().of_findings(codes)
    newest = {row.finding_code: row for row in rows.oldest_visit_first()}
    return [
        Said(
            Kind.RISK_FACTOR,
            f"{names[row.finding_code].lower()}, {'equivocal' if row.status == EQUIVOCAL else 'yes'} "
            f"at the visit of {row.encounter.held_at:%-d %b %Y}",
            code=row.finding_code,
            sure=row.status != EQUIVOCAL,
        )
        for row in newest.values()
        if row.status == EQUIVOCAL or row.level_code == PRESENT
    ]
