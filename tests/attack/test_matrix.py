"""Every route × every method × everybody who has no business there: not one byte of the record comes back.

One clinic's rows carry a canary in every text; the addresses are built from all of its rows, so that a new
page is in the matrix as soon as it has a route.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from clinics.models import Invitation, Membership, User
from tests import factories
from tests.attack.routes import Address, addresses, unknown_parameters
from tests.factories import Browser as Client
from tests.triage.block_factories import declare, give, read, release_with_block
from tests.triage.factories import answer, make_encounter, make_episode, make_patient
from triage import services
from triage.models import Encounter, HomeExercise, LoadStep

ClientFor = Callable[[Membership], Client]
CANARY = "Xylocopa"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
OF_FRAGMENTS = ("get", "post")
# What belongs to a lead alone; a clinician of the same clinic is answered 403.
LEAD_ONLY = {
    "audit:export",
    "audit:log",
    "triage:glass-list",
    "triage:glass-review",
    "triage:clinic-release",
    "triage:clinic-release-choose",
    "triage:clinic-release-impact",
    "members:member-list",
    "members:member-invite",
    "members:member-role",
    "members:member-deactivate",
    "members:member-reactivate",
    "members:second-factor-require",
    "members:invitation-resend",
    "members:invitation-revoke",
}
ROWS_OF_A_KIND = 2


@dataclass(frozen=True)
class World:
    places: list[Address]
    rows: dict[str, list[Any]]


def _plan(owner: Membership, signed: Encounter) -> None:
    episode, signed = signed.episode, Encounter.objects.get(pk=signed.pk)
    plan = services.start_plan(episode=episode, member=owner, text=CANARY, goal=CANARY)
    day = dt.date(2026, 6, 1)
    services.add_treatment(plan=plan, member=owner, text=CANARY, note=CANARY)
    services.add_part(HomeExercise, plan=plan, member=owner, name=CANARY)
    services.add_part(LoadStep, plan=plan, member=owner, week=1, note=CANARY)
    about = {"to_whom": CANARY, "reason": CANARY, "referred_on": day}
    referral = services.add_referral(plan=plan, member=owner, due_on=day, **about)
    services.write_letter(
        episode=episode, encounter=signed, member=owner, referral=referral, recipient=CANARY, asked=CANARY
    )


@pytest.fixture
def world(owner: Membership) -> World:
    """A record with every kind of row, each saying the canary."""
    patient = make_patient(
        owner,
        given_name=CANARY,
        family_name=CANARY,
        note=CANARY,
        sport=CANARY,
        birth_date=dt.date(1961, 3, 9),
    )
    episode = make_episode(owner, patient=patient, title=CANARY, note=CANARY)
    services.add_item(patient=patient, member=owner, kind="allergy", text=CANARY)
    signed = make_encounter(owner, episode=episode, note=CANARY)
    answer(signed, owner, "tender", "present", "left")
    services.sign_encounter(encounter=signed, member=owner, version=signed.version)
    services.add_addendum(encounter=signed, member=owner, text=CANARY)
    release_with_block()
    draft = make_encounter(owner, episode=episode, note=CANARY)
    answer(draft, owner, "f", "present")
    day = dt.date(2026, 6, 1)
    services.plan_follow_up(episode=episode, member=owner, kind="review", text=CANARY, due_on=day)
    services.record_diagnosis(
        episode=episode, member=owner, text=CANARY, grade="imaging", proven_on=day, note=CANARY
    )
    for number, score_of in enumerate((CANARY, f"{CANARY} again")):
        services.record_outcome(
            episode=episode,
            member=owner,
            measure_code="psfs",
            activities=[score_of, "walking", "standing"],
            answers={"activity_1": number, "activity_2": 2, "activity_3": 3, "saddle": 1},
        )
    _plan(owner, signed)
    services.create_link(episode=episode, member=owner, measure_codes=["psfs"])
    block = give(owner, declare(owner, draft, task=CANARY, site=CANARY), override_reason=CANARY)
    read(owner, block, 10, 1, note=CANARY)
    Invitation.objects.create(
        clinic=owner.clinic,
        email=f"{CANARY.lower()}@example.org",
        token_sha256="0" * 64,
        invited_by=owner.user,
        expires_at=timezone.now() + dt.timedelta(days=7),
    )
    services.keep_unsent(
        member=owner,
        path=f"/patients/{patient.pk}/edit/",
        heading=CANARY,
        fields={"note": CANARY},
        patient=patient,
    )
    rows = {
        name: pks
        for model in apps.get_models()
        if (name := model._meta.model_name) and (pks := _of_clinic(model, owner))
    }
    rows["encounter"] = [signed.pk, draft.pk]
    return World(addresses(rows), rows)


def _of_clinic(model: Any, owner: Membership) -> list[Any]:
    if model._meta.model_name == "user":
        return [owner.user_id]
    if model._meta.model_name == "clinic":
        return [owner.clinic_id]
    if not any(field.name == "clinic" for field in model._meta.concrete_fields):
        return []
    rows = model._base_manager.filter(clinic_id=owner.clinic_id)
    return list(rows.values_list("pk", flat=True)[:ROWS_OF_A_KIND])


def test_every_parameter_is_understood() -> None:
    assert unknown_parameters() == []


def test_the_matrix_reaches_the_record(world: World, owner: Membership, client_for: ClientFor) -> None:
    """Without this, a canary that never shows would prove nothing."""
    shown = {
        place.route
        for place in world.places
        if place.route.startswith("triage:") and CANARY in client_for(owner).get(place.path).content.decode()
    }
    assert {
        "triage:patient-detail",
        "triage:episode-detail",
        "triage:encounter-detail",
        "triage:worklist",
        "triage:episode-edit",
    } <= shown
    assert Encounter.objects.visible_to(owner).count() == len(world.rows["encounter"])


def test_nothing_for_a_visitor(world: World) -> None:
    assert _leaks(Client(), world) == []


def test_nothing_after_the_session_ended(world: World, owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value

    def ended() -> None:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        Session.objects.all().delete()

    assert _leaks(client, world, before_each=ended) == []


def test_nothing_while_the_session_is_locked(world: World, owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)

    def left_alone() -> None:
        _sign_in(client, owner.user)
        factories.start_clock(client, seen=16 * 60)

    assert _leaks(client, world, before_each=left_alone) == []


def test_nothing_for_the_lead_of_another_clinic(
    world: World, other_clinic: Any, client_for: ClientFor
) -> None:
    lead = factories.make_member(other_clinic, name="Lena Lead", role="lead")
    client = client_for(lead)
    assert _leaks(client, world, before_each=lambda: _sign_in(client, lead.user)) == []
    for place in world.places:
        if any(str(pk) in place.path for name, pks in world.rows.items() if name != "clinic" for pk in pks):
            assert client.get(place.path).status_code in {302, 404, 405}, place


def test_nothing_for_a_member_who_left(world: World, clinic: Any, client_for: ClientFor) -> None:
    gone = factories.make_member(clinic, name="Gwen Gone", role="lead")
    client = client_for(gone)
    client.get("/")
    user = gone.user
    gone.delete()
    assert _leaks(client, world, before_each=lambda: _sign_in(client, user)) == []


def test_nothing_of_the_lead_for_a_clinician(
    world: World, teammate: Membership, client_for: ClientFor
) -> None:
    client = client_for(teammate)
    for place in world.places:
        if place.route in LEAD_ONLY:
            for method in ("get", "post"):
                reply = getattr(client, method)(place.path)
                assert reply.status_code in {403, 405}, (place, method)
                assert CANARY.lower() not in _everything(reply).lower(), place


def _sign_in(client: Client, user: User) -> None:
    """Again, when the last request signed out."""
    if "_auth_user_id" not in client.session:
        client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])


def _leaks(client: Client, world: World, *, before_each: Callable[[], None] = lambda: None) -> list[str]:
    found = []
    for place in world.places:
        for method in METHODS:
            for fragment in ({}, {"HX-Request": "true"}) if method in OF_FRAGMENTS else ({},):
                before_each()
                reply = getattr(client, method)(place.path, headers=fragment)
                if CANARY.lower() in _everything(reply).lower():
                    found.append(f"{method} {place.route}")
    return found


def _everything(reply: Any) -> str:
    body = b"".join(reply.streaming_content) if reply.streaming else reply.content
    return f"{dict(reply.headers)}{body.decode(errors='replace')}"
