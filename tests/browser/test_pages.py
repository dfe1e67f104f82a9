"""Every page, light and dark, wide and narrow: accessible, within the content policy, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from clinics.models import Membership
from tests.browser.conftest import PATIENCE_MS, Desk, Watched, recorded, sign_in
from tests.triage.factories import make_episode, make_patient
from triage.models import Encounter
from triage.services import record_observation, sign_encounter, start_encounter

SERIOUS = {"serious", "critical"}


@pytest.fixture
def visits(owner: Membership, release) -> tuple[Encounter, Encounter]:
    """A draft and a signed visit of one patient."""
    episode = make_episode(owner, patient=make_patient(owner))
    made = []
    for _ in range(2):
        encounter = start_encounter(episode=episode, member=owner)
        for code in ("burning_medial_heel", "tinel_navicular"):
            record_observation(
                encounter=encounter,
                member=owner,
                finding_code=code,
                level_code="present",
                side=side_of(encounter, code),
            )
        made.append(encounter)
    sign_encounter(encounter=made[1], member=owner, version=made[1].version, unscreened_confirmed=True)
    return made[0], made[1]


def side_of(encounter: Encounter, code: str) -> str:
    from triage.questions import questions

    return "left" if questions(encounter.release.sha256)[code].side_aware else ""


def pages_of(draft: Encounter, signed: Encounter) -> dict[str, str]:
    patient, episode = draft.episode.patient_id, draft.episode_id
    named: dict[str, Callable[[], str]] = {
        "worklist": lambda: "/",
        "patients": lambda: reverse("triage:patient-list"),
        "new patient": lambda: reverse("triage:patient-new"),
        "patient": lambda: reverse("triage:patient-detail", args=[patient]),
        "complaint": lambda: reverse("triage:episode-detail", args=[episode]),
        "edit patient": lambda: reverse("triage:patient-edit", args=[patient]),
        "new complaint": lambda: reverse("triage:episode-new", args=[patient]),
        "new visit": lambda: reverse("triage:encounter-new", args=[episode]),
        "workspace": lambda: reverse("triage:encounter-detail", args=[draft.pk]),
        "workspace, opened": lambda: (
            reverse("triage:encounter-detail", args=[draft.pk]) + "?open=medial_plantar_neuropraxia"
        ),
        "condition": lambda: reverse(
            "triage:hypothesis-detail", args=[draft.pk, "medial_plantar_neuropraxia"]
        ),
        "search": lambda: reverse("triage:encounter-search", args=[draft.pk]) + "?q=tinel",
        "sign": lambda: reverse("triage:encounter-sign", args=[draft.pk]),
        "signed": lambda: reverse("triage:encounter-detail", args=[signed.pk]),
        "clinic numbers": lambda: reverse("triage:clinic-model"),
        "members": lambda: reverse("members:member-list"),
        "sign-in security": lambda: reverse("mfa_index"),
        "sessions": lambda: reverse("usersessions_list"),
        "who is there": lambda: reverse("account_reauthenticate"),
        "not found": lambda: "/no-such-page/",
    }
    return {name: address() for name, address in named.items()}


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible(  # noqa: PLR0917
    browser: Browser, live_server, owner: Membership, visits, watched: Watched, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=False,
    )
    context.set_default_timeout(PATIENCE_MS)
    watched.follow(context)
    sign_in(context, live_server.url, owner)
    page = context.new_page()
    faults = {}
    for name, address in pages_of(*visits).items():
        page.goto(live_server.url + address)
        if found := violations(page):
            faults[name] = found
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    context.close()
    assert not faults, faults


def test_the_theme_is_chosen_and_kept(desk: Desk, visits) -> None:
    page = desk.page
    desk.go("/")
    page.locator(".masthead-menu > summary").click()
    page.get_by_role("button", name="Dark theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("Object.keys(localStorage)") == ["tinel-theme"]


def test_nothing_of_the_patient_stays_in_the_browser(desk: Desk, visits) -> None:
    page = desk.page
    desk.go(reverse("triage:encounter-detail", args=[visits[0].pk]))
    page.locator("#differential [data-condition]:not([data-condition=other]) .hypothesis-line").first.click()
    expect(page.locator("#differential .reasons")).to_be_visible()
    kept = page.evaluate("({...sessionStorage, ...localStorage})")
    assert kept.keys() <= {"htmx-current-path-for-history"}, kept


def test_without_javascript(
    browser: Browser, live_server, owner: Membership, release, watched: Watched
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1024, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    watched.follow(context)
    sign_in(context, live_server.url, owner)
    desk = Desk(page=context.new_page(), base=live_server.url, member=owner)
    encounter, page = desk.new_visit(), desk.page
    row = page.locator("#row-tinel_navicular")
    row.locator("xpath=ancestor::details[contains(@class, 'group')]").evaluate("group => group.open = true")
    row.locator("input[value=present]").first.locator("xpath=..").click()
    desk.press("Save answers")
    expect(page.get_by_text("Saved: 1 answer changed.")).to_be_visible()
    assert {code for code, _ in recorded(encounter)} == {"tinel_navicular"}
    page.locator("#differential [data-condition]:not([data-condition=other]) .hypothesis-line").first.click()
    expect(page.locator(".reasons")).to_be_visible()
    page.get_by_role("link", name="Back to the visit").click()
    page.get_by_role("link", name="Check and sign").click()
    page.get_by_label("I have checked patient, side and answers").check()
    page.get_by_label("Sign although").check()
    desk.press("Sign the visit")
    expect(page.get_by_text("read-only")).to_be_visible()
    context.close()
