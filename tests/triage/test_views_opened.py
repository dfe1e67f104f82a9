"""Who opened a record, and that opening it goes on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Membership
from tests.triage.factories import make_encounter

ClientFor = Callable[[Membership], Client]


def opened() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(action="record.opened").order_by("seq")
    return [(str(event.user), event.detail["page"]) for event in events]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("patient-detail", ()),
        ("patient-edit", ()),
        ("patient-opened", ()),
        ("episode-edit", ()),
        ("encounter-detail", ()),
        ("encounter-sign", ()),
        ("encounter-search", ()),
        ("hypothesis-detail", ("a",)),
    ],
)
def test_each_page_of_a_record_is_on_record_once(
    owner: Membership, teammate: Membership, client_for: ClientFor, name: str, more: tuple[str, ...]
) -> None:
    encounter = make_encounter(owner)
    episode = encounter.episode
    key = {"patient": episode.patient_id, "episode": episode.pk}.get(name.partition("-")[0], encounter.pk)
    client = client_for(teammate)
    for _ in range(2):
        assert client.get(reverse(f"triage:{name}", args=[key, *more])).status_code == 200
    assert opened() == [("Tess Teammate", name)]
    event = AuditEvent.objects.latest("seq")
    assert event.patient_id == episode.patient_id
    assert event.clinic_id == owner.clinic_id


def test_a_form_that_is_refused_was_still_a_look_at_the_record(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    patient = make_encounter(owner).episode.patient
    answer = client_for(teammate).post(reverse("triage:patient-edit", args=[patient.pk]), {"given_name": ""})
    assert answer.status_code == 422
    assert opened() == [("Tess Teammate", "patient-edit")]


def test_a_stranger_leaves_no_event_in_the_clinic(
    owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    patient = make_encounter(owner).episode.patient
    assert client_for(stranger).get(reverse("triage:patient-detail", args=[patient.pk])).status_code == 404
    assert opened() == []


def test_lists_are_no_look_at_a_record(owner: Membership, client_for: ClientFor) -> None:
    make_encounter(owner)
    for name in ("worklist", "patient-list"):
        assert client_for(owner).get(reverse(f"triage:{name}")).status_code == 200
    assert opened() == []


def test_the_page_names_person_role_and_what(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    patient = make_encounter(owner).episode.patient
    client_for(teammate).get(reverse("triage:patient-detail", args=[patient.pk]))
    page = client_for(owner).get(reverse("triage:patient-opened", args=[patient.pk])).content.decode()
    assert "Tess Teammate" in page
    assert "opened the record (patient detail)" in page
    assert "encounter started" in page
    assert ">lead<" in page
