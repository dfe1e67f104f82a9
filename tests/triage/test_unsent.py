"""What was typed and not sent is kept for the person who typed it, and for nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.triage.factories import make_encounter, make_episode, make_patient, make_signed
from triage.models import Addendum, Patient, UnsentForm
from triage.services import add_addendum, update_patient

ClientFor = Callable[[Membership], Client]
NEW_PATIENT = "/patients/new/"


def keep(client: Client, path: str, **fields: str):
    return client.post(path, {"unsent": "keep", **fields})


def test_kept_and_shown_again_with_its_submission_id(owner: Membership, client_for: ClientFor) -> None:
    client, submission = client_for(owner), str(uuid.uuid4())
    answer = keep(client, NEW_PATIENT, family_name="Ashdown", birth_date="not yet", submission_id=submission)
    assert answer.status_code == 200
    assert answer.json()["kept"]
    assert not Patient.objects.visible_to(owner).exists()
    page = client.get(NEW_PATIENT).content.decode()
    assert "Ashdown" in page
    assert "not yet" in page
    assert submission in page
    assert "Kept for you" in page
    assert "New patient" in client.get("/").content.decode()


def test_sent_it_is_kept_no_longer(owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    fields = {"given_name": "Ada", "family_name": "Ashdown", "birth_date": "1990-01-02", "sex": "female"}
    keep(client, NEW_PATIENT, **fields)
    assert client.post(NEW_PATIENT, {**fields, "submission_id": str(uuid.uuid4())}).status_code == 302
    assert not UnsentForm.objects.visible_to(owner).exists()


def test_an_invalid_form_stays_kept(owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    keep(client, NEW_PATIENT, family_name="Ashdown")
    assert client.post(NEW_PATIENT, {"family_name": "Ashdown"}).status_code == 422
    assert UnsentForm.objects.visible_to(owner).count() == 1


def test_discarded(owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    keep(client, NEW_PATIENT, family_name="Ashdown")
    assert client.post(NEW_PATIENT, {"unsent": "discard"}).status_code == 302
    assert "Ashdown" not in client.get(NEW_PATIENT).content.decode()


def test_a_colleague_does_not_see_it(owner: Membership, teammate: Membership, client_for: ClientFor) -> None:
    keep(client_for(owner), NEW_PATIENT, family_name="Ashdown")
    colleague = client_for(teammate)
    assert "Ashdown" not in colleague.get(NEW_PATIENT).content.decode()
    assert "Begun, not sent" not in colleague.get("/").content.decode()


def test_a_stranger_cannot_keep_into_another_clinic(
    owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    path = reverse("triage:patient-edit", args=[make_patient(owner).pk])
    assert keep(client_for(stranger), path, note="x").status_code == 404
    assert not UnsentForm.objects.visible_to(stranger).exists()


def test_only_the_newest_state_and_only_the_fields_of_the_form(
    owner: Membership, client_for: ClientFor
) -> None:
    client = client_for(owner)
    keep(client, NEW_PATIENT, family_name="Ash")
    keep(client, NEW_PATIENT, family_name="Ash\x00down", smuggled="value")
    kept = UnsentForm.objects.visible_to(owner).get()
    assert kept.fields["family_name"] == "Ashdown"
    assert "smuggled" not in kept.fields


def test_too_much_is_refused_in_a_sentence(owner: Membership, client_for: ClientFor) -> None:
    answer = keep(client_for(owner), NEW_PATIENT, note="x" * 100_001)
    assert answer.status_code == 422
    assert "100,000 characters" in answer.json()["problem"]


def test_the_version_that_was_shown_is_kept_so_that_a_change_in_between_is_noticed(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    patient = make_patient(owner)
    path, client = reverse("triage:patient-edit", args=[patient.pk]), client_for(owner)
    shown = client.get(path).context["form"]
    fields = {name: shown[name].value() or "" for name in shown.fields} | {"note": "mine"}
    fields["birth_date"] = str(patient.birth_date)
    keep(client, path, **fields)
    update_patient(patient=patient, member=teammate, version=1, note="theirs")
    again = client.get(path).context["form"]
    sent = {name: again[name].value() or "" for name in again.fields}
    conflict = client.post(path, sent)
    assert conflict.status_code == 409
    page = conflict.content.decode()
    assert "mine" in page
    assert "theirs" in page


@pytest.mark.parametrize("make", [make_episode, make_encounter])
def test_every_form_of_the_record_keeps(owner: Membership, client_for: ClientFor, make: Callable) -> None:
    row = make(owner)
    name = {"episode": "triage:episode-edit", "encounter": "triage:encounter-edit"}[row._meta.model_name]
    path, client = reverse(name, args=[row.pk]), client_for(owner)
    keep(client, path, note="Half a sentence")
    assert "Half a sentence" in client.get(path).content.decode()


def test_an_addendum_is_kept_on_the_page_of_its_visit(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_signed(owner), client_for(owner)
    path = reverse("triage:addendum-new", args=[encounter.pk])
    keep(client, path, text="The scan shows")
    page = reverse("triage:encounter-detail", args=[encounter.pk])
    assert "The scan shows" in client.get(page).content.decode()
    assert f'href="{page}"' in client.get("/").content.decode()
    client.post(path, {"text": "The scan shows nothing."})
    assert not UnsentForm.objects.visible_to(owner).exists()


def test_one_submission_for_two_visits_is_refused(owner: Membership, client_for: ClientFor) -> None:
    first, second, submission = make_signed(owner), make_signed(owner), uuid.uuid4()
    add_addendum(encounter=first, member=owner, text="First", submission_id=submission)
    path = reverse("triage:addendum-new", args=[second.pk])
    answer = client_for(owner).post(path, {"text": "Second", "submission_id": str(submission)})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Second" in page
    assert "Reload the page" in page
    assert Addendum.objects.visible_to(owner).count() == 1
