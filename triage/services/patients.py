from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction

from clinics.models import Membership
from triage.models import Patient, PatientItem
from triage.services.records import change, create_once, guard, locked


@transaction.atomic
def create_patient(*, member: Membership, submission_id: uuid.UUID | None = None, **values: Any) -> Patient:
    return create_once(
        Patient, member=member, submission_id=submission_id, action="patient.created", **values
    )


@transaction.atomic
def update_patient(*, patient: Patient, member: Membership, version: int, **changes: Any) -> Patient:
    guard(member, patient)
    return change(locked(patient), member=member, version=version, action="patient.changed", changes=changes)


@transaction.atomic
def add_item(
    *,
    patient: Patient,
    member: Membership,
    kind: str,
    text: str,
    code: str = "",
    submission_id: uuid.UUID | None = None,
) -> PatientItem:
    """Note a comorbidity, a medicine or an allergy."""
    guard(member, patient)
    return create_once(
        PatientItem,
        member=member,
        submission_id=submission_id,
        action="patient_item.added",
        patient=patient,
        kind=kind,
        text=text,
        code=code,
    )


@transaction.atomic
def end_item(*, item: PatientItem, member: Membership, version: int, ended_on: dt.date) -> PatientItem:
    guard(member, item)
    return change(
        locked(item),
        member=member,
        version=version,
        action="patient_item.ended",
        changes={"ended_on": ended_on},
    )
