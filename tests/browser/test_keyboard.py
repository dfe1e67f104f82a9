"""Everything by keyboard: no mouse event in this file."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, recorded
from triage.models import Encounter
from triage.presentation.knowledge import shelf

BURNING = "burning_medial_heel"


def name_of(encounter: Encounter, code: str) -> str:
    finding = shelf(encounter.release.sha256).catalogue.finding(code)
    assert finding
    return str(finding["name"])


def search_and(page: Page, words: str, keys: str) -> None:
    page.keyboard.press("/") if page.evaluate("document.activeElement.id") != "finding-search" else None
    page.keyboard.type(words)
    with page.expect_response(lambda response: response.url.endswith("/observations/")):
        page.keyboard.press(keys)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def test_a_differential_by_keyboard_alone(desk: Desk) -> None:
    encounter, page = desk.new_visit(), desk.page
    found = (BURNING, "tinel_navicular", "tender_behind_navicular")
    for code in found:
        search_and(page, name_of(encounter, code), "Enter")
    answers = recorded(encounter)
    assert {code for code, _ in answers} == set(found)
    assert set(answers.values()) == {"present"}
    named = [code for code in desk.ranked() if code != "other"]
    assert named[0] == "medial_plantar_neuropraxia"


def test_shift_enter_records_absent_and_a_slip_of_the_keys_is_forgiven(desk: Desk) -> None:
    encounter, page = desk.open_visit(), desk.page
    slip = name_of(encounter, BURNING).replace("n", "", 1)
    search_and(page, slip, "Shift+Enter")
    assert {(code, level) for (code, _), level in recorded(encounter).items()} == {(BURNING, "absent")}


def test_enter_faster_than_the_list_records_what_was_typed(desk: Desk) -> None:
    encounter, page = desk.open_visit(), desk.page
    page.keyboard.press("/")
    page.keyboard.type("flat foot")
    page.locator("#search-options .search-result").first.wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(name_of(encounter, BURNING))
    with page.expect_response(lambda response: response.url.endswith("/observations/")):
        page.keyboard.press("Enter")
    assert {code for code, _ in recorded(encounter)} == {"burning_medial_heel"}


def test_arrows_change_an_answer_and_focus_stays(desk: Desk) -> None:
    encounter, page = desk.open_visit(), desk.page
    page.keyboard.press("/")
    page.keyboard.type(name_of(encounter, BURNING))
    page.locator("#search-options .search-result").first.wait_for()
    page.keyboard.press("Control+Enter")
    assert page.evaluate("document.activeElement.closest('.finding').id") == "row-burning_medial_heel"
    with page.expect_response(lambda response: response.url.endswith("/observations/")):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    assert page.evaluate("document.activeElement.closest('.finding').id") == "row-burning_medial_heel"
    assert set(recorded(encounter).values()) == {"absent"}
    with page.expect_response(lambda response: response.url.endswith("/observations/")):
        page.keyboard.press("u")
    assert recorded(encounter) == {}


def test_keys_are_listed(desk: Desk) -> None:
    desk.open_visit()
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog", name="Keys")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_role("dialog", name="Keys")).to_be_hidden()
