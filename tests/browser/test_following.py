"""A follow-up in the browser: asked again by one tap, and what changed said in place."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Desk, recorded
from tests.browser.test_pages import violations
from tests.triage.factories import make_episode
from triage.models import Encounter
from triage.services import Answer, record_many, sign_encounter, start_encounter


@pytest.fixture
def draft(desk: Desk) -> Encounter:
    """Begun after a signed visit at which three questions were answered."""
    episode = make_episode(desk.member)
    weeks_ago = timezone.now() - dt.timedelta(weeks=2)
    first = start_encounter(episode=episode, member=desk.member, held_at=weeks_ago)
    answers = [
        Answer("tinel_navicular", "present", "left"),
        Answer("tender_behind_navicular", "present", "left"),
        Answer("pain_location_main", "medial_arch", "left"),
    ]
    record_many(encounter=first, member=desk.member, answers=answers)
    sign_encounter(encounter=first, member=desk.member, version=first.version, unscreened_confirmed=True)
    return start_encounter(episode=episode, member=desk.member)


def test_last_time_still_so_and_what_changed(desk: Desk, draft: Encounter) -> None:
    page = desk.page
    desk.go(reverse("triage:encounter-detail", args=[draft.pk]))
    expect(page.locator(".section-nav a").first).to_contain_text("Response")
    page.get_by_role("button", name="Last time").click()
    page.locator(".section-nav a[data-section=sitting]").click()
    rows = page.locator("#section-sitting .finding:visible")
    expect(rows).to_have_count(2)
    with page.expect_response(lambda response: response.url.endswith("/observations/")) as saved:
        page.locator("#c-tinel_navicular-left [data-still]").click()
    assert saved.value.status == 200
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    assert recorded(draft) == {("tinel_navicular", "left"): "present"}
    expect(page.locator("#c-tinel_navicular-left [data-still]")).to_be_hidden()
    page.get_by_role("button", name="All", exact=True).click()
    desk.answer("tender_behind_navicular", "absent")
    page.get_by_role("link", name="What changed since last time, and why").click()
    expect(page.locator("#changes")).to_contain_text("yes (left) → no (left)")
    assert violations(page) == []
    desk.go(reverse("triage:episode-detail", args=[draft.episode_id]))
    expect(page.locator(".visit-more summary").first).to_contain_text("First three")
    assert violations(page) == []
