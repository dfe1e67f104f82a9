"""One morning's work with a patient whose names nobody else has: none of them is in an address, a header, a
cookie, the log or anything that the browser keeps.
"""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from playwright.sync_api import Request, Response, expect

from tests.browser.conftest import Desk
from tests.triage.factories import make_episode, make_patient
from triage.services import start_encounter

NAMES = ("Quetzalcoatlus", "Xiphactinus", "Dimetrodon")
GIVEN, FAMILY, NOTE = NAMES
KEPT = """async () => ({
  local: {...localStorage}, session: {...sessionStorage}, history: history.state, name: window.name,
  databases: await indexedDB.databases(), caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


def test_no_canary_outside_the_page(desk: Desk, lines) -> None:
    told: list[str] = []
    desk.page.on("request", lambda request: told.append(request_line(request)))
    desk.page.on("response", lambda response: told.append(headers_of(response)))
    patient = make_patient(desk.member, given_name=GIVEN, family_name=FAMILY, note=NOTE)
    encounter = start_encounter(episode=make_episode(desk.member, patient=patient), member=desk.member)
    page, kept = desk.page, []
    desk.go(reverse("triage:patient-detail", args=[patient.pk]))
    expect(page.get_by_text(FAMILY).first).to_be_visible()
    kept.append(page.evaluate(KEPT))
    desk.go(reverse("triage:patient-list"))
    page.locator("input[name=q]").fill(FAMILY)
    page.locator("input[name=q]").press("Enter")
    expect(page.get_by_text(GIVEN).first).to_be_visible()
    kept.append(page.evaluate(KEPT))
    desk.go(reverse("triage:encounter-detail", args=[encounter.pk]))
    desk.answer("tinel_navicular", "present")
    kept.append(page.evaluate(KEPT))
    desk.go(f"/no-such-page/{encounter.pk}/")
    kept.append(page.evaluate(KEPT))
    told.append(json.dumps(page.context.cookies()))
    told += [json.dumps(found) for found in kept]
    told += [json.dumps(line, ensure_ascii=False) for line in lines()]
    assert len(told) > 20
    assert [text for text in told for name in NAMES if name in text] == []
    assert empty_but_for_settings(kept) == []


def request_line(request: Request) -> str:
    return json.dumps(
        [request.url, request.headers.get("referer", ""), request.headers.get("hx-current-url")]
    )


def headers_of(response: Response) -> str:
    return json.dumps([response.url, response.headers])


def empty_but_for_settings(kept: list[dict[str, Any]]) -> list[Any]:
    """The theme and an address of ours with ids may stay; databases, caches and workers there are none."""
    strange: list[Any] = []
    for found in kept:
        strange += [key for key in found["local"] if key != "tinel-theme"]
        strange += [key for key in found["session"] if key != "htmx-current-path-for-history"]
        strange += [*found["databases"], *found["caches"]] + [found["workers"]] * bool(found["workers"])
    return strange
