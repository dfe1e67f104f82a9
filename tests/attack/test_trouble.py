"""A cable that is pulled in the middle of a request, and a disk that is full."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.attack.clients import CSRF, Clinician, clinicians
from tests.attack.conftest import rounds
from tests.attack.installation import Installation

CUTS = rounds(short=12, long=300)
HISTORY = """
    SELECT finding_code, side, level_code, version FROM triage_observationevent
    WHERE encounter_id = %s AND pgh_label <> 'delete'
"""


def test_a_request_cut_at_any_byte_is_saved_whole_or_not_at_all(installation: Installation) -> None:
    writer = clinicians(installation, shared=False, seed=11)[0]
    before = set(installation.query(HISTORY, writer.encounter))
    sent = _request(writer)
    for number in range(CUTS):
        cut = len(sent) if number % 3 == 0 else writer.random.randrange(1, len(sent))
        with socket.create_connection(("127.0.0.1", installation.port), timeout=5) as wire:
            wire.sendall(sent[:cut])
    time.sleep(1)
    added = set(installation.query(HISTORY, writer.encounter)) - before
    assert {row[:3] for row in added} <= {("f", "", "present")}
    assert len(added) <= 1, "the same answer was recorded more than once"
    writer.answer_until_heard()
    assert not writer.unexpected, writer.unexpected
    assert writer.saves or writer.refused


def test_a_full_disk_loses_nothing_that_was_acknowledged(installation: Installation) -> None:
    disk = installation.server.places.home
    if not disk.is_mount():
        pytest.skip("only root can give the database a small disk of its own")
    writer = clinicians(installation, shared=False, seed=12)[1]
    for _ in range(20):
        writer.answer_until_heard()
    filler = disk / "filler"
    _fill(filler)
    for _ in range(rounds(short=60, long=600)):
        writer.answer_once()
    assert writer.unsure, "the disk was not full: nothing failed"
    filler.unlink()
    installation.server.start()
    writer.answer_until_heard()
    assert not writer.unexpected, writer.unexpected
    recorded = {
        ((finding, side), level, version)
        for finding, side, level, version in installation.query(HISTORY, writer.encounter)
    }
    assert {(save.key, save.level, save.became) for save in writer.saves} <= recorded
    unacknowledged = {entry[:2] for entry in recorded} - {(save.key, save.level) for save in writer.saves}
    assert all(entry in writer.unsure for entry in unacknowledged)


def _request(writer: Clinician) -> bytes:
    body = urlencode({"o:f:": "present", "v:f:": "0"})
    lines = [
        f"POST /encounters/{writer.encounter}/observations/ HTTP/1.1",
        f"Host: {writer.installation.host}",
        f"Cookie: __Host-session={writer.session}; __Host-csrf={CSRF}",
        f"X-CSRFToken: {CSRF}",
        "HX-Request: true",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _fill(path: Path) -> None:
    block = b"\0" * 65_536
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(block)
    except OSError:
        return
