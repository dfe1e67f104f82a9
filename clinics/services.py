"""Changes to people and access that touch more than one row or are on record."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from clinics.models import AuditEvent, Membership, User


@transaction.atomic
def create_user(*, email: str, name: str, password: str | None = None, **fields: Any) -> User:
    user = User.objects.create_user(email=email, name=name, password=password, **fields)
    confirm_address(user=user)
    return user


def confirm_address(*, user: User) -> None:
    """The address of an account counts as confirmed: whoever makes accounts has checked it. (A second
    factor needs it.)
    """
    EmailAddress.objects.update_or_create(
        user=user, primary=True, defaults={"email": user.email, "verified": True}
    )


def record_event(
    *,
    action: str,
    member: Membership | None = None,
    user: User | None = None,
    object_type: str = "",
    object_id: uuid.UUID | str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Written in the transaction of what it reports. `detail` holds ids, field names and counts, never a
    patient's values.
    """
    return AuditEvent.objects.create(
        clinic_id=member.clinic_id if member else None,
        user_id=member.user_id if member else (user.pk if user else None),
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        detail=detail or {},
    )
