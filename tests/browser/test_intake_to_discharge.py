"""From the first visit to running again: one runner over three visits, through the pages alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from clinics.acting import acting_in
from tests.browser.conftest import Desk, sign_in
from tests.browser.test_pages import violations
from tests.factories import PASSWORD
from triage.models import Encounter

Later = Callable[..., None]

INTAKE = {
    "pain_location_main": "medial_arch",
    "quality_ache": "present",
    "duration": "months",
    "giving_way": "present",
    "flat_foot": "present",
    "long_distance_running": "present",
}
EXAMINED = {
    "burning_medial_heel": "present",
    "tender_behind_navicular": "present",
    "tinel_navicular": "present",
}
BLOCK = "block_navicular_tunnel"


def sign(desk: Desk) -> None:
    desk.press("Check and sign")
    desk.page.get_by_label("I have checked patient, side and answers").check()
    although = desk.page.get_by_label("Sign although")
    if although.count():
        although.check()
    desk.press("Sign the visit")
    expect(desk.page.get_by_text("read-only")).to_be_visible()


def again(desk: Desk, encounter: Encounter) -> Encounter:
    """The next visit of the same complaint."""
    desk.go(reverse("triage:episode-detail", args=[encounter.episode_id]))
    desk.press("New visit")
    desk.page.fill("#id_held_at", f"{timezone.localtime():%Y-%m-%dT%H:%M}")  # the moved clock's
    desk.press("Start the visit")
    expect(desk.page.locator("#differential")).to_be_visible()
    with acting_in(desk.member.clinic_id):
        return Encounter.objects.get(pk=desk.page.url.rstrip("/").split("/")[-1])


@pytest.fixture
def later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Moves the clock of the server, which runs in this process, so nobody waits for a drug or a week."""
    moved = [dt.timedelta()]

    def move(**ahead: float) -> None:
        moved[0] += dt.timedelta(**ahead)
        sign_in(desk.page.context, desk.base, desk.member)  # the session ended long ago

    monkeypatch.setattr(timezone, "now", lambda: dt.datetime.now(tz=dt.UTC) + moved[0])
    return move


def give_the_block(desk: Desk, later: Later) -> None:
    page = desk.page
    page.locator(f".section-nav a[data-section={section_of(desk, BLOCK)}]").click()
    row = page.locator(f"#row-{BLOCK}")
    if row.evaluate("row => !row.closest('.group').open"):
        row.locator("xpath=ancestor::details[contains(@class, 'group')]/summary").click()
    row.get_by_role("link", name="Record as an event").click()
    desk.fill("The task that provokes the pain", "running on the spot for a minute")
    desk.fill("Pain on that task now", "7")
    page.locator("form .btn-primary").first.click()
    page.get_by_role("radio", name="No", exact=False).first.check()
    page.select_option("#id_agent", "lidocaine")
    desk.fill("Concentration", "1")
    desk.fill("Volume", "1.5")
    page.get_by_role("radio", name="Ultrasound").check()
    page.locator("form .btn-primary").first.click()
    expect(page.get_by_text("No level yet")).to_be_visible()
    later(minutes=25)
    page.reload()
    page.locator(".pain-scale button[value='1']").click()
    page.get_by_role("button", name="Record “gone").click()
    expect(page.get_by_text("On record in the visit")).to_be_visible()
    assert not violations(page)


def section_of(desk: Desk, code: str) -> str:
    section = desk.page.locator(f"#row-{code}").evaluate(
        "row => row.closest('.exam-section').dataset.section"
    )
    return str(section)


def make_a_plan(desk: Desk, encounter: Encounter) -> None:
    """The injection that the record speaks against asks for a reason; exercise and referral follow."""
    page = desk.page
    desk.go(reverse("triage:plan-detail", args=[encounter.episode_id]))
    page.locator(".empty a.btn-primary").click()
    desk.fill("Goal, in the patient’s words", "Run the marathon in spring")
    desk.press("Begin")
    offer = page.locator("#offers .plan-row").filter(has_text="On this record").first
    offer.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("A caution applies")
    desk.fill("Why it is chosen all the same", "Away from the fascia, under ultrasound, once.")
    desk.press("Put it on the plan with this reason")
    expect(page.locator("#treatments")).to_contain_text("Chosen in spite of")
    page.locator("#offers .plan-row").filter(has_not_text="On this record").first.get_by_role(
        "button"
    ).click()
    page.locator("a[href*='/plan/exercises/new/']").first.click()
    desk.fill("Exercise", "Slow single-leg heel raise")
    desk.fill("Sets", "3")
    desk.fill("Repetitions", "12")
    desk.press("Put on the plan")
    desk.press("Refer")
    desk.fill("To whom", "Dr. Ferro, foot surgery")
    desk.fill("Why, and what is asked", "Should the tunnel be opened when loading fails?")
    page.get_by_role("radio", name="Days").first.check()
    desk.press("Put on the plan")
    expect(page.locator("#referrals")).to_contain_text("no answer yet")
    assert not violations(page)


