"""What goes on record. During a request events wait and are written as its transaction's last statement.

Writing an event locks the clinic's chain until the transaction ends; a lock taken earlier would make the
people of a clinic wait for each other. Outside a request (commands, the shell) an event is written at once.

A waiting event hangs on the connection like a callback of `transaction.on_commit`: whatever is rolled back,
a savepoint too, takes its events along.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from clinics.acting import acting_in, acting_now
from clinics.models import AuditEvent, Membership, User

RECORD_OPENED = "record.opened"
READ_WINDOW = dt.timedelta(minutes=15)
_collecting: ContextVar[bool] = ContextVar("collecting", default=False)


class Waiting:
    """An event that is written when the request's transaction ends."""

    def __init__(self, event: AuditEvent) -> None:
        self.event = event
        self.written = False

    def __call__(self) -> None:
        """After the commit nothing is left to do."""


def record_event(
    *,
    action: str,
    member: Membership | None = None,
    user: User | None = None,
    clinic_id: uuid.UUID | None = None,
    object_type: str = "",
    object_id: uuid.UUID | str = "",
    patient_id: uuid.UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Written in the transaction of what it reports; `clinic_id` where nobody is signed in, such as a patient
    who answers by a link. `detail` holds ids, field names and counts, never a
    patient's values.
    """
    event = AuditEvent(
        clinic_id=member.clinic_id if member else clinic_id,
        user_id=member.user_id if member else (user.pk if user else None),
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        patient_id=patient_id,
        detail=detail or {},
    )
    if _collecting.get():
        transaction.on_commit(Waiting(event))
    else:
        _write([event])
    return event


def record_read(*, member: Membership, patient_id: uuid.UUID, page: str, **more: str) -> None:
    """Somebody looks at a patient's record: one event per person, patient and quarter of an hour."""
    detail = {"page": page, **more}
    record_event(action=RECORD_OPENED, member=member, patient_id=patient_id, detail=detail)


@contextmanager
def collecting() -> Iterator[None]:
    """Events wait for `flush`."""
    token = _collecting.set(True)
    try:
        yield
    finally:
        _collecting.reset(token)


def flush() -> None:
    """Write what waits, in one statement; nothing when the transaction will be rolled back anyway."""
    if connection.needs_rollback:
        return
    callbacks = [callback[1] for callback in connection.run_on_commit]
    waiting = [entry for entry in callbacks if isinstance(entry, Waiting) and not entry.written]
    for entry in waiting:
        entry.written = True
    events = _worth_writing([entry.event for entry in waiting])
    _write(events)


def _write(events: list[AuditEvent]) -> None:
    for clinic_id, chain in _by_chain(events):
        if clinic_id in (None, acting_now().clinic):
            _insert(chain)
        else:  # such as somebody who joins the clinic with this request
            with acting_in(clinic_id):
                _insert(chain)


def _insert(chain: list[AuditEvent]) -> None:
    """As `bulk_create` would: one statement, in which the database numbers and links the events in order."""
    fields = AuditEvent._meta.concrete_fields
    values = [
        field.get_db_prep_save(getattr(event, field.attname), connection)
        for event in chain
        for field in fields
    ]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_statement(len(chain)), values)
    for event in chain:
        event._state.adding, event._state.db = False, connection.alias


@cache
def _statement(events: int) -> str:
    """Every value is a parameter; the rest are names of ours."""
    columns = [f'"{field.column}"' for field in AuditEvent._meta.concrete_fields]
    row = f"({', '.join('%s' for _ in columns)})"
    rows = ", ".join([row] * events)
    return f'INSERT INTO "{AuditEvent._meta.db_table}" ({", ".join(columns)}) VALUES {rows}'  # noqa: S608


def _by_chain(events: list[AuditEvent]) -> list[tuple[uuid.UUID | None, list[AuditEvent]]]:
    """In one order of chains everywhere, so that two requests never wait for each other."""
    ordered = sorted(events, key=lambda event: str(event.clinic_id or ""))
    return [(clinic_id, list(chain)) for clinic_id, chain in groupby(ordered, attrgetter("clinic_id"))]


def _worth_writing(events: list[AuditEvent]) -> list[AuditEvent]:
    """All but the reads that are on record already: by a change in the same request, or lately."""
    kept = [event for event in events if event.action != RECORD_OPENED]
    seen = {_who_and_whom(event) for event in kept}
    for event in events:
        if event.action == RECORD_OPENED and _who_and_whom(event) not in seen:
            seen.add(_who_and_whom(event))
            if not _read_lately(event):
                kept.append(event)
    return kept


def _who_and_whom(event: AuditEvent) -> tuple[Any, ...]:
    return event.clinic_id, event.user_id, event.patient_id


def _read_lately(event: AuditEvent) -> bool:
    same: dict[str, Any] = {"clinic_id": event.clinic_id, "user_id": event.user_id}
    reads = AuditEvent.objects.filter(**same, patient_id=event.patient_id, action=RECORD_OPENED)
    return reads.filter(at__gt=timezone.now() - READ_WINDOW).exists()
