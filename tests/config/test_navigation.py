"""The navigation: who sees which area, and where it says one is."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.triage.factories import make_release

ClientFor = Callable[[Membership], Client]


class Ways(HTMLParser):
    """Titles of each navigation by its label; the current one by what aria-current says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.titles: dict[str, list[str]] = {}
        self.current: dict[str, dict[str, str]] = {}
        self._label = self._said = ""
        self._in_link = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "nav":
            self._label = given.get("aria-label") or ""
        elif tag == "a" and self._label:
            self._in_link, self._said = True, given.get("aria-current") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._label = ""
        elif tag == "a":
            self._in_link = False

    def handle_data(self, data: str) -> None:
        if self._label and self._in_link and data.strip():
            self.titles.setdefault(self._label, []).append(data.strip())
            if self._said:
                self.current.setdefault(self._label, {})[data.strip()] = self._said


def ways(client: Client, view: str) -> Ways:
    return Ways(client.get(reverse(view)).content.decode())


def test_a_clinician_sees_three_areas_and_a_lead_four(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    assert ways(client_for(teammate), "triage:worklist").titles["Main"] == [
        "Worklist",
        "Patients",
        "Knowledge",
    ]
    found = ways(client_for(owner), "triage:worklist")
    assert found.titles["Main"] == ["Worklist", "Patients", "Knowledge", "Clinic"]
    assert found.current["Main"] == {"Worklist": "page"}


@pytest.mark.parametrize(
    ("view", "area", "page"),
    [
        ("members:member-list", {"Clinic": "true"}, {"Members": "page"}),
        ("audit:log", {"Clinic": "true"}, {"On record": "page"}),
        ("triage:clinic-results", {"Clinic": "page"}, {"Results": "page"}),
        ("triage:clinic-model", {"Clinic": "true"}, {"Numbers": "page"}),
        ("triage:glass-list", {"Clinic": "true"}, {"Broken glass": "page"}),
        ("knowledge:separate", {"Knowledge": "true"}, {"Tell apart": "page"}),
        ("knowledge:release-list", {"Knowledge": "true"}, {"Releases": "page"}),
    ],
)
def test_the_area_and_the_page_are_said(
    owner: Membership, client_for: ClientFor, view: str, area: dict[str, str], page: dict[str, str]
) -> None:
    make_release()
    found = ways(client_for(owner), view)
    assert found.current["Main"] == area
    assert found.current["In this area"] == page


def test_editing_and_reviewing_are_shown_to_those_who_may(owner: Membership, client_for: ClientFor) -> None:
    make_release()
    assert ways(client_for(owner), "knowledge:index").titles["In this area"] == [
        "Browse",
        "Tell apart",
        "Releases",
    ]
    owner.user.is_knowledge_editor = True
    owner.user.save()
    found = ways(client_for(owner), "knowledge:index").titles["In this area"]
    assert found == ["Browse", "Tell apart", "Releases", "Reviews", "Edit"]