def answer_by_link(desk: Desk, encounter: Encounter, pain: int) -> None:
    """On a phone without script and without an account."""
    desk.go(reverse("triage:episode-outcomes", args=[encounter.episode_id]))
    desk.page.locator("input[name=measures][value=nprs]").check()
    desk.press("Make the link")
    link = desk.page.locator("#link-address").input_value()
    browser = desk.page.context.browser
    assert browser is not None
    phone = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = phone.new_page()
    page.goto(link)
    page.locator("input[type=number]").first.fill(str(pain))
    for question in page.locator("section[aria-labelledby=safety] input[value='0']").all():
        question.check()
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    phone.close()


def run_again(desk: Desk, encounter: Encounter) -> None:
    """The first step is entered once its criterion is met; a run with tingling proposes a step back."""
    page = desk.page
    desk.go(reverse("triage:episode-running", args=[encounter.episode_id]))
    page.locator("#begin").get_by_label("after nerve irritation").check()
    desk.press("Begin")
    expect(page.locator("#next")).to_be_visible()
    for _ in range(page.locator("button[name=met][value=yes]").count()):
        page.locator("button[name=met][value=yes]").first.click()
    expect(page.locator("button[name=met][value=yes]")).to_have_count(0)
    page.locator("#next").get_by_role("button", name="Enter", exact=False).first.click()
    expect(page.locator("#now")).to_contain_text("Now: step 1")
    page.get_by_role("link", name="Log a run").first.click()
    desk.fill("Distance, in kilometres", "3")
    desk.fill("Worst pain during the run", "1")
    desk.press("Put on the log")
    expect(page.locator("#runs")).to_contain_text("3 km")
    assert not violations(page)


def write_the_letter(desk: Desk, encounter: Encounter) -> None:
    """From the table of the last visit; what is sent is kept, as the PDF that comes down."""
    page = desk.page
    desk.go(reverse("triage:letter-new", args=[encounter.episode_id]))
    desk.fill("To", "Dr. Ferro")
    desk.fill("What you ask of your colleague", "Should the tunnel be opened?")
    desk.press("Write it")
    letter = page.locator(".letter")
    for words in ("jogger's foot", "For:", "Tinel", "Should the tunnel be opened?", "Corticosteroid"):
        expect(letter).to_contain_text(words, ignore_case=True)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Freeze as sent")).to_be_hidden()
    expect(letter).to_be_visible()
    page.emulate_media(media="screen")
    assert not violations(page)
    desk.press("Freeze as sent")
    expect(page.get_by_text("is kept as it was sent")).to_be_visible()
    page.get_by_role("link", name="Download PDF").click()
    page.fill("[name=password]", PASSWORD)
    with page.expect_download() as coming:
        desk.press("Confirm")
    paper = PdfReader(coming.value.path())
    assert "tunnel be opened" in " ".join(sheet.extract_text() for sheet in paper.pages)


def prove_and_discharge(desk: Desk, encounter: Encounter) -> None:
    page = desk.page
    desk.go(reverse("triage:diagnosis-new", args=[encounter.episode_id]))
    page.select_option("#id_condition_code", "medial_plantar_neuropraxia")
    page.get_by_role("radio", name="Diagnostic block").check()
    page.get_by_label("This ends the complaint").check()
    desk.press("Put on record")
    desk.go(reverse("triage:episode-detail", args=[encounter.episode_id]))
    expect(page.locator("main")).to_contain_text("Diagnostic block")
    assert not violations(page)


def test_a_runner_from_intake_to_discharge(desk: Desk, later: Later) -> None:
    first = desk.new_visit()
    for code, level in INTAKE.items():
        desk.answer(code, level)
    at_intake = desk.ranked()
    sign(desk)

    later(days=7)
    second = again(desk, first)
    assert desk.ranked() == at_intake
    for code, level in EXAMINED.items():
        desk.answer(code, level)
    examined = desk.ranked()
    assert examined[0] != at_intake[0]
    sign(desk)

    later(days=14)
    third = again(desk, second)
    give_the_block(desk, later)
    desk.press("See the differential")
    expect(desk.page.locator("#differential")).to_be_visible()
    assert desk.ranked()[0] == "medial_plantar_neuropraxia"
    sign(desk)

    make_a_plan(desk, third)
    answer_by_link(desk, third, 6)
    later(days=42)
    run_again(desk, third)
    answer_by_link(desk, third, 1)
    prove_and_discharge(desk, third)
    write_the_letter(desk, third)
