"""A database of the measurement's own, on the same server and with the same roles as the product's."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test.utils import setup_databases, teardown_databases

from clinics.acting import acting_for
from clinics.models import Membership, User

ALIASES = ("default", "owner")


@contextmanager
def own_database() -> Iterator[None]:
    """Tables made by `owner`, work done as `app`, shipped knowledge published; gone afterwards."""
    settings.DEBUG = False  # else Django keeps every statement in memory
    name = f"test_{settings.DATABASES['owner']['NAME']}_{os.getpid()}"
    connections["owner"].settings_dict["TEST"]["NAME"] = name
    aliases = dict.fromkeys(ALIASES, False)
    kept = setup_databases(verbosity=0, interactive=False, aliases=aliases, serialized_aliases=set())
    try:
        for command in (("kb", "import"), ("kb", "publish")):
            call_command(*command, stdout=io.StringIO())
        yield
    finally:
        for connection in connections.all():
            connection.close()
        connections["default"].close_pool()  # type: ignore[attr-defined]
        teardown_databases(kept, verbosity=0)


def member_of(email: str) -> Membership:
    """The person with this address where they work; for one who works in one clinic."""
    user = User.objects.get(email=email)
    with acting_for(user):
        return Membership.objects.of(user).get()
