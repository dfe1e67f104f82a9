"""Outcome pages of the clinic and of the patient's link: accessible, light and dark, wide and narrow."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext

from clinics.acting import acting_in
from tests.browser.conftest import Desk
from tests.browser.test_pages import violations
from tests.triage.factories import make_episode
from triage.models import Episode
from triage.outcomes import MEASURES
from triage.services import record_outcome


@pytest.fixture
def episode(desk: Desk) -> Episode:
    made = make_episode(desk.member)
    with acting_in(desk.member.clinic_id):
        for weeks, pain in ((9, 8), (6, 7), (3, 6), (0, 3)):
            at = timezone.now() - dt.timedelta(weeks=weeks)
            answers = {"pain": pain, "rest_pain": int(pain == 8)}
            record_outcome(
                episode=made, member=desk.member, measure_code="nprs", answers=answers, answered_at=at
            )
        for weeks, most in ((8, 1), (1, 3)):
            answers = {item.code: most for item in MEASURES["faam-sport"].items}
            at = timezone.now() - dt.timedelta(weeks=weeks)
            record_outcome(
                episode=made, member=desk.member, measure_code="faam-sport", answers=answers, answered_at=at
            )
        saddle = {"low": 3, "healing": 2, "movement": 2, "sleep": 1, "saddle": 1}
        record_outcome(episode=made, member=desk.member, measure_code="mood", answers=saddle)
    return made


def addresses(episode: Episode) -> list[str]:
    forms = [reverse("triage:outcome-new", args=[episode.pk, code]) for code in ("psfs", "faam-sport")]
    page = reverse("triage:episode-detail", args=[episode.pk])
    return ["/", page, reverse("triage:episode-outcomes", args=[episode.pk]), *forms]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_of_the_clinic_are_accessible(desk: Desk, episode: Episode, theme: str, width: int) -> None:
    desk.page.emulate_media(color_scheme=theme)
    desk.page.set_viewport_size({"width": width, "height": 900})
    for address in addresses(episode):
        desk.go(address)
        assert violations(desk.page) == [], address
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_patient_answers_on_a_phone_without_script(
    desk: Desk, context: BrowserContext, episode: Episode, theme: str
) -> None:
    desk.go(reverse("triage:episode-outcomes", args=[episode.pk]))
    for code in ("nprs", "faam-sport", "mood"):
        desk.page.locator(f"input[value='{code}']").uncheck()
    desk.page.get_by_label("Daily life (FAAM)").check()
    desk.page.get_by_role("button", name="Make the link").click()
    link = desk.page.locator("#link-address").input_value()
    assert violations(desk.page) == []
    assert context.browser is not None
    phone = context.browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, color_scheme=theme
    )
    page = phone.new_page()
    page.goto(link)
    page.get_by_role("button", name="Send the answers").click()
    assert "Please check" in page.content()
    for box in page.locator("fieldset, .choices").filter(has=page.get_by_label("No trouble")).all():
        box.get_by_label("A little").first.check()
    page.get_by_role("group", name="bladder").or_(page.locator("#div_id_saddle")).get_by_label(
        "Yes"
    ).first.check()
    page.get_by_role("button", name="Send the answers").click()
    assert "Go to an emergency department now" in page.content()
    page.goto(link)
    assert "not open" in page.content()
    phone.close()
