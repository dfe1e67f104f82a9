"""Pages of the knowledge and its administration in the browser: accessible, within the content policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, expect

from clinics.models import Membership
from knowledge.importing import import_content
from knowledge.models import Condition, Release
from tests.browser.conftest import PATIENCE_MS, Desk, Watched, sign_in
from tests.browser.test_pages import violations
from tests.knowledge.folders import small


def condition(code: str) -> str:
    return reverse("knowledge:condition-detail", args=[code])


PAGES = {
    "nerve": "tarsal_tunnel_syndrome",
    "urgent": "navicular_stress_fracture",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_knowledge_is_accessible(  # noqa: PLR0917
    browser: Browser,
    live_server,
    owner: Membership,
    release: Release,
    watched: Watched,
    scheme: str,
    width: int,
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    watched.follow(context)
    sign_in(context, live_server.url, owner)
    page = context.new_page()
    source = reverse("knowledge:source-detail", args=["kinoshita2001"])
    for address in (*map(condition, PAGES.values()), source):
        page.goto(live_server.url + address)
        assert not violations(page), address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{address} scrolls sideways"
        )
    context.close()


def test_from_evidence_to_its_source_and_back(desk: Desk) -> None:
    page = desk.page
    desk.go(condition("tarsal_tunnel_syndrome"))
    page.get_by_role("link", name="Kinoshita 2001").first.click()
    expect(page.get_by_role("heading", name="Kinoshita 2001")).to_be_visible()
    page.get_by_role("link", name="Tarsal tunnel syndrome").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tarsal tunnel syndrome")


@pytest.fixture
def editor(context: BrowserContext, live_server, owner: Membership, tmp_path: Path) -> Desk:
    """A keeper of the house in the administration of a small working copy."""
    import_content(small(tmp_path))
    owner.user.is_staff = owner.user.is_superuser = True
    owner.user.save()
    sign_in(context, live_server.url, owner)
    return Desk(page=context.new_page(), base=live_server.url, member=owner)


def test_administration_keeps_to_the_content_policy(editor: Desk, watched: Watched) -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "knowledge"]
    for model in models:
        name = f"admin:knowledge_{model._meta.model_name}"
        editor.go(reverse(f"{name}_changelist"))
        row = model._default_manager.first()
        if row is not None:
            for view in ("change", "history"):
                editor.go(reverse(f"{name}_{view}", args=[row.pk]))
                expect(editor.page.locator("#content h1").first).to_be_visible()
                editor.page.wait_for_load_state("networkidle")


def test_evidence_is_added_by_searching_its_finding(editor: Desk) -> None:
    """Autocomplete, inline rows and saving, all under the content policy."""
    page = editor.page
    editor.go(reverse("admin:knowledge_condition_change", args=["fracture"]))
    page.locator("#evidence-group .add-row a").click()
    row = page.locator("#evidence-1")
    row.locator(".field-finding .select2-selection").click()
    page.locator(".select2-search__field").last.fill("sore")
    page.locator(".select2-results__option", has_text="Tender heel").click()
    row.locator("[name$=-level]").fill("present")
    row.locator("[name$=-frequency_class]").select_option("very_frequent")
    row.locator("[name$=-basis]").select_option("expert_estimate")
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.wait_for_load_state("networkidle")
    added = Condition.objects.get(pk="fracture").evidence.get(finding="tender_heel")
    assert added.frequency_class == "very_frequent"
