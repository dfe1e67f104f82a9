"""The main job: from sign-in to a signed differential, for the cases the knowledge was written from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect

from clinics.models import Membership
from tests.browser.conftest import Desk, Watched, recorded, sign_in
from tests.factories import PASSWORD
from tests.triage.factories import make_patient

CASES = Path(__file__).parents[2] / "knowledge" / "content" / "cases"


# The cases that the knowledge was first written for; all of them run without a browser in `kb check`.
TOLD = (
    "arch_ache_block_complete",
    "arch_ache_block_none",
    "burning_arch_to_toes_night",
    "burning_ball_two_toes",
    "central_heel_stuck_pad",
    "heel_first_steps_ease",
    "nothing_fits_together",
    "outer_ankle_after_sprain",
    "sole_and_calf_with_back",
    "top_of_foot_laces_loosened",
    "top_of_foot_mileage_doubled",
)


def golden() -> list[Any]:
    return [
        pytest.param(yaml.safe_load((CASES / f"{code}.yaml").read_text(encoding="utf-8")), id=code)
        for code in TOLD
    ]


def test_sign_in_leads_to_the_worklist(
    context: BrowserContext, live_server, owner: Membership, release
) -> None:
    page = context.new_page()
    page.goto(live_server.url)
    page.fill("[name=login]", owner.user.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


@pytest.mark.parametrize("case", golden())
def test_a_case_ranks_as_told(desk: Desk, case: dict[str, Any]) -> None:
    desk.open_visit()
    for factor in case["case"].get("risk_factors", []):
        desk.answer(factor, "present")
    for row in case["case"]["observations"]:
        desk.answer(row["finding"], row["level"])
    ranked = desk.ranked()
    expected = case["expect"]
    if "first" in expected:
        assert ranked[0] == expected["first"], ranked
    assert set(expected.get("first_three", [])) <= set(ranked[:3])
    assert not {ranked[0]} & set(expected.get("not_first", []))
    assert "other" in ranked
    if expected.get("misfit"):
        expect(desk.page.get_by_text("These findings do not hang together.")).to_be_visible()
    if expected.get("red_flags"):
        expect(desk.page.locator(".red-flag").first).to_be_visible()


def test_from_the_first_answer_to_the_signature(desk: Desk) -> None:
    encounter, page = desk.new_visit(), desk.page
    desk.answer("burning_medial_heel", "present")
    desk.answer("tinel_navicular", "present")
    desk.answer("tender_behind_navicular", "present")
    desk.answer("tinel_navicular", "absent", side="right")
    answers = recorded(encounter)
    page.reload()
    checked = page.locator("#answers input[type=radio]:checked:not([value=''])")
    assert checked.count() == len(answers) == 4

    page.locator("#differential [data-condition=medial_plantar_neuropraxia] .hypothesis-line").click()
    expect(page.locator("#differential .reasons")).to_be_visible()
    expect(page.locator("#differential .reason-for").first).to_contain_text("×")

    page.get_by_role("link", name="Check and sign").click()
    page.get_by_label("I have checked patient, side and answers").check()
    page.get_by_label("Sign although").check()
    desk.press("Sign the visit")
    expect(page.get_by_text("read-only")).to_be_visible()
    assert page.locator("input[type=radio]").count() == 0


def test_undo_takes_back_the_last_answer(desk: Desk) -> None:
    encounter, page = desk.open_visit(), desk.page
    desk.answer("burning_medial_heel", "present")
    with page.expect_response(lambda response: response.url.endswith("/observations/")):
        page.get_by_role("button", name="Undo").click()
    assert recorded(encounter) == {}


def test_a_row_that_moves_says_so(desk: Desk) -> None:
    page = desk.page
    desk.open_visit()
    before = desk.ranked()
    desk.answer("tinel_navicular", "present")
    assert desk.ranked() != before
    expect(page.locator("[data-moved]", has_text="up").first).to_be_visible()


def test_two_people_one_answer(desk: Desk, teammate: Membership) -> None:
    from triage.services import record_observation

    encounter, page = desk.open_visit(), desk.page
    record_observation(
        encounter=encounter, member=teammate, finding_code="burning_medial_heel", level_code="absent",
        side=page.locator("#row-burning_medial_heel .control").first.get_attribute("data-side") or "",
    )  # fmt: skip
    with pytest.raises(AssertionError):
        desk.answer("burning_medial_heel", "present")
    expect(page.locator("#conflict")).to_contain_text("Theirs")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "unsaved")
    with page.expect_response(lambda response: response.url.endswith("/observations/")):
        page.get_by_role("button", name="Save mine").click()
    assert set(recorded(encounter).values()) == {"present"}


def test_an_answer_that_could_not_be_sent_is_sent_again(desk: Desk, watched: Watched) -> None:
    watched.expected += ["htmx:", "ERR_FAILED"]
    encounter, page = desk.open_visit(), desk.page
    desk.answer("burning_medial_heel", "present")
    page.route("**/observations/", lambda route: route.abort())
    row = page.locator("#row-burning_medial_heel .control").first
    row.locator("input[value='absent']").locator("xpath=..").click()
    expect(page.locator("#save-state")).to_have_attribute("data-state", "unsaved")
    page.unroute("**/observations/")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=20_000)
    assert set(recorded(encounter).values()) == {"absent"}


def test_an_answer_given_after_the_session_ended_waits_for_the_sign_in(desk: Desk, owner: Membership) -> None:
    encounter, page = desk.open_visit(), desk.page
    desk.answer("burning_medial_heel", "present")
    page.context.clear_cookies()
    row = page.locator("#row-burning_medial_heel .control").first
    row.locator("input[value='absent']").locator("xpath=..").click()
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
    expect(page.locator("#save-state")).to_have_attribute("data-state", "unsaved")
    assert set(recorded(encounter).values()) == {"present"}
    sign_in(page.context, desk.base, owner)
    page.get_by_role("button", name="I am signed in: go on").click()
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_hidden()
    assert set(recorded(encounter).values()) == {"absent"}


def test_what_is_typed_is_kept_without_being_sent(desk: Desk, owner: Membership) -> None:
    page = desk.page
    patient = make_patient(owner)
    desk.go(reverse("triage:patient-edit", args=[patient.pk]))
    page.fill("#id_note", "Trains for a first marathon")
    expect(page.locator("[data-keep-state]")).to_have_attribute("data-state", "saved")
    desk.go("/")
    page.get_by_role("link", name="Edit details").click()
    expect(page.locator("#id_note")).to_have_value("Trains for a first marathon")
    desk.press("Save")
    expect(page.get_by_text("Trains for a first marathon")).to_be_visible()
    desk.go("/")
    expect(page.get_by_role("link", name="Edit details")).to_have_count(0)
