from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.triage.factories import make_encounter, make_episode, make_patient, make_release
from triage.models import Episode, Patient, PatientItem
from triage.services import update_patient

ClientFor = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
FORM = {
    "given_name": "Maren",
    "family_name": "Okafor",
    "birth_date": "1992-03-04",
    "sex": "female",
    "sport": "marathon",
    "weekly_km": "70",
    "note": "",
}


def address(name: str, *args: object) -> str:
    return reverse(f"triage:{name}", args=args)


def test_new_patient(owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    assert client.get(address("patient-new")).status_code == 200
    answer = client.post(address("patient-new"), FORM | {"submission_id": str(uuid.uuid4())})
    patient = Patient.objects.get()
    assert answer["Location"] == address("patient-detail", patient.pk)
    assert (patient.given_name, patient.birth_date, patient.weekly_km) == ("Maren", dt.date(1992, 3, 4), 70)
    assert patient.clinic == owner.clinic


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_guess_is_called_one(owner: Membership, client_for: ClientFor, headers: dict[str, str]) -> None:
    patient = make_patient(owner, given_name="Maren", family_name="Okafor")
    make_patient(owner, given_name="Zoe", family_name="Quark")
    client = client_for(owner)
    shown = client.post(address("patient-list"), {"q": "okafro"}, headers=headers).content.decode()
    assert "Nobody is written so. Perhaps:" in shown
    assert address("patient-detail", patient.pk) in shown
    assert "Quark" not in shown
    assert "Nobody found" in client.post(address("patient-list"), {"q": "xyzzyx"}).content.decode()


def test_a_guess_names_nobody_of_another_clinic(
    owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    make_patient(stranger, family_name="Okafor")
    shown = client_for(owner).post(address("patient-list"), {"q": "okafro"}).content.decode()
    assert "Okafor" not in shown


def test_a_form_sent_twice_makes_one_patient(owner: Membership, client_for: ClientFor) -> None:
    client, once = client_for(owner), FORM | {"submission_id": str(uuid.uuid4())}
    first = client.post(address("patient-new"), once)
    second = client.post(address("patient-new"), once)
    assert first["Location"] == second["Location"]
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("given_name", "", "required"),
        ("birth_date", "1992-13-40", "valid date"),
        ("birth_date", "2999-01-01", "future"),
        ("weekly_km", "-3", "greater than or equal"),
        ("sex", "robot", "valid choice"),
    ],
)
def test_wrong_input_says_so_and_keeps_the_rest(
    owner: Membership, client_for: ClientFor, field: str, value: str, words: str
) -> None:
    page = client_for(owner).post(address("patient-new"), FORM | {field: value})
    text = page.content.decode()
    assert page.status_code == 422
    assert "<title>Error: " in text
    assert 'class="error-summary"' in text
    assert words in text
    assert "marathon" in text
    assert not Patient.objects.exists()


def test_edit(owner: Membership, client_for: ClientFor) -> None:
    patient = make_patient(owner)
    client = client_for(owner)
    page = client.get(address("patient-edit", patient.pk))
    assert page.context["form"].initial["family_name"] == "Runner"
    answer = client.post(address("patient-edit", patient.pk), FORM | {"version": patient.version})
    patient.refresh_from_db()
    assert answer.status_code == 302
    assert patient.family_name == "Okafor"


