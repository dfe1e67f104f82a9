"""The pages of a block: each step says what is next, refuses in words, and works without JavaScript."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import Membership
from tests.triage.block_factories import BLOCK, declare, give, make_visit, read
from tests.triage.factories import answer
from triage import services
from triage.models import DiagnosticBlock, Observation, PainReading, UnsentForm

ClientFor = Callable[[Membership], Client]
DECLARED = {"side": "left", "site": "tunnel", "task": "running on the spot", "pain_before": "8"}


def page(client: Client, name: str, *keys: Any) -> str:
    return client.get(reverse(f"triage:{name}", args=keys)).content.decode()


def given_fields(block: DiagnosticBlock, **values: str) -> dict[str, str]:
    return {
        "version": str(block.version),
        "allergy_answer": "none",
        "allergy_words": "",
        "agent": "lidocaine",
        "concentration_percent": "1",
        "volume_ml": "2",
        "guidance": "ultrasound",
        "injected_at": "",
    } | values


def test_the_row_of_the_workspace_leads_to_the_event(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_visit(owner)
    workspace = page(client_for(owner), "encounter-detail", encounter.pk)
    assert workspace.count("Record as an event") == 1
    assert reverse("triage:block-new", args=[encounter.pk, BLOCK]) in workspace


def test_all_steps_without_javascript(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_visit(owner), client_for(owner)
    reply = client.post(reverse("triage:block-new", args=[encounter.pk, BLOCK]), DECLARED)
    block = DiagnosticBlock.objects.get()
    assert reply["Location"] == reverse("triage:block-give", args=[block.pk])
    reply = client.post(reply["Location"], given_fields(block))
    assert reply["Location"] == reverse("triage:block-detail", args=[block.pk])
    shown = client.get(reply["Location"]).content.decode()
    assert "No level yet" in shown
    reply = client.post(reverse("triage:block-reading-new", args=[block.pk]), {"pain": "1"})
    assert reply.status_code == 302
    reading = PainReading.objects.get()
    assert (reading.pain, reading.of_task) == (1, True)


def test_the_level_is_proposed_confirmed_and_shown(owner: Membership, client_for: ClientFor) -> None:
    block, client = give(owner), client_for(owner)
    read(owner, block, 10, 2)
    read(owner, block, 20, 3)
    shown = page(client, "block-detail", block.pk)
    assert "A reading was due at" in shown
    assert "75 % less pain at 10 min" in shown
    assert "Record “most” in the visit" in shown
    reply = client.post(
        reverse("triage:block-level", args=[block.pk]), {"level": "most", "version": "0"}, follow=True
    )
    assert "The level is on record" in reply.content.decode()
    assert Observation.objects.get().level_code == "most"
    assert "Record “most”" not in page(client, "block-detail", block.pk)
    again = client.post(reverse("triage:block-level", args=[block.pk]), {"level": "most", "version": "0"})
    assert again.status_code == 302
    assert Observation.objects.get().version == Observation.objects.get().encounter.version


@pytest.mark.parametrize(
    "sent", [{"level": "complete", "version": "0"}, {}, {"level": "most", "version": "x"}]
)
def test_another_level_is_refused_in_words(
    owner: Membership, client_for: ClientFor, sent: dict[str, str]
) -> None:
    block = give(owner)
    read(owner, block, 10, 7)
    reply = client_for(owner).post(reverse("triage:block-level", args=[block.pk]), sent, follow=True)
    assert "The readings changed meanwhile" in reply.content.decode()
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"pain_before": "0"}, {"pain_before": "eleven"}, {"task": ""}, {"side": "both"}, {"side": ""}]
)
def test_a_wrong_declaration_keeps_what_was_typed(
    owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    encounter = make_visit(owner)
    sent = DECLARED | {"site": "behind the navicular"} | wrong
    reply = client_for(owner).post(reverse("triage:block-new", args=[encounter.pk, BLOCK]), sent)
    assert reply.status_code == 422
    assert "behind the navicular" in reply.content.decode()
    assert not DiagnosticBlock.objects.exists()


def test_what_is_typed_is_kept_unsent(owner: Membership, client_for: ClientFor) -> None:
    block, client = declare(owner), client_for(owner)
    address = reverse("triage:block-give", args=[block.pk])
    client.post(address, {"unsent": "keep", "volume_ml": "1.5"})
    assert UnsentForm.objects.get().fields["volume_ml"] == "1.5"
    assert 'value="1.5"' in client.get(address).content.decode()
    assert not DiagnosticBlock.objects.get().is_given


def test_only_blocks_of_the_release_have_the_page(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_visit(owner), client_for(owner)
    for code in ("tender", "nothing_like_it"):
        assert client.get(reverse("triage:block-new", args=[encounter.pk, code])).status_code == 404


def test_an_allergy_stops_with_a_sentence(owner: Membership, client_for: ClientFor) -> None:
    block, client = declare(owner), client_for(owner)
    services.add_item(patient=block.encounter.episode.patient, member=owner, kind="allergy", text="Latex")
    assert "do not inject before it is settled" in page(client, "block-give", block.pk)
    reply = client.post(reverse("triage:block-give", args=[block.pk]), given_fields(block))
    assert reply.status_code == 422
    assert "an allergy on record may concern this drug" in reply.content.decode()
    assert not DiagnosticBlock.objects.get().is_given
    settled = given_fields(block, allergy_words="Gloves without latex.")
    assert client.post(reverse("triage:block-give", args=[block.pk]), settled).status_code == 302
    assert "Gloves without latex." in page(client, "block-detail", block.pk)


def test_a_red_flag_stops_and_the_reason_is_kept(owner: Membership, client_for: ClientFor) -> None:
    block, client = declare(owner), client_for(owner)
    answer(block.encounter, owner, "f", "present")
    assert "Bone stress" in page(client, "block-give", block.pk)
    address = reverse("triage:block-give", args=[block.pk])
    refused = client.post(address, given_fields(block))
    assert refused.status_code == 422
    assert "something stands against a block" in refused.content.decode()
    assert client.post(address, given_fields(block, override_reason="MRI is clear.")).status_code == 302
    shown = page(client, "block-detail", block.pk)
    assert "Bone stress" in shown
    assert "MRI is clear." in shown


def test_the_minute_of_the_declaration_may_be_typed(owner: Membership, client_for: ClientFor) -> None:
    block, client = declare(owner, declared_at=timezone.now()), client_for(owner)
    typed = f"{timezone.localtime(block.declared_at):%Y-%m-%dT%H:%M}"
    reply = client.post(reverse("triage:block-give", args=[block.pk]), given_fields(block, injected_at=typed))
    assert reply.status_code == 302
    assert DiagnosticBlock.objects.get().injected_at == block.declared_at


def test_a_correction_of_the_injection_shows_mine_and_theirs(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    block = give(owner)
    address = reverse("triage:block-give", args=[block.pk])
    at = f"{timezone.localtime(block.injected_at):%Y-%m-%dT%H:%M}"
    ok = client_for(teammate).post(address, given_fields(block, volume_ml="1", injected_at=at))
    assert ok.status_code == 302
    stale = client_for(owner).post(address, given_fields(block, volume_ml="3", injected_at=at))
    assert stale.status_code == 409
    assert DiagnosticBlock.objects.get().volume_ml == 1


@pytest.mark.parametrize(
    "wrong", [{"pain": "11"}, {"pain": ""}, {"pain": "3", "minutes_after": "9999"}, {"pain": "-1"}]
)
def test_a_wrong_reading_is_refused(owner: Membership, client_for: ClientFor, wrong: dict[str, str]) -> None:
    block = give(owner)
    reply = client_for(owner).post(reverse("triage:block-reading-new", args=[block.pk]), wrong)
    assert reply.status_code == 422
    assert "Please check" in reply.content.decode()
    assert not PainReading.objects.exists()


def test_a_reading_ahead_of_time_is_refused_in_words(owner: Membership, client_for: ClientFor) -> None:
    block = give(owner, minutes_ago=10)
    sent = {"pain": "3", "minutes_after": "30"}
    reply = client_for(owner).post(reverse("triage:block-reading-new", args=[block.pk]), sent)
    assert reply.status_code == 422
    assert "lies in the future" in reply.content.decode()


def test_a_reading_is_corrected_and_taken_back(owner: Membership, client_for: ClientFor) -> None:
    block, client = give(owner), client_for(owner)
    reading = read(owner, block, 10, 7)
    address = reverse("triage:block-reading-edit", args=[reading.pk])
    fields = {"version": "1", "minutes_after": "10", "pain": "2", "of_task": "on", "note": ""}
    assert client.post(address, fields).status_code == 302
    reading.refresh_from_db()
    before = reading.read_at
    assert (reading.pain, reading.version) == (2, 2)
    fields |= {"version": "2", "minutes_after": "12", "withdrawn": "on"}
    assert client.post(address, fields).status_code == 302
    reading.refresh_from_db()
    assert (reading.withdrawn, reading.read_at - before) == (True, dt.timedelta(minutes=2))
    assert client.post(address, fields | {"pain": "9"}).status_code == 409
    assert "taken by mistake" in page(client, "block-detail", block.pk)


def test_numbness_and_the_next_day(owner: Membership, client_for: ClientFor) -> None:
    block, client = give(owner), client_for(owner)
    read(owner, block, 10, 8)
    fields = {"version": str(block.version), "numb_area": "not_numb", "next_day_note": "Sore that night."}
    assert client.post(reverse("triage:block-note", args=[block.pk]), fields).status_code == 302
    shown = page(client, "block-detail", block.pk)
    assert "Sore that night." in shown
    assert "a block that missed says nothing" in shown


def test_called_off_and_declared_anew(owner: Membership, client_for: ClientFor) -> None:
    block, client = declare(owner), client_for(owner)
    reply = client.post(reverse("triage:block-call-off", args=[block.pk]), {"version": "1"}, follow=True)
    assert "Declare it anew" in reply.content.decode()
    reply = client.post(reverse("triage:block-new", args=[block.encounter_id, BLOCK]), DECLARED)
    assert reply.status_code == 302
    given = give(owner)
    kept = client.post(reverse("triage:block-call-off", args=[given.pk]), {"version": "1"}, follow=True)
    assert "what was given cannot be called off" in kept.content.decode()


def test_the_signed_visit_and_the_complaint_show_it(owner: Membership, client_for: ClientFor) -> None:
    block, client = give(owner), client_for(owner)
    read(owner, block, 10, 1)
    services.confirm_level(block=block, member=owner, level="complete", version=0)
    encounter = block.encounter
    services.sign_encounter(
        encounter=encounter, member=owner, version=encounter.version, unscreened_confirmed=True
    )
    signed = page(client, "encounter-detail", encounter.pk)
    assert "<svg" in signed
    assert "running on the spot" in signed
    shown = page(client, "block-detail", block.pk)
    assert "added to the visit" in shown
    assert "Add the reading" not in shown
    assert "running on the spot" in page(client, "episode-detail", encounter.episode_id)
    refused = client.post(reverse("triage:block-reading-new", args=[block.pk]), {"pain": "3"})
    assert refused.status_code == 422
    assert "addenda only" in refused.content.decode()


def test_signing_names_a_block_without_a_level(owner: Membership, client_for: ClientFor) -> None:
    block, client = give(owner), client_for(owner)
    answer(block.encounter, owner, "tender", "present", "left")
    assert "given, no level on record" in page(client, "encounter-sign", block.encounter_id)
    reading = read(owner, block, 10, 1)
    services.confirm_level(block=block, member=owner, level="complete", version=0)
    assert "no level on record" not in page(client, "encounter-sign", block.encounter_id)
    services.correct_reading(reading=reading, member=owner, version=1, pain=7)
    assert "the readings say “none”" in page(client, "encounter-sign", block.encounter_id)


def test_the_worklist_names_the_reading_due_and_drops_what_is_read(
    owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    block = give(owner, minutes_ago=1)
    today = timezone.localdate(block.injected_at) == timezone.localdate()
    due = timezone.localtime(block.injected_at + dt.timedelta(minutes=5))
    words = f"pain reading due {due:%H:%M}"
    assert (words in client_for(owner).get("/").content.decode()) is (
        today and due.date() == timezone.localdate()
    )
    assert "pain reading due" not in client_for(stranger).get("/").content.decode()


def test_nothing_is_due_once_the_drug_is_over(owner: Membership, client_for: ClientFor) -> None:
    block = give(owner)
    read(owner, block, 61, 6)
    assert "pain reading due" not in client_for(owner).get("/").content.decode()


@pytest.mark.parametrize("count", [1, 8])
def test_queries_do_not_grow_with_readings(
    owner: Membership, client_for: ClientFor, count: int, django_assert_num_queries: Callable
) -> None:
    block, client = give(owner), client_for(owner)
    for minute in range(1, count + 1):
        read(owner, block, minute * 7, minute)
    address = reverse("triage:block-detail", args=[block.pk])
    client.get(address)
    with django_assert_num_queries(BLOCK_QUERIES):
        client.get(address)


BLOCK_QUERIES = 13


def test_a_closed_record_is_not_on_a_colleagues_worklist(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    block = give(owner, minutes_ago=0)
    patient = block.encounter.episode.patient
    services.set_restriction(patient=patient, member=owner, version=patient.version, restricted=True, team=[])
    assert "pain reading due" not in client_for(teammate).get("/").content.decode()
    assert client_for(teammate).get(reverse("triage:block-detail", args=[block.pk])).status_code == 403
