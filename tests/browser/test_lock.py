"""A page left alone blanks itself, asks who is there, and goes on where it was."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import expect

from clinics.sessions.clock import CLOCK
from tests.browser.conftest import Desk, Watched
from tests.factories import PASSWORD

QUARTER = 15 * 60 * 1000 + 6000


def age_session(minutes: int) -> None:
    """The server's clock cannot be turned: its memory can."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store[CLOCK] = {**store[CLOCK], "seen": store[CLOCK]["seen"] - minutes * 60}
        store.save()


def test_page_left_alone_locks_and_goes_on(desk: Desk) -> None:
    page = desk.page
    page.clock.install()
    desk.go(reverse("triage:patient-list"))
    age_session(16)
    page.clock.fast_forward(QUARTER)
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    desk.go("/")
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    desk.go(reverse("triage:patient-list"))
    page.get_by_label("Password").fill(PASSWORD)
    desk.press("Unlock")
    expect(page).to_have_url(desk.base + reverse("triage:patient-list"))


def test_page_stays_blank_without_a_connection(desk: Desk, watched: Watched) -> None:
    watched.expected.append("ERR_CONNECTION_REFUSED")
    page = desk.page
    page.clock.install()
    desk.go("/")
    page.route("**/session/state/", lambda route: route.abort("connectionrefused"))
    page.clock.fast_forward(QUARTER)
    expect(page.locator(":root[data-locked]")).to_have_count(1)
    expect(page.get_by_role("heading", name="Worklist")).to_be_hidden()


def test_page_in_use_elsewhere_stays(desk: Desk) -> None:
    page = desk.page
    page.clock.install()
    desk.go("/")
    with page.expect_response("**/session/state/"):
        page.clock.fast_forward(QUARTER)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
