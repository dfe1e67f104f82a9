"""Whatever is sent to whatever address: a clear answer, never a failure of the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.models import Membership
from tests.attack.conftest import rounds
from tests.attack.routes import Address, addresses
from tests.triage.factories import make_encounter, make_signed
from triage.services import add_item

ClientFor = Callable[[Membership], Client]
EXAMPLES = rounds(short=300, long=20_000)
LEAVES = {"account_logout", "clinics:clinic-switch"}  # they end the session that the others need
NASTY = """
    ' -1 0 1 999999999999999999999999 1e308 nan 2026-02-30 0001-01-01 9999-12-31T23:59 true null [] {}
    left present <script> ../../etc/passwd %00 $$ ;DROP 00000000-0000-0000-0000-000000000007 keep discard
"""
VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "\x00", "\ud7ff", "é" * 5_000, *NASTY.split()]),
    st.integers().map(str),
    st.uuids().map(str),
    st.dates().map(str),
)
ODD_NAMES = st.one_of(
    st.text(min_size=1, max_size=20),
    st.sampled_from(["o:f:", "o:tender:left", "o:worst_when:", "v:f:", "o:::", "o:f:sideways", "version"]),
)
KINDS = [
    "application/json",
    "application/csp-report",
    "application/reports+json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
BODIES = st.one_of(st.binary(max_size=300), JSON.map(lambda value: json.dumps(value).encode()))


class Names(HTMLParser):
    """The names of the fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if name := dict(attrs).get("name"):
            self.found.add(name)


@pytest.fixture
def places(owner: Membership, client_for: ClientFor) -> list[tuple[Address, list[str]]]:
    """Every address with the names of the fields that its page shows."""
    draft, signed = make_encounter(owner), make_signed(owner)
    item = add_item(patient=draft.episode.patient, member=owner, kind="medicine", text="Ibuprofen")
    rows = {
        "patient": [draft.episode.patient_id],
        "patientitem": [item.pk],
        "episode": [draft.episode_id],
        "encounter": [draft.pk, signed.pk],
        "clinic": [owner.clinic_id],
        "membership": [owner.pk],
    }
    client = client_for(owner)
    found = []
    for address in addresses(rows):
        if address.route not in LEAVES:
            names = Names()
            names.feed(client.get(address.path).content.decode(errors="replace"))
            found.append((address, sorted(names.found - {"csrfmiddlewaretoken", "viewport"})))
    return found


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
    derandomize=rounds(EXAMPLES, 0) == EXAMPLES,
)
@given(data=st.data())
def test_no_form_makes_the_server_fail(
    places: list[tuple[Address, list[str]]], owner: Membership, client_for: ClientFor, data: Any
) -> None:
    address, names = data.draw(st.sampled_from(places))
    known = st.sampled_from(names) if names else ODD_NAMES
    fields = data.draw(st.dictionaries(st.one_of(known, ODD_NAMES), VALUES, max_size=8))
    client = client_for(owner)
    fragment = {"HX-Request": "true"} if data.draw(st.booleans()) else {}
    answer = client.post(address.path, fields, headers=fragment)
    assert answer.status_code < 500, (address, fields)
    answer = client.get(address.path, fields, headers=fragment)
    assert answer.status_code < 500, (address, fields)


@settings(
    max_examples=EXAMPLES // 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
    derandomize=rounds(EXAMPLES, 0) == EXAMPLES,
)
@given(
    body=st.one_of(st.binary(max_size=300), JSON.map(lambda value: json.dumps(value).encode())),
    data=st.data(),
)
def test_no_body_makes_the_server_fail(
    places: list[tuple[Address, list[str]]], owner: Membership, client_for: ClientFor, body: bytes, data: Any
) -> None:
    address, _ = data.draw(st.sampled_from(places))
    kind = data.draw(st.sampled_from(KINDS))
    answer = client_for(owner).generic("POST", address.path, body, content_type=kind)
    assert answer.status_code < 500, (address, kind, body)
