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

from clinics.acting import Acting, act, acting_in, acting_now
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
        before = acting_now() if connection.in_atomic_block else None
        if before is not None:
            act(Acting())
        try:
            return super().request(**request)
        finally:
            if before is not None and not connection.needs_rollback:
                act(before)


def work_in(clinic_id: uuid.UUID | None) -> None:
    """The rest of the test reads and writes rows of this clinic, in a transaction or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.clinic', %s, false)", [str(clinic_id or "")])
    connection.acting = Acting(clinic=clinic_id)  # type: ignore[attr-defined]


def start_clock(client: Client, *, began: float = 0, seen: float = 0, locked: float = 0) -> None:
    """What the first page after a sign-in writes: when it was; the arguments are seconds ago."""
    now, session = time.time(), client.session
    session[CLOCK] = {"began": now - began, "seen": now - seen, "locked": locked and now - locked}
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
