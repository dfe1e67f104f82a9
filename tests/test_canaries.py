"""Names that nobody else has are put into the record, every page is driven, failures included, and the names
are looked for where no name may be: log, address, header, cookie, error page. The browser's part is
tests/browser/test_canaries.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from clinics.models import Membership
from tests.factories import Browser as Client
from tests.factories import make_user
from tests.failing_urls import TAKEN
from tests.test_access import Route, routes
from tests.triage.factories import answer, make_encounter, make_episode, make_patient, make_signed
from triage.services import add_addendum, add_item

NAMES = ("Quetzalcoatlus", "Xiphactinus", "Dimetrodon", "Ichthyornis", "quetzalcoatlus.canary")
GIVEN, FAMILY, NOTE, ITEM, _ = NAMES
TYPED = "Plesiosaurus"  # what a person types: their own form may show it again, nothing else may
OWN_ADDRESS = re.compile(r'name="next" value="[^"]*"')  # the lock leads back to where one is
ERRORS = (400, 403, 404, 405, 500)


@dataclass
class Watch:
    """Drives one person's browser and looks at everything around the body; at the body of an error too."""

    person: str
    client: Client
    statuses: set[int] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def ask(self, method: str, address: str, *args: Any, **options: Any) -> Any:
        response = getattr(self.client, method)(address, *args, **options)
        self.statuses.add(response.status_code)
        around = json.dumps(dict(response.headers)) + response.cookies.output()
        body = response.content.decode()
        if response.status_code in ERRORS:
            around += OWN_ADDRESS.sub("", body)
        leaks = [name for name in (*NAMES, TYPED) if name in around]
        leaks += [name for name in NAMES if self.person != "owner" and name in body]
        self.found += [f"{self.person} {method} {address} {response.status_code} {leak}" for leak in leaks]
        return response


@pytest.fixture
def keys(owner: Membership) -> dict[str, Any]:
    patient = make_patient(owner, given_name=GIVEN, family_name=FAMILY, note=NOTE)
    item = add_item(patient=patient, member=owner, kind="medicine", text=ITEM)
    episode = make_episode(owner, patient=patient, title=NOTE)
    draft, signed = make_encounter(owner, episode=episode), make_signed(owner, episode=episode)
    answer(draft, owner, "tender", "present", "left")
    add_addendum(encounter=signed, member=owner, text=NOTE)
    return {
        "patient_id": patient.pk,
        "episode_id": episode.pk,
        "encounter_id": draft.pk,
        "item_id": item.pk,
        "condition": "a",
        "clinic_id": owner.clinic_id,
    }


def address_of(route: Route, keys: dict[str, Any]) -> str:
    values = {key: keys.get(key) for key in route.keys}
    return reverse(route.name, kwargs=values) if all(values.values()) else route.address


@pytest.fixture
def people(owner, teammate, stranger, client_for: Callable[..., Client], settings) -> list[Watch]:
    settings.ROOT_URLCONF = "tests.failing_urls"
    make_user(NAMES[0], email=TAKEN)
    seen = [Watch("owner", client_for(owner)), Watch("stranger", client_for(stranger))]
    seen.append(Watch("anonymous", Client()))
    for watch in seen:
        watch.client.raise_request_exception = False
    return seen


def drive_every_route(watch: Watch, keys: dict[str, Any]) -> None:
    fields = ("given_name", "family_name", "note", "text", "title", "q", "email", "login", "value")
    typed = dict.fromkeys(fields, TYPED)
    for route in routes():
        if route.name in ("account_logout", "admin:logout"):
            continue
        address = address_of(route, keys)
        watch.ask("get", address)
        watch.ask("get", address, headers={"HX-Request": "true"})
        watch.ask("post", address, typed)
        watch.ask("post", address, typed, headers={"HX-Request": "true"})
        watch.ask("delete", address)


def drive_failures(watch: Watch, keys: dict[str, Any]) -> None:
    patient, visit = keys["patient_id"], keys["encounter_id"]
    watch.ask("post", "/failing/")
    watch.ask("post", "/forbidden/")
    watch.ask("post", "/refused/", {"name": TYPED})
    watch.ask("get", f"/no-such-page/{TYPED}/", {"q": TYPED})
    watch.ask("post", reverse("triage:patient-new"), {"given_name": TYPED, "birth_date": TYPED})
    stale = {
        "given_name": TYPED,
        "family_name": TYPED,
        "birth_date": "1990-05-17",
        "sex": "female",
        "version": "0",
    }
    watch.ask("post", reverse("triage:patient-edit", args=[patient]), stale)
    watch.ask(
        "post", reverse("triage:encounter-save", args=[visit]), data=b"\xff\0", content_type="text/plain"
    )
    Client(enforce_csrf_checks=True, raise_request_exception=False).post("/", {"name": TYPED})


def test_no_canary_leaves_the_record(people: list[Watch], keys: dict[str, Any], lines) -> None:
    for watch in people:
        drive_failures(watch, keys)
        drive_every_route(watch, keys)
    owner, stranger, anonymous = people
    assert {200, 302, 400, 403, 404, 405, 409, 422, 500} <= owner.statuses
    assert {404, 405, 500} <= stranger.statuses
    assert {302, 500} <= anonymous.statuses
    assert [found for watch in people for found in watch.found] == []
    written = json.dumps(lines(), ensure_ascii=False)
    assert len(lines()) > 3 * len(routes())
    assert [name for name in (*NAMES, TYPED) if name in written] == []


def test_the_watch_would_see_one(owner: Membership, client_for, keys: dict[str, Any]) -> None:
    """The page itself holds the name: had it been an error or a header, it would have been found."""
    watch = Watch("stranger", client_for(owner))
    watch.ask("get", reverse("triage:patient-detail", args=[UUID(str(keys["patient_id"]))]))
    assert watch.found
