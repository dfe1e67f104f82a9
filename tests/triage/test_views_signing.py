from __future__ import annotations

import uuid
from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from clinics.models import AuditEvent, Membership
from tests.triage.factories import answer, make_encounter, make_release, make_signed
from triage.models import Addendum, Assessment, Encounter

ClientFor = Callable[[Membership], Client]


def address(name: str, encounter: Encounter) -> str:
    return reverse(f"triage:{name}", args=[encounter.pk])


def test_signing_freezes_what_was_shown(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    answer(encounter, owner, "tender", "present", "left")
    page = client.get(address("encounter-sign", encounter))
    assert page.status_code == 200
    assert "tender" in page.content.decode()
    version = page.context["form"]["version"].value()
    done = client.post(address("encounter-sign", encounter), {"version": version, "confirmed": "on"})
    encounter.refresh_from_db()
    assert done["Location"] == address("encounter-detail", encounter)
    assert encounter.is_signed
    assert encounter.signed_by == owner.user
    assert Assessment.objects.filter(encounter=encounter).count() == 1


def test_signing_without_the_tick_is_refused(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    page = client_for(owner).post(address("encounter-sign", encounter), {"version": encounter.version})
    assert page.status_code == 422
    assert "Tick this once you have checked" in page.content.decode()
    encounter.refresh_from_db()
    assert encounter.is_draft


def urgent_visit(owner: Membership) -> Encounter:
    """One urgent condition, which f absent would exclude; tender is answered, f is not."""
    make_release()
    out = [{"finding": "f", "level": "absent"}]
    conditions = [
        {"code": "a", "name": "Torn tendon", "urgency": "urgent", "excluded_by": out},
        {"code": "b", "name": "b", "urgency": "routine"},
    ]  # fmt: skip
    make_release(conditions=conditions)
    encounter = make_encounter(owner)
    answer(encounter, owner, "tender", "present", "left")
    return encounter


def test_signing_with_something_urgent_unscreened_asks_once(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = urgent_visit(owner), client_for(owner)
    where, form = address("encounter-sign", encounter), {"version": encounter.version, "confirmed": "on"}
    asked = client.post(where, form)
    text = asked.content.decode()
    assert asked.status_code == 422
    assert "Sign although the urgent conditions named above" in text
    assert "tick this to sign all the same" in text
    assert "Torn tendon" in text
    assert "#row-f" in text
    encounter.refresh_from_db()
    assert encounter.is_draft
    assert client.post(where, form | {"unscreened": "on"}).status_code == 302
    encounter.refresh_from_db()
    assert encounter.is_signed
    event = AuditEvent.objects.get(action="encounter.signed")
    assert event.detail == {"unscreened": 1, "unscreened_codes": ["a"]}


def test_an_answer_given_meanwhile_asks_again(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = urgent_visit(owner), client_for(owner)
    form = {"version": encounter.version, "confirmed": "on", "unscreened": "on"}
    answer(encounter, owner, "worst_when", "rest")
    page = client.post(address("encounter-sign", encounter), form)
    assert page.status_code == 409
    assert not page.context["form"]["unscreened"].value()


def test_what_is_screened_is_not_asked_about(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = urgent_visit(owner), client_for(owner)
    answer(encounter, owner, "f", "absent")
    page = client.get(address("encounter-sign", encounter))
    assert "Sign although" not in page.content.decode()
    form = {"version": encounter.version, "confirmed": "on"}
    assert client.post(address("encounter-sign", encounter), form).status_code == 302
    assert AuditEvent.objects.get(action="encounter.signed").detail == {}


def test_an_empty_visit_is_not_signed(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    form = {"version": encounter.version, "confirmed": "on"}
    page = client_for(owner).post(address("encounter-sign", encounter), form)
    assert page.status_code == 422
    assert "no answer yet" in page.content.decode()


def test_what_changed_meanwhile_is_read_again_before_signing(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    seen = encounter.version
    answer(encounter, teammate, "tender", "present", "left")
    page = client_for(owner).post(address("encounter-sign", encounter), {"version": seen, "confirmed": "on"})
    encounter.refresh_from_db()
    assert page.status_code == 409
    assert encounter.is_draft
    assert page.context["form"]["version"].value() == encounter.version


def test_a_signed_visit_is_read_only(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_signed(owner), client_for(owner)
    text = client.get(address("encounter-detail", encounter)).content.decode()
    assert "read-only" in text
    assert "Differential at signing" in text
    assert 'type="radio"' not in text
    assert client.get(address("encounter-sign", encounter)).status_code == 302
    data = {"o:f:": "present", "v:f:": "0"}
    told = client.post(address("observation-set", encounter), data, follow=True)
    assert "This answer was not saved. This visit is signed" in told.content.decode()
    client.post(address("encounter-save", encounter), data)
    assert encounter.observations.count() == 1


def test_the_signed_page_names_the_patient_beyond_doubt_and_keeps_the_lines_of_the_note(
    owner: Membership, client_for: ClientFor
) -> None:
    signed = make_signed(owner, note="worse on hills\nnew shoes")
    text = client_for(owner).get(address("encounter-detail", signed)).content.decode()
    assert f", born {date_format(signed.episode.patient.birth_date, 'j F Y')}</span>" in text
    assert "worse on hills<br>new shoes" in text


def test_the_signed_page_shows_the_frozen_list(owner: Membership, client_for: ClientFor, monkeypatch) -> None:
    encounter = make_signed(owner)

    def never(*_: object) -> None:
        raise AssertionError("ranked again")

    monkeypatch.setattr("triage.views.differential.rank_encounter", never)
    panel = client_for(owner).get(address("encounter-detail", encounter)).context["panel"]
    assert panel.first.condition == "b"


def test_addenda(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_signed(owner), client_for(owner)
    once = {"text": "Better after two days.", "submission_id": str(uuid.uuid4())}
    assert client.post(address("addendum-new", encounter), once).status_code == 302
    client.post(address("addendum-new", encounter), once)
    assert Addendum.objects.count() == 1
    assert "Better after two days." in client.get(address("encounter-detail", encounter)).content.decode()


def test_an_empty_addendum_is_refused(owner: Membership, client_for: ClientFor) -> None:
    page = client_for(owner).post(address("addendum-new", make_signed(owner)), {"text": " "})
    assert page.status_code == 422
    assert not Addendum.objects.exists()


def test_a_draft_takes_no_addendum(owner: Membership, client_for: ClientFor) -> None:
    client_for(owner).post(address("addendum-new", make_encounter(owner)), {"text": "Later"})
    assert not Addendum.objects.exists()


def test_a_draft_is_put_away_and_brought_back(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    complaint = reverse("triage:episode-detail", args=[encounter.episode_id])
    assert (
        client.post(address("encounter-discard", encounter), {"version": encounter.version})["Location"]
        == complaint
    )
    assert client.get(address("encounter-detail", encounter))["Location"] == complaint
    assert address("encounter-restore", encounter) in client.get(complaint).content.decode()
    client.post(address("encounter-restore", encounter))
    encounter.refresh_from_db()
    assert encounter.is_draft


def test_a_signed_visit_is_not_put_away(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_signed(owner)
    client_for(owner).post(address("encounter-discard", encounter), {"version": encounter.version})
    encounter.refresh_from_db()
    assert encounter.is_signed
