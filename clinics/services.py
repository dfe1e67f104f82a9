"""Changes to people and access that touch more than one row or are on record."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from clinics.audit import record_event
from clinics.models import User

__all__ = ["confirm_address", "create_user", "record_event"]


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
