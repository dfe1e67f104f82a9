"""What all services share: who may, once only, not over somebody else's change, and never without a trace."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from clinics.models import Membership
from clinics.services import record_event
from clinics.tenancy import TenantModel
from triage.errors import StaleVersion, WrongClinic
from triage.models import EditableModel, Patient

Row = TypeVar("Row", bound=EditableModel)
PARENTS = ("episode", "encounter", "block", "plan")


def guard(member: Membership, *rows: TenantModel) -> None:
    if any(row.clinic_id != member.clinic_id for row in rows):
        raise WrongClinic


def audit(member: Membership, action: str, row: TenantModel, detail: dict[str, Any] | None = None) -> None:
    """Who did what to which row of which patient and when; never a value."""
    record_event(
        member=member,
        action=action,
        object_type=row._meta.label_lower,
        object_id=row.pk,
        patient_id=patient_id_of(row),
        detail=detail,
    )


def patient_id_of(row: Any) -> uuid.UUID | None:
    """Whose record the row belongs to, if anybody's; parents that are loaded already cost no query."""
    if isinstance(row, Patient):
        return row.pk
    if hasattr(row, "patient_id"):
        return row.patient_id  # type: ignore[no-any-return]
    parent = next((name for name in PARENTS if hasattr(row, f"{name}_id")), None)
    return patient_id_of(getattr(row, parent)) if parent else None


def locked(row: Row) -> Row:
    """The row as it stands now, held until the transaction ends."""
    rows: Any = type(row)._default_manager  # of a class that only the caller knows
    return rows.select_for_update().get(pk=row.pk, clinic_id=row.clinic_id)


def create_once(
    model: type[Row], *, member: Membership, submission_id: uuid.UUID | None, action: str, **values: Any
) -> Row:
    """Create the row; a repeat of the same submission returns the first one unchanged.

    Raises django.core.exceptions.ValidationError for values that the model refuses.
    """
    submission_id = submission_id or uuid.uuid4()
    rows: Any = model._default_manager
    first = rows.filter(clinic_id=member.clinic_id, submission_id=submission_id).first()
    if first is not None:
        return first
    row = model(clinic_id=member.clinic_id, submission_id=submission_id, saved_by_id=member.user_id, **values)
    row.full_clean(exclude=["clinic", "saved_by"], validate_unique=False)
    kept, created = rows.get_or_create(
        clinic_id=member.clinic_id,
        submission_id=submission_id,
        defaults={"saved_by_id": member.user_id, **values},
    )
    if created:
        audit(member, action, kept)
    return kept


def change(row: Row, *, member: Membership, version: int, action: str, changes: Mapping[str, Any]) -> Row:
    """Set the fields of the locked `row` that differ; raises StaleVersion with mine and theirs of each."""
    mine = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not mine:
        return row
    if row.version != version:
        theirs = {name: getattr(row, name) for name in mine}
        raise StaleVersion(mine=mine, theirs=theirs, version=row.version)
    for name, value in mine.items():
        setattr(row, name, value)
    row.full_clean(exclude=["clinic", "saved_by"], validate_unique=False)
    touch(row, member=member, fields=tuple(mine))
    audit(member, action, row)
    return row


def touch(row: EditableModel, *, member: Membership, fields: Sequence[str] = ()) -> None:
    row.version += 1
    row.saved_by_id = member.user_id
    row.save(update_fields=[*fields, "version", "saved_by", "saved_at"])
