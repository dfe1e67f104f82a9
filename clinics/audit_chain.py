"""The chain of events on record: what its hashes cover, and where it was broken.

hash = sha256(previous hash || canonical JSON), 32 zero bytes before the first. The canonical JSON is an array
of strings or null, in UTF-8 and without spaces: number, id, clinic, user, action, type and id of the object,
patient, time (UTC, microseconds), detail (as jsonb writes it). The trigger `clinics_audit_append` computes it
on INSERT; here it is computed again, from the same columns but without the database's help.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing

BEFORE_THE_FIRST = bytes(32)
PAGE = 5_000
SALT = "clinics.audit.head"
AT = """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = f"""
    seq::text, id::text, clinic_id::text, user_id::text, action, object_type, object_id, patient_id::text,
    {AT}, detail::text
"""
Heads = Mapping[int, str]  # number of an event → its hash as it was exported


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain, to be kept where nobody who can write to the database can write."""

    clinic: str | None
    seq: int
    hash: str
    at: str

    def to_line(self) -> str:
        words = {"clinic": self.clinic, "seq": self.seq, "hash": self.hash, "at": self.at}
        return json.dumps(words | {"signature": _signer().signature(self._signed())})

    @classmethod
    def from_line(cls, line: str) -> Head:
        """Raises ValueError for a line that this installation did not sign."""
        words = json.loads(line)
        try:
            head = cls(words["clinic"], words["seq"], words["hash"], words["at"])
            _signer().unsign(f"{head._signed()}:{words['signature']}")
        except (KeyError, TypeError, signing.BadSignature):
            raise ValueError("not signed by this installation") from None
        return head

    def _signed(self) -> str:
        return json.dumps([self.clinic, self.seq, self.hash, self.at])


@dataclass(frozen=True, slots=True)
class BrokenLink:
    clinic: str | None
    seq: int
    event_id: str
    fault: str


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)


def link(previous: bytes, fields: Sequence[str | None]) -> bytes:
    canonical = json.dumps(list(fields), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + canonical.encode()).digest()


def chains(cursor: Any) -> list[str | None]:
    """The clinics, and None for the installation's own chain."""
    cursor.execute("SELECT id::text FROM clinics_clinic UNION SELECT clinic_id::text FROM clinics_auditevent")
    found = {row[0] for row in cursor.fetchall()} | {None}
    return sorted(found, key=lambda clinic: clinic or "")


def head(cursor: Any, clinic: str | None) -> Head | None:
    cursor.execute(
        f"SELECT clinic_id::text, seq, encode(hash, 'hex'), {AT} FROM clinics_auditevent"  # noqa: S608
        f" WHERE {_of(clinic)} ORDER BY seq DESC LIMIT 1",
        {"clinic": clinic},
    )
    row = cursor.fetchone()
    return Head(*row) if row else None


def first_broken_link(
    cursor: Any,
    clinic: str | None,
    *,
    heads: Heads | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> BrokenLink | None:
    """Walk the chain from its first event; None when every link holds."""
    previous, seq = BEFORE_THE_FIRST, 0
    exported = heads or {}
    for fields, stored in _events(cursor, clinic):
        seq += 1
        found, event_id = int(fields[0] or 0), str(fields[1])
        if found != seq:
            return BrokenLink(clinic, seq, event_id, f"event {seq} is missing; {found} follows {seq - 1}")
        previous = link(previous, fields)
        if previous != stored:
            return BrokenLink(clinic, seq, event_id, "its hash does not agree with its content and the past")
        if exported.get(seq, previous.hex()) != previous.hex():
            return BrokenLink(clinic, seq, event_id, "its hash is not the one that was exported")
        if seq % PAGE == 0:
            progress(seq)
    progress(seq)
    if exported and max(exported) > seq:
        fault = f"the chain ends at {seq}, but event {max(exported)} was exported"
        return BrokenLink(clinic, seq + 1, "", fault)
    return None


def _events(cursor: Any, clinic: str | None) -> Iterator[tuple[tuple[str | None, ...], bytes]]:
    """Page by page in order, so that the memory needed does not grow with the chain."""
    after = ""
    last: dict[str, Any] = {}
    while True:
        cursor.execute(
            f"SELECT {COLUMNS}, hash FROM clinics_auditevent WHERE {_of(clinic)} {after}"  # noqa: S608
            f" ORDER BY clinics_auditevent.seq, clinics_auditevent.id LIMIT {PAGE}",
            {"clinic": clinic} | last,
        )
        rows = cursor.fetchall()
        for row in rows:
            yield tuple(row[:-1]), bytes(row[-1])
        if len(rows) < PAGE:
            return
        after = "AND (seq, id) > (%(seq)s::bigint, %(id)s::uuid)"
        last = {"seq": rows[-1][0], "id": rows[-1][1]}


def _of(clinic: str | None) -> str:
    return "clinic_id IS NULL" if clinic is None else "clinic_id = %(clinic)s::uuid"
