"""The lead's page of what is on record, and its export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.audit import record_event
from clinics.audit_log import rows
from clinics.models import AuditEvent, Membership
from clinics.sheets import safe_cell
from tests.factories import PASSWORD

LOG, EXPORT = "/clinic/audit/", "/clinic/audit/export/"
ClientFor = Callable[[Membership], Client]


@pytest.fixture
def lead(owner: Membership, client_for: ClientFor) -> Client:
    return client_for(owner)


def body(client: Client, **asked: str) -> str:
    return client.get(LOG, asked).content.decode()


def test_a_lead_sees_the_events_of_the_own_clinic_only(
    lead: Client, teammate: Membership, stranger: Membership
) -> None:
    record_event(action="encounter.signed", member=teammate)
    record_event(action="secret.thing", member=stranger)
    page = body(lead)
    assert "encounter signed" in page
    assert "Tess Teammate" in page
    assert "secret" not in page


def test_events_are_chosen_by_person_kind_patient_and_day(
    lead: Client, owner: Membership, teammate: Membership
) -> None:
    record_event(action="encounter.signed", member=owner, patient_id=owner.pk)
    record_event(action="observation.recorded", member=teammate, patient_id=teammate.pk)
    at = AuditEvent.objects.latest("seq").at
    for asked in (
        {"person": str(owner.user_id)},
        {"kind": "encounter."},
        {"patient": str(owner.pk)},
        {"day": f"{at:%Y-%m-%d}", "kind": "encounter."},
    ):
        page = body(lead, **asked)
        assert "encounter signed" in page, asked
        assert "observation recorded" not in page, asked
    assert "Nothing on record here" in body(lead, day="2001-01-01")


def test_an_unreadable_choice_shows_nothing(lead: Client, owner: Membership) -> None:
    record_event(action="encounter.signed", member=owner)
    answer = lead.get(LOG, {"patient": "x"})
    assert answer.status_code == 422
    assert b"encounter signed" not in answer.content
    assert lead.get(LOG, {"before": "9" * 40}).status_code == 200


def test_older_events_are_on_further_pages(lead: Client, owner: Membership, monkeypatch) -> None:
    monkeypatch.setattr(rows, "PAGE_SIZE", 2)
    for number in range(5):
        record_event(action=f"thing{number}.done", member=owner)
    first, second = body(lead), body(lead, before="4")
    assert "thing4" in first
    assert "before=4" in first
    assert "thing3" in first
    assert "thing2" not in first
    assert "thing2" in second
    assert "thing1" in second
    assert "thing3" not in second


def test_the_export_needs_a_fresh_sign_in_and_is_on_record(lead: Client, owner: Membership) -> None:
    record_event(action="encounter.signed", member=owner)
    refused = lead.get(EXPORT)
    assert refused.status_code == 302
    assert "reauthenticate" in refused["Location"]
    lead.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    table = list(csv.reader(io.StringIO(lead.get(EXPORT).content.decode())))
    assert table[1][4] == "encounter signed"
    assert len(table) == 2
    assert AuditEvent.objects.latest("seq").action == "audit.exported"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("Ann", "Ann"),
        ("-1+1", "'-1+1"),
        ("＝1", "'＝1"),
        ("-0.25", "-0.25"),
    ],
)
def test_a_name_is_no_formula(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


def test_a_colleague_without_the_right_learns_nothing(
    teammate: Membership, owner: Membership, client_for: ClientFor
) -> None:
    record_event(action="encounter.signed", member=owner)
    for address in (reverse("audit:log"), reverse("audit:export")):
        answer = client_for(teammate).get(address)
        assert answer.status_code == 403
        assert b"encounter signed" not in answer.content
