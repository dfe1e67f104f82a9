"""A real Chromium on the live server: one clinician, her pages, and what the browser complains about."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from clinics.models import Membership
from tests.factories import Browser as Client
from tests.factories import start_clock
from tests.triage.factories import make_episode
from triage.models import Encounter, Observation
from triage.services import start_encounter

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread, and tests read rows
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 15_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last, so that the loop Playwright leaves running is in nobody's way."""
    items.sort(key=lambda item: "browser" in item.path.parts)


class Reports(logging.Handler):
    """What browsers reported to the sink for violations of the content policy, in the whole run."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append((getattr(record, "directive", ""), getattr(record, "blocked", "")))


@pytest.fixture(scope="session", autouse=True)
def reports() -> Iterator[Reports]:
    """Fails the run at its end when any page did what the policy forbids; no test needs to ask."""
    kept = Reports()
    logging.getLogger("tinel.csp").addHandler(kept)
    yield kept
    logging.getLogger("tinel.csp").removeHandler(kept)
    assert not kept.seen, f"browsers reported violations of the content policy: {kept.seen}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@dataclass
class Watched:
    """What a page said that no page should say."""

    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(
        default_factory=lambda: ["status of 4"]
    )  # 404, 409, 422: answers that tests ask for

    def follow(self, context: BrowserContext) -> None:
        context.on("page", self._follow_page)

    def _follow_page(self, page: Page) -> None:
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in self.expected):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture
def watched() -> Iterator[Watched]:
    watch = Watched()
    yield watch
    assert not watch.complaints, watch.complaints


@dataclass
class Desk:
    """A clinician in front of the browser."""

    page: Page
    base: str
    member: Membership

    def go(self, address: str) -> None:
        self.page.goto(f"{self.base}{address}")

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=False).first.fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        ).first.click()

    def new_visit(self, *, side: str = "Left") -> Encounter:
        """From the worklist to an empty workspace, through the pages."""
        page = self.page
        self.go("/")
        self.press("New patient")
        page.fill("#id_given_name", "Maren")
        page.fill("#id_family_name", "Okafor")
        page.fill("#id_birth_date", "1992-03-04")
        page.get_by_role("radio", name="Other", exact=True).check()
        self.press("Add patient")
        page.get_by_role("link", name="New complaint").first.click()
        page.fill("#id_title", "Pain of the foot")
        page.get_by_role("radio", name=side, exact=True).check()
        self.press("Continue to the visit")
        self.press("Start the visit")
        expect(page.locator("#differential")).to_be_visible()
        return Encounter.objects.get(pk=page.url.rstrip("/").split("/")[-1])

    def open_visit(self, **episode: str) -> Encounter:
        """An empty workspace, without the way there."""
        complaint = make_episode(self.member, **episode)
        encounter = start_encounter(episode=complaint, member=self.member)
        self.go(reverse("triage:encounter-detail", args=[encounter.pk]))
        return encounter

    def answer(self, code: str, value: str, side: str = "left") -> None:
        """Open the part and the group of the row, choose the answer, wait until it is saved."""
        page = self.page
        row = page.locator(f"#row-{code}")
        section = row.evaluate("row => row.closest('.exam-section').dataset.section")
        page.locator(f".section-nav a[data-section={section}]").click()
        if row.evaluate("row => !row.closest('.group').open"):
            row.locator("xpath=ancestor::details[contains(@class, 'group')]/summary").click()
        control = row.locator(f".control[data-side='{side}'], .control[data-side='']").first
        with page.expect_response(lambda response: response.url.endswith("/observations/")) as saved:
            if control.locator("select").count():
                control.locator("select").select_option(value)
            else:
                control.locator(f"input[value='{value}']").locator("xpath=..").click()
        assert saved.value.status == 200, saved.value.text()
        expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")

    def ranked(self) -> list[str]:
        """The conditions of the panel, first to last."""
        rows = self.page.locator("#differential [data-condition]")
        return [str(code) for code in rows.evaluate_all("rows => rows.map(row => row.dataset.condition)")]


@pytest.fixture
def context(browser: Browser, watched: Watched) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(PATIENCE_MS)
    watched.follow(opened)
    yield opened
    opened.close()


def sign_in(context: BrowserContext, address: str, member: Membership) -> None:
    client = Client()
    client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    start_clock(client)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


@pytest.fixture
def desk(context: BrowserContext, live_server, owner: Membership, release) -> Desk:
    """Signed in, at an installation with the shipped knowledge."""
    sign_in(context, live_server.url, owner)
    return Desk(page=context.new_page(), base=live_server.url, member=owner)


def recorded(encounter: Encounter) -> dict[tuple[str, str], str]:
    rows = Observation.objects.filter(encounter=encounter)
    return {(row.finding_code, row.side): row.level_code or row.status for row in rows}
