"""Events as a page shows them: who, in which role, when, what."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from clinics.audit import RECORD_OPENED
from clinics.models import AuditEvent, AuditEventQuerySet, Membership

PAGE_SIZE = 50
NUMBER_DIGITS = 18
WORDS = {
    RECORD_OPENED: "opened the record",
    "record.refused": "was refused the record",
    "record.restricted": "changed who may open the record",
    "glass.broken": "broke the glass",
    "glass.reviewed": "reviewed a broken glass",
    "audit.exported": "exported what is on record",
}


@dataclass(frozen=True, slots=True)
class LogRow:
    number: int
    at: dt.datetime
    person: str
    role: str
    what: str
    patient_id: uuid.UUID | None
    glass: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    rows: list[LogRow]
    older: int | None  # the number before which the next page begins


def log_page(events: AuditEventQuerySet, member: Membership, *, before: str = "") -> LogPage:
    """The newest events, or those before a number: a long log costs no more than a short one."""
    if before.isdecimal() and len(before) <= NUMBER_DIGITS:
        events = events.filter(seq__lt=int(before))
    found = list(events.newest_first()[: PAGE_SIZE + 1])
    rows = rows_of(found[:PAGE_SIZE], member)
    return LogPage(rows, rows[-1].number if len(found) > PAGE_SIZE else None)


def rows_of(events: Sequence[AuditEvent], member: Membership) -> list[LogRow]:
    people = {event.user_id for event in events if event.user_id}
    roles = {
        row.user_id: row.get_role_display()
        for row in Membership.objects.filter(clinic_id=member.clinic_id, user_id__in=people)
    }
    return [
        LogRow(
            number=event.seq,
            at=event.at,
            person=str(event.user) if event.user else "the system",
            role=roles.get(event.user_id, "no member now") if event.user_id else "",
            what=what(event),
            patient_id=event.patient_id,
            glass="glass" in event.detail,
        )
        for event in events
    ]


def what(event: AuditEvent) -> str:
    words = WORDS.get(event.action) or event.action.replace(".", " ").replace("_", " ")
    page = str(event.detail.get("page", "")).replace("-", " ")
    return f"{words} ({page})" if page else words
