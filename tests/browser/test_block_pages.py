"""Pages of a diagnostic block: accessible, light and dark, wide and narrow; one tap makes a reading."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinics.acting import acting_in
from tests.browser.conftest import Desk
from tests.browser.test_pages import violations
from tests.triage.block_factories import BLOCK, declare, give, make_visit, read
from triage.models import DiagnosticBlock, PainReading
from triage.services import add_item


@pytest.fixture
def block(desk: Desk) -> DiagnosticBlock:
    encounter = make_visit(desk.member)
    given = give(desk.member, declare(desk.member, encounter))
    read(desk.member, given, 10, 2)
    read(desk.member, given, 20, 1, of_task=False)
    with acting_in(desk.member.clinic_id):
        add_item(patient=encounter.episode.patient, member=desk.member, kind="allergy", text="Latex")
    return given


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_accessible(desk: Desk, block: DiagnosticBlock, theme: str, width: int) -> None:
    declared = declare(desk.member, block.encounter, side="right")
    desk.page.emulate_media(color_scheme=theme)
    desk.page.set_viewport_size({"width": width, "height": 900})
    for address in (
        reverse("triage:block-new", args=[block.encounter_id, BLOCK]),
        reverse("triage:block-give", args=[declared.pk]),
        reverse("triage:block-detail", args=[block.pk]),
        reverse("triage:block-note", args=[block.pk]),
        reverse("triage:episode-detail", args=[block.encounter.episode_id]),
    ):
        desk.go(address)
        assert violations(desk.page) == [], address
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_one_tap_makes_a_reading_and_one_more_the_answer(desk: Desk, block: DiagnosticBlock) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.go(reverse("triage:block-detail", args=[block.pk]))
    desk.page.get_by_role("button", name="Pain 4", exact=True).click()
    expect(desk.page.get_by_role("cell", name="50 % less")).to_be_visible()
    with acting_in(desk.member.clinic_id):
        assert PainReading.objects.filter(pain=4).count() == 1
    desk.page.get_by_role("button", name="Record “most” in the visit").click()
    expect(desk.page.get_by_text("On record in the visit")).to_be_visible()
