"""The content policy as a real browser reads it, and htmx with the settings that go with it."""

from __future__ import annotations

from django.urls import reverse

from tests.browser.conftest import Desk, Reports, Watched

SETTINGS = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,
    "selfRequestsOnly": True,
}


ADD = """(name, text) => {
  const element = document.createElement(name);
  element.textContent = text;
  document.head.append(element);
}"""


def test_htmx_runs_with_the_closed_settings(desk: Desk) -> None:
    desk.go(reverse("triage:patient-list"))
    used = desk.page.evaluate("htmx.config")
    assert {name: used[name] for name in SETTINGS} == SETTINGS
    assert desk.page.evaluate("htmx.version").startswith("2.")
    swapped = {row["code"]: row["swap"] for row in used["responseHandling"]}
    assert (swapped["409"], swapped["422"], swapped["[45].."]) == (True, True, False)


def test_inline_code_is_blocked_and_reported(desk: Desk, watched: Watched, reports: Reports) -> None:
    """What the whole run relies on: a violation does arrive. Its own are taken off the list."""
    watched.expected.append("Content Security Policy")
    page, before = desk.page, len(reports.seen)
    desk.go(reverse("triage:patient-list"))
    with page.expect_request("**/csp-report/"):
        page.evaluate(f"({ADD})('script', 'window.broken = true')")
    with page.expect_request("**/csp-report/"):
        page.evaluate(f"({ADD})('style', 'body {{ display: none }}')")
    assert page.evaluate("window.broken") is None
    assert page.locator("body").is_visible()
    for _ in range(100):
        if len(reports.seen) >= before + 2:
            break
        page.wait_for_timeout(50)
    assert sorted(reports.seen[before:]) == [("script-src-elem", "inline"), ("style-src-elem", "inline")]
    del reports.seen[before:]
