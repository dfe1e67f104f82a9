"""Short hand-made factories: each makes one thing that is right, and takes what the test wants to say about
it.
"""

from __future__ import annotations

import time
import uuid
from itertools import count
from typing import Any

from django.db import connection
from django.test import Client

from clinics.acting import STATEMENT, Acting, acting_in
from clinics.middleware import ACTIVE_CLINIC
from clinics.models import Clinic, Membership, User
from clinics.services import create_user
from clinics.sessions.clock import CLOCK

PASSWORD = "a-long-walk-at-noon"
_numbers = count(1)


class Browser(Client):
    """A client whose requests begin with nobody acting, as a connection does in production; afterwards the
    test acts on as before.
    """

    def request(self, **request: Any) -> Any:
        if connection.needs_rollback or connection.connection is None:
            return super().request(**request)
        before = getattr(connection, "acting", Acting())
        _set(Acting())
        try:
            return super().request(**request)
        finally:
            if not connection.needs_rollback:
                _set(before)


def work_in(clinic_id: uuid.UUID | None) -> None:
    """The rest of the test reads and writes rows of this clinic, in a transaction or not."""
    connection.ensure_connection()
    _set(Acting(clinic=clinic_id))


def _set(acting: Acting) -> None:
    """For the session, and past Django's count of statements."""
    connection.connection.execute(STATEMENT.replace("true", "false"), acting.values)
    connection.acting = acting  # type: ignore[attr-defined]


def start_clock(client: Client, *, began: float = 0, seen: float = 0, locked: float = 0) -> None:
    """What the first page after a sign-in writes: when it was; the arguments are seconds ago."""
    now, session = time.time(), client.session
    session[CLOCK] = {"began": now - began, "seen": now - seen, "locked": locked and now - locked}
    session.save()


def choose_clinic(client: Client, member: Membership) -> None:
    """What the first page after a sign-in writes: where this person works."""
    session = client.session
    session[ACTIVE_CLINIC] = str(member.clinic_id)
    session.save()


def make_clinic(name: str = "") -> Clinic:
    return Clinic.objects.create(name=name or f"Clinic {next(_numbers)}")


def make_user(name: str = "Una User", *, password: str = PASSWORD, **fields: Any) -> User:
    email = fields.pop("email", f"person{next(_numbers)}@example.org")
    return create_user(email=email, name=name, password=password, **fields)


def make_member(clinic: Clinic | None = None, *, role: str = "clinician", **fields: Any) -> Membership:
    user, clinic = make_user(**fields), clinic or make_clinic()
    with acting_in(clinic):
        return Membership.objects.create(clinic=clinic, user=user, role=role)
