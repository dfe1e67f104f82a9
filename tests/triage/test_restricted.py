"""Restricted records: closed to colleagues outside the care team, opened by breaking the glass, reviewed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import AuditEvent, Membership
from tests.factories import PASSWORD, make_member
from tests.factories import Browser as Client
from tests.triage.factories import answer, make_encounter, make_signed
from triage.errors import OwnReview, StaleVersion
from triage.models import (
    Addendum,
    Assessment,
    BreakGlass,
    Encounter,
    Episode,
    Observation,
    Patient,
    PatientItem,
)
from triage.services import add_addendum, add_item, break_glass, review_glass, set_restriction

ClientFor = Callable[[Membership], Client]
CANARY = b"Runner"
REASON = "Collapsed on the track, allergies needed"


@pytest.fixture
def encounter(owner: Membership) -> Encounter:
    """A visit with an answer, of a restricted patient with nobody in the care team."""
    made = make_encounter(owner)
    answer(made, owner, "tender", "present", "left")
    add_item(patient=made.episode.patient, member=owner, kind="medicine", text="Warfarin")
    restrict(made.episode.patient, owner)
    return made


@pytest.fixture
def patient(encounter: Encounter) -> Patient:
    return encounter.episode.patient


def restrict(patient: Patient, lead: Membership, *team: Membership, restricted: bool = True) -> Patient:
    version = Patient.objects.get(pk=patient.pk).version
    return set_restriction(
        patient=patient,
        member=lead,
        version=version,
        restricted=restricted,
        team=[member.user_id for member in team],
    )


def page_of(patient: Patient) -> str:
    return reverse("triage:patient-detail", args=[patient.pk])


def fresh(client: Client) -> Client:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def last_action() -> str:
    return AuditEvent.objects.exclude(clinic=None).latest("seq").action


def test_every_page_of_the_record_is_closed_to_a_colleague(
    encounter: Encounter, patient: Patient, owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    client = client_for(teammate)
    item = patient.items.get()
    gets = {
        "patient-detail": patient,
        "patient-edit": patient,
        "patient-opened": patient,
        "episode-new": patient,
        "episode-edit": encounter.episode,
        "encounter-new": encounter.episode,
        "encounter-detail": encounter,
        "encounter-edit": encounter,
        "encounter-search": encounter,
        "encounter-sign": encounter,
    }
    posts = {"patient-item-end": item, "patient-item-new": patient, "observation-set": encounter}
    posts |= {"encounter-save": encounter, "encounter-discard": encounter}
    for name, row in (gets | posts).items():
        address = reverse(f"triage:{name}", args=[row.pk])
        refused = client.get(address) if name in gets else client.post(address, {"version": "1"})
        assert refused.status_code == 403, name
        assert b"Name withheld" in refused.content, name
        assert CANARY not in refused.content, name
        assert b"Warfarin" not in refused.content, name
    assert last_action() == "record.refused"
    assert client_for(owner).get(page_of(patient)).status_code == 200


def test_the_closed_card_is_not_for_strangers(
    patient: Patient, stranger: Membership, client_for: ClientFor
) -> None:
    client = fresh(client_for(stranger))
    for name in ("patient-detail", "glass-break"):
        assert client.get(reverse(f"triage:{name}", args=[patient.pk])).status_code == 404


def test_its_pages_are_closed_to_visitors_and_colleagues(
    patient: Patient, teammate: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    glass = break_glass(patient=patient, member=teammate, reason=REASON)
    pages = {"glass-list": [], "glass-break": [patient.pk], "patient-restriction": [patient.pk]}
    for name, args in (pages | {"glass-review": [glass.pk]}).items():
        address = reverse(f"triage:{name}", args=args)
        for method in (Client().get, Client().post):
            assert method(address)["Location"].startswith(reverse("account_login")), name
        colleague = client_for(teammate)
        refused = colleague.get(address) if name in pages else colleague.post(address)
        assert refused.status_code == (302 if name == "glass-break" else 403), name
        assert CANARY not in refused.content, name


def test_no_query_of_a_colleague_returns_a_row_of_it(
    owner: Membership, teammate: Membership, patient: Patient
) -> None:
    signed = make_signed(owner, episode=patient.episodes.get())
    add_addendum(encounter=signed, member=owner, text="More")
    for model in (Patient, PatientItem, Episode, Encounter, Observation, Assessment, Addendum):
        assert model.objects.visible_to(owner).exists(), model
        assert not model.objects.visible_to(teammate).exists(), model
    restrict(patient, owner, teammate)
    for model in (Patient, PatientItem, Episode, Encounter, Observation, Assessment, Addendum):
        assert model.objects.visible_to(teammate).exists(), model


def test_lists_and_search_say_nothing_of_it(
    patient: Patient, teammate: Membership, client_for: ClientFor
) -> None:
    client = client_for(teammate)
    listing = reverse("triage:patient-list")
    answers = [client.get(reverse("triage:worklist")), client.get(listing)]
    answers += [client.post(listing, {"q": words}) for words in ("Runner", "1990-05-17", "R 1990-05-17")]
    for page in answers:
        assert str(patient.pk).encode() not in page.content
        assert b"Rosa" not in page.content
        assert b"restricted" not in page.content


def test_who_knows_name_and_birth_finds_the_closed_card(
    patient: Patient, teammate: Membership, client_for: ClientFor
) -> None:
    found = client_for(teammate).post(reverse("triage:patient-list"), {"q": "Runner 17.5.1990"}).content
    assert b"A restricted record fits" in found
    assert page_of(patient).encode() in found
    assert b"Rosa" not in found


def test_the_author_of_a_visit_and_the_care_team_open_it(
    owner: Membership, teammate: Membership, patient: Patient, client_for: ClientFor
) -> None:
    author = make_member(owner.clinic, name="Ada Author")
    restrict(patient, owner, restricted=False)
    make_encounter(author, episode=patient.episodes.get())
    restrict(patient, owner, teammate)
    for member in (author, teammate, owner):
        assert client_for(member).get(page_of(patient)).status_code == 200, member
    restrict(patient, owner)
    assert client_for(teammate).get(page_of(patient)).status_code == 403


def test_breaking_the_glass_needs_a_fresh_sign_in_and_a_reason(
    patient: Patient, teammate: Membership, client_for: ClientFor
) -> None:
    client = client_for(teammate)
    address = reverse("triage:glass-break", args=[patient.pk])
    for answered in (client.get(address), client.post(address, {"reason": REASON})):
        assert answered.status_code == 302
        assert "reauthenticate" in answered["Location"]
    fresh(client)
    for words in ("", "too short", "          x          "):
        refused = client.post(address, {"reason": words})
        assert refused.status_code == 422, words
        assert CANARY not in refused.content
    assert not BreakGlass.objects.exists()
    assert client.get(page_of(patient)).status_code == 403
    assert client.post(address, {"reason": REASON})["Location"] == page_of(patient)
    assert last_action() == "glass.broken"
    assert CANARY in client.get(page_of(patient)).content


def test_the_glass_closes_after_an_hour(
    patient: Patient, teammate: Membership, owner: Membership, client_for: ClientFor, monkeypatch
) -> None:
    glass = break_glass(patient=patient, member=teammate, reason=REASON)
    assert glass.expires_at - glass.at == dt.timedelta(minutes=60)
    client = client_for(teammate)
    assert client.get(page_of(patient)).status_code == 200
    event = AuditEvent.objects.get(action="record.opened", user=teammate.user)
    assert event.detail["glass"] == str(glass.pk)
    opened = client_for(owner).get(reverse("triage:patient-opened", args=[patient.pk]))
    assert b"broken glass" in opened.content
    past = timezone.now() - dt.timedelta(minutes=60)
    BreakGlass.objects.update(at=past, expires_at=past + dt.timedelta(minutes=60))
    assert client.get(page_of(patient)).status_code == 403


def test_one_broken_glass_opens_one_record_to_one_person(
    patient: Patient, owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    other = make_encounter(owner).episode.patient
    restrict(other, owner)
    third = make_member(owner.clinic, name="Thea Third")
    break_glass(patient=patient, member=teammate, reason=REASON)
    assert client_for(teammate).get(page_of(other)).status_code == 403
    assert client_for(third).get(page_of(patient)).status_code == 403


def test_the_lead_reviews_with_a_note(
    patient: Patient, teammate: Membership, owner: Membership, client_for: ClientFor
) -> None:
    glass = break_glass(patient=patient, member=teammate, reason=REASON)
    lead, listing = client_for(owner), reverse("triage:glass-list")
    address = reverse("triage:glass-review", args=[glass.pk])
    page = lead.get(listing).content.decode()
    assert REASON in page
    assert "to review" in page
    assert lead.post(address, {"note": " "}).status_code == 422
    assert lead.post(address, {"note": "Asked, it was right."}).status_code == 302
    assert last_action() == "glass.reviewed"
    glass.refresh_from_db()
    assert (glass.reviewed_by, glass.review_note) == (owner.user, "Asked, it was right.")
    assert "to review" not in lead.get(listing).content.decode()


def test_only_another_lead_of_the_clinic_reviews(
    patient: Patient, teammate: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    glass = break_glass(patient=patient, member=teammate, reason=REASON)
    address = reverse("triage:glass-review", args=[glass.pk])
    refused = client_for(teammate).post(address, {"note": "fine"})
    assert refused.status_code == 403
    stranger.role = "lead"
    with acting_in(stranger.clinic):
        stranger.save()
    assert client_for(stranger).post(address, {"note": "fine"}).status_code == 404
    assert REASON.encode() not in client_for(stranger).get(reverse("triage:glass-list")).content
    with pytest.raises(PermissionDenied):
        review_glass(glass=glass, member=teammate, note="fine")
    teammate.role = "lead"
    with pytest.raises(OwnReview):
        review_glass(glass=glass, member=teammate, note="fine")


def test_a_lead_restricts_on_the_patients_page(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    patient = make_encounter(owner).episode.patient
    address = reverse("triage:patient-restriction", args=[patient.pk])
    assert client_for(teammate).get(address).status_code == 403
    form = {"version": patient.version, "restricted": "on", "team": [str(teammate.user_id)]}
    assert client_for(owner).post(address, form).status_code == 302
    patient.refresh_from_db()
    assert patient.restricted
    assert [row.user for row in patient.care_team.all()] == [teammate.user]
    assert client_for(owner).post(address, form).status_code == 409
    with pytest.raises(StaleVersion):
        set_restriction(patient=patient, member=owner, version=0, restricted=False, team=[])
    with pytest.raises(PermissionDenied):
        set_restriction(patient=patient, member=teammate, version=2, restricted=False, team=[])


def test_the_database_insists_on_reason_and_hour(patient: Patient, teammate: Membership) -> None:
    with pytest.raises(ValidationError, match="at least 10"):
        break_glass(patient=patient, member=teammate, reason="short")
    glass = break_glass(patient=patient, member=teammate, reason=REASON)
    with pytest.raises(IntegrityError, match="triage_breakglass_hour"), transaction.atomic():
        BreakGlass.objects.filter(pk=glass.pk).update(expires_at=glass.at + dt.timedelta(minutes=61))
    with pytest.raises(IntegrityError, match="triage_breakglass_reason"), transaction.atomic():
        BreakGlass.objects.filter(pk=glass.pk).update(reason="           ")


def test_glass_is_broken_a_few_times_an_hour_at_most(
    patient: Patient, teammate: Membership, client_for: ClientFor
) -> None:
    client = fresh(client_for(teammate))
    address = reverse("triage:glass-break", args=[patient.pk])
    answers = [client.post(address, {"reason": ""}).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert not BreakGlass.objects.exists()
