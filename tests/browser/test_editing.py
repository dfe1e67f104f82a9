"""The editor in the browser: a figure is changed in place, with what it does said at once, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect

from clinics.models import Membership
from knowledge.importing import import_content
from knowledge.models import Evidence
from tests.browser.conftest import Desk, sign_in
from tests.browser.test_pages import violations
from tests.knowledge.folders import small

CONDITION = reverse("knowledge:entity-edit", args=["conditions", "fasciitis"])


@pytest.fixture
def desk(context: BrowserContext, live_server, owner: Membership, tmp_path: Path) -> Desk:
    import_content(small(tmp_path))
    owner.user.is_knowledge_editor = True
    owner.user.save()
    sign_in(context, live_server.url, owner)
    return Desk(page=context.new_page(), base=live_server.url, member=owner)


def test_a_sensitivity_is_changed_in_its_place_by_keyboard(desk: Desk) -> None:
    page = desk.page
    desk.go(CONDITION)
    assert not violations(page)
    row = page.locator("#evidence-table tbody").filter(has_text="First steps hurt")
    row.get_by_role("link", name="Edit First steps hurt").press("Enter")
    form = page.locator(".edit-open form")
    expect(form.get_by_label("Finding")).to_be_focused()
    expect(form.locator(".live")).to_contain_text("18 of 20")
    assert not violations(page)
    form.get_by_label("With it (x)").fill("26")
    form.get_by_label("People examined (n)").fill("44")
    expect(form.locator(".live")).to_contain_text("26 of 44 · counts × 0.5 → 0.59")
    form.get_by_label("With it (x)").press("Enter")
    expect(page.locator("#saved")).to_contain_text("First steps hurt is saved")
    expect(row).to_contain_text("26 of 44")
    with page.expect_navigation():
        page.get_by_role("button", name="Take it back").click()
    expect(row).to_contain_text("18 of 20")
    assert Evidence.objects.get(condition="fasciitis", finding="first_steps").positives == 18


def test_a_finding_is_chosen_by_a_misspelt_name(desk: Desk) -> None:
    page = desk.page
    desk.go(CONDITION)
    page.get_by_role("link", name="Add a line of evidence").click()
    form = page.locator(".edit-open form")
    form.get_by_label("Finding").press_sequentially("soer heel")
    form.get_by_role("button", name="Tender heel").click()
    expect(form.get_by_label("Finding")).to_have_value("Tender heel")
    form.get_by_label("Or: how often, in words").select_option("rare")
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".edit-open .error-summary")).to_contain_text("or the words “expert estimate”")
    expect(page.locator(".edit-open .error-summary")).to_be_focused()
    form.get_by_label("Rests on").select_option("expert_estimate")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_contain_text("Tender heel is saved")
    assert Evidence.objects.filter(finding="tender_heel", frequency_class="rare").count() == 1


def test_typed_words_outlive_the_page(desk: Desk) -> None:
    page = desk.page
    desk.go(reverse("knowledge:entity-edit", args=["findings", "tender_heel"]))
    page.get_by_label("How it is done").fill("Press with the thumb")
    expect(page.locator("[data-keep-state]")).to_contain_text("kept")
    page.reload()
    expect(page.get_by_label("How it is done")).to_have_value("Press with the thumb")
    assert not violations(page)
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("How it is done")).to_have_value("")
