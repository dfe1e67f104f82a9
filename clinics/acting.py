"""In whose name the database is asked: settings that live as long as the transaction and no longer.

A plain SET would survive on a kept connection and show one clinic's rows to the next request.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from clinics.models import Clinic, User

SETTINGS = ("app.user", "app.clinic", "app.invitation", "app.outcome_link", "app.administration")
STATEMENT = f"SELECT {', '.join(f'set_config({name!r}, %s, true)' for name in SETTINGS)}"


@dataclass(frozen=True)
class Acting:
    """Who acts where; empty means nobody and nowhere, and then no row of any clinic is seen."""

    user: uuid.UUID | None = None
    clinic: uuid.UUID | None = None
    invitation: str = ""
    outcome_link: str = ""
    administration: bool = False

    @property
    def values(self) -> list[str]:
        administration = "on" if self.administration else ""
        people = [str(self.user or ""), str(self.clinic or "")]
        return [*people, self.invitation, self.outcome_link, administration]


def act(acting: Acting, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """For the rest of the transaction. Raises TransactionManagementError outside of one."""
    connection = connections[using]
    connection.validate_no_broken_transaction()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Nobody acts outside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, acting.values)
    connection.acting = acting  # type: ignore[attr-defined]


def forget_acting(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Between two transactions of one connection: the settings went with the first."""
    connections[using].acting = Acting()  # type: ignore[attr-defined]


def acting_now(*, using: str = DEFAULT_DB_ALIAS) -> Acting:
    """What `act` set last in this transaction."""
    connection = connections[using]
    return getattr(connection, "acting", Acting()) if connection.in_atomic_block else Acting()


def acting_in(
    clinic: Clinic | uuid.UUID | None, *, using: str = DEFAULT_DB_ALIAS
) -> AbstractContextManager[None]:
    """The rows of one clinic (None: of no clinic) for as long as the block lasts, in a transaction."""
    return _changed(using, clinic=clinic.pk if isinstance(clinic, Clinic) else clinic)


def acting_for(user: User, *, using: str = DEFAULT_DB_ALIAS) -> AbstractContextManager[None]:
    """What this person sees of people: their memberships wherever they work."""
    return _changed(using, user=user.pk)


def holding_invitation(digest: str) -> None:
    """The one invitation whose token has this fingerprint is seen for the rest of the transaction."""
    act(replace(acting_now(), invitation=digest))


def holding_outcome_link(digest: str) -> None:
    """The one request whose token has this fingerprint is seen for the rest of the transaction."""
    act(replace(acting_now(), outcome_link=digest))


@contextmanager
def _changed(using: str, **changes: Any) -> Iterator[None]:
    connection = connections[using]
    before = acting_now(using=using)
    with transaction.atomic(using=using):
        act(replace(before, **changes), using=using)
        try:
            yield
            if not connection.needs_rollback:
                act(before, using=using)
        finally:
            connection.acting = before  # type: ignore[attr-defined]
