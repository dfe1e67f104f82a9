"""Who works in a clinic: each change is atomic, on record, and leaves the clinic somebody who leads it."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.usersessions.models import UserSession
from django.db import transaction

from clinics.acting import acting_for
from clinics.audit import record_event
from clinics.models import Clinic, Membership, Role, User


class WithoutLead(Exception):
    """The change would leave the clinic without anybody who can manage its members."""


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: Membership) -> None:
    before = membership.role
    _change(membership, role=Role(role))
    _record("member.role", membership, by, {"before": before, "after": role})


@transaction.atomic
def deactivate_member(*, membership: Membership, by: Membership) -> None:
    """Their rights end with the next request, for rights are read on each; who works nowhere else is
    signed out everywhere.
    """
    _change(membership, is_active=False)
    with acting_for(membership.user):
        works_elsewhere = Membership.objects.of(membership.user).exists()
    if not works_elsewhere:
        end_sessions_of(user=membership.user)
    _record("member.deactivate", membership, by, {})


@transaction.atomic
def reactivate_member(*, membership: Membership, by: Membership) -> None:
    _change(membership, is_active=True)
    _record("member.reactivate", membership, by, {})


@transaction.atomic
def require_second_factor(*, clinic: Clinic, required: bool, by: Membership) -> None:
    clinic.requires_second_factor = required
    clinic.save(update_fields=["requires_second_factor"])
    record_event(
        action="clinic.second-factor",
        member=by,
        object_type="clinics.clinic",
        object_id=clinic.pk,
        detail={"required": required},
    )


def end_sessions_of(*, user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _change(membership: Membership, **values: Any) -> None:
    """One after the other: whoever changes members holds the clinic's row, so that two leads who let go of
    each other at once cannot both succeed.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=membership.clinic_id)
    Membership.objects.filter(pk=membership.pk).update(**values)
    membership.refresh_from_db(fields=["role", "is_active"])
    if not Membership.objects.filter(clinic_id=membership.clinic_id).leading().exists():
        raise WithoutLead


def _record(action: str, membership: Membership, by: Membership, detail: dict[str, Any]) -> None:
    record_event(
        action=action,
        member=by,
        object_type="clinics.membership",
        object_id=membership.pk,
        detail={"user": str(membership.user_id), **detail},
    )


def member_of_clinic(*, clinic_id: uuid.UUID, email: str) -> bool:
    return Membership.objects.filter(clinic_id=clinic_id, user__email=email).exists()
