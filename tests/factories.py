"""Short hand-made factories: each makes one thing that is right, and takes what the test wants to say about
it.
"""

from __future__ import annotations

import time
from itertools import count
from typing import Any

from django.test import Client

from clinics.models import Clinic, Membership, User
from clinics.services import create_user
from clinics.sessions.clock import CLOCK

PASSWORD = "a-long-walk-at-noon"
_numbers = count(1)


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
    user = make_user(**fields)
    return Membership.objects.create(clinic=clinic or make_clinic(), user=user, role=role)