def test_a_stale_edit_shows_mine_and_theirs(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    patient = make_patient(owner)
    update_patient(patient=patient, member=teammate, version=patient.version, sport="fell running")
    page = client_for(owner).post(address("patient-edit", patient.pk), FORM | {"version": patient.version})
    text = page.content.decode()
    assert page.status_code == 409
    assert "marathon" in text
    assert "fell running" in text
    patient.refresh_from_db()
    assert patient.sport == "fell running"
    again = client_for(owner).post(
        address("patient-edit", patient.pk), FORM | {"version": page.context["form"]["version"].value()}
    )
    assert again.status_code == 302
    patient.refresh_from_db()
    assert patient.sport == "marathon"


def test_list_and_search(owner: Membership, client_for: ClientFor) -> None:
    make_patient(owner)
    make_patient(owner, given_name="Jörg", family_name="Ångström")
    client = client_for(owner)
    assert {p.family_name for p in client.get(address("patient-list")).context["page"]} == {
        "Ångström",
        "Runner",
    }
    found = client.post(address("patient-list"), {"q": "angs"})
    assert [p.family_name for p in found.context["page"]] == ["Ångström"]
    assert "1 patient for “angs”" in found.content.decode()


def test_a_search_takes_any_character(owner: Membership, client_for: ClientFor) -> None:
    make_patient(owner)
    for words in ("\0", "run\0", "%_\\", "' OR 1=1 --", ".*(", "x" * 1000):
        assert client_for(owner).post(address("patient-list"), {"q": words}).status_code == 200, words


def test_words_searched_for_stay_out_of_the_address(owner: Membership, client_for: ClientFor) -> None:
    page = client_for(owner).get(address("patient-list"), {"q": "Runner"}).content.decode()
    assert 'method="post"' in page
    assert "hx-get" not in page


def test_search_as_fragment(owner: Membership, client_for: ClientFor) -> None:
    make_patient(owner)
    answer = client_for(owner).post(address("patient-list"), {"q": "run"}, headers=HTMX)
    text = answer.content.decode()
    assert text.strip().startswith('<div id="patients">')
    assert "<html" not in text
    assert "HX-Request" in answer["Vary"]


def test_history_restore_gets_the_whole_page(owner: Membership, client_for: ClientFor) -> None:
    answer = client_for(owner).get(
        address("patient-list"), headers=HTMX | {"HX-History-Restore-Request": "true"}
    )
    assert "<html" in answer.content.decode()


def test_patient_page_shows_complaints_and_visits(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    page = client_for(owner).get(address("patient-detail", encounter.episode.patient.pk))
    text = page.content.decode()
    assert "Ache in the arch" in text
    assert address("encounter-detail", encounter.pk) in text


def test_an_item_is_noted_coded_and_ended(owner: Membership, client_for: ClientFor) -> None:
    make_release()
    patient, client = make_patient(owner), client_for(owner)
    where = address("patient-item-new", patient.pk)
    answer = client.post(where, {"kind": "comorbidity", "text": "Heavy", "submission_id": str(uuid.uuid4())})
    assert answer.status_code == 302
    item = PatientItem.objects.get()
    assert item.code == "heavy"
    fragment = client.post(address("patient-item-end", item.pk), {"version": item.version}, headers=HTMX)
    item.refresh_from_db()
    assert item.ended_on is not None
    assert "none recorded" in fragment.content.decode()


def test_an_empty_item_is_refused(owner: Membership, client_for: ClientFor) -> None:
    patient = make_patient(owner)
    answer = client_for(owner).post(address("patient-item-new", patient.pk), {"kind": "allergy", "text": " "})
    assert answer.status_code == 422
    assert not PatientItem.objects.exists()


def test_a_stale_end_changes_nothing(owner: Membership, client_for: ClientFor) -> None:
    make_release()
    patient, client = make_patient(owner), client_for(owner)
    client.post(address("patient-item-new", patient.pk), {"kind": "allergy", "text": "Latex"})
    item = PatientItem.objects.get()
    assert client.post(address("patient-item-end", item.pk), {"version": 99}).status_code == 409
    assert client.post(address("patient-item-end", item.pk), {"version": "x"}).status_code == 422
    assert client.post(address("patient-item-end", item.pk), {"version": "9" * 5000}).status_code == 422
    item.refresh_from_db()
    assert item.ended_on is None


def test_new_complaint_leads_to_the_visit(owner: Membership, client_for: ClientFor) -> None:
    make_release()
    patient, client = make_patient(owner), client_for(owner)
    form = {"title": "Heel pain", "side": "right", "onset_on": "2026-05-01", "note": ""}
    answer = client.post(address("episode-new", patient.pk), form)
    episode = Episode.objects.get()
    assert answer["Location"] == address("encounter-new", episode.pk)
    visit = client.post(answer["Location"], {"held_at": "2026-05-16T09:00", "setting": "runners", "note": ""})
    assert visit["Location"] == address("encounter-detail", episode.encounters.get().pk)


def test_a_complaint_without_a_name_is_refused(owner: Membership, client_for: ClientFor) -> None:
    patient = make_patient(owner)
    answer = client_for(owner).post(address("episode-new", patient.pk), {"title": "", "side": "left"})
    assert answer.status_code == 422
    assert not Episode.objects.exists()


def test_a_visit_needs_a_release(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner)
    form = {"held_at": "2026-05-16T09:00", "setting": "runners", "note": ""}
    answer = client_for(owner).post(address("encounter-new", episode.pk), form)
    assert answer.status_code == 422
    assert "No knowledge has been published" in answer.content.decode()


def test_edit_of_a_complaint_and_of_a_visit(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    episode = encounter.episode
    form = {"title": "Heel pain", "side": "both", "onset_on": "", "note": ""}
    client.post(address("episode-edit", episode.pk), form | {"version": episode.version})
    visit = {"held_at": "2026-05-17T10:00", "setting": "runners", "note": "late"}
    client.post(address("encounter-edit", encounter.pk), visit | {"version": encounter.version})
    episode.refresh_from_db()
    encounter.refresh_from_db()
    assert (episode.title, episode.side, encounter.note) == ("Heel pain", "both", "late")


@pytest.mark.parametrize("held_at", ["0026-11-20T10:00", "1800-01-01T10:00", "2999-01-01T10:00"])
def test_a_slip_in_the_year_of_a_visit_is_refused(
    owner: Membership, client_for: ClientFor, held_at: str
) -> None:
    make_release()
    episode = make_episode(owner)
    visit = {"held_at": held_at, "setting": "runners", "note": "late"}
    page = client_for(owner).post(address("encounter-new", episode.pk), visit)
    assert page.status_code == 422
    assert "check the year" in page.content.decode()
    assert not episode.encounters.exists()


@pytest.mark.parametrize(("onset_on", "words"), [("0026-05-01", "before 1900"), ("2999-05-01", "future")])
def test_a_slip_in_the_year_of_the_onset_is_refused(
    owner: Membership, client_for: ClientFor, onset_on: str, words: str
) -> None:
    form = {"title": "Heel pain", "side": "left", "onset_on": onset_on, "note": ""}
    page = client_for(owner).post(address("episode-new", make_patient(owner).pk), form)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Episode.objects.exists()


def test_queries_of_the_patient_page(
    owner: Membership, client_for: ClientFor, django_assert_num_queries: Callable
) -> None:
    encounter = make_encounter(owner)
    for _ in range(5):
        make_encounter(owner, episode=make_episode(owner, patient=encounter.episode.patient))
    client = client_for(owner)
    with django_assert_num_queries(PATIENT_QUERIES):
        client.get(address("patient-detail", encounter.episode.patient.pk))


PATIENT_QUERIES = 14
