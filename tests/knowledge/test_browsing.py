"""Leafing through a release: every page opens, is linked both ways, and is found by imperfect words."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from knowledge.catalogue import catalogue
from knowledge.compiled import compiled_model
from knowledge.models import Release
from knowledge.pages import finding_page, separation

ClientFor = Callable[[Membership], Client]
INDEX, SEPARATE = reverse("knowledge:index"), reverse("knowledge:separate")


class Ways(HTMLParser):
    """Where the links of a page lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") or ""
        if tag == "a" and target.startswith("/knowledge/"):
            self.found.add(target)


@pytest.fixture
def reader(owner: Membership, client_for: ClientFor) -> Client:
    return client_for(owner)


def text(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    return " ".join(unescape(answer.content.decode()).split())


def test_every_page_that_can_be_reached_opens(reader: Client, release: Release) -> None:
    waiting, seen = {INDEX}, set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        waiting |= Ways(text(reader, address)).found - seen if "separate" not in address else set()
    kinds = {address.split("/")[2] for address in seen}
    assert kinds >= {"conditions", "findings", "sites", "sources", "treatments", "separate"}
    counted = {kind: sum(address.startswith(f"/knowledge/{kind}/") for address in seen) for kind in kinds}
    document = release.document
    votes_and_factors = sum(len(document[key]) for key in ("findings", "contributing_factors"))
    assert counted["conditions"] == len(document["conditions"])
    assert counted["findings"] >= votes_and_factors
    assert counted["sources"] == len(document["sources"])
    assert counted["treatments"] == len(document["treatments"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("joggers foot", "Medial plantar neuropraxia"),
        ("plantar fascitis", "Plantar fasc"),
        ("line of the lases", "Pain follows the line of the laces"),
        ("windlas", "Windlass"),
    ],
)
def test_found_by_synonym_and_typo(reader: Client, release: Release, words: str, expected: str) -> None:
    answer = reader.get(INDEX, {"q": words}, headers={"HX-Request": "true"})
    page = unescape(answer.content.decode())
    assert expected in page
    assert "<html" not in page
    assert expected in text(reader, INDEX, q=words)


def test_nothing_found_is_said(reader: Client, release: Release) -> None:
    assert "Nothing found for “qqxyzzy”" in text(reader, INDEX, q="qqxyzzy")


def test_a_finding_says_what_its_answers_say(reader: Client, release: Release) -> None:
    known, model = catalogue(release.sha256), compiled_model(release.sha256)
    page = finding_page(known, model, "tinel_navicular")
    assert page is not None
    assert page.speakers[0].strongest >= page.speakers[-1].strongest
    at = model.finding_at["tinel_navicular"]
    first = page.speakers[0]
    table = model.table.probabilities(at)
    row = table[model.condition_at[first.condition.code]]
    assert [percent for _, percent, _ in first.levels] == pytest.approx(list(100 * row))
    assert [ratio for _, _, ratio in first.levels] == pytest.approx(list(row / table[-1]))
    shown = text(reader, reverse("knowledge:finding-detail", args=["tinel_navicular"]))
    assert "Medial plantar neuropraxia" in shown
    assert "Counts as positive" in shown


def test_factors_have_pages_and_say_that_they_do_not_vote(reader: Client, release: Release) -> None:
    document = release.document
    factor, risk = document["contributing_factors"][0], document["risk_factors"][0]
    assert "never votes" in text(reader, reverse("knowledge:finding-detail", args=[factor["code"]]))
    assert "odds ×" in text(reader, reverse("knowledge:finding-detail", args=[risk["code"]]))


def test_two_conditions_are_told_apart(reader: Client, release: Release) -> None:
    known, model = catalogue(release.sha256), compiled_model(release.sha256)
    apart = separation(known, model, "plantar_fasciitis", "medial_plantar_neuropraxia")
    assert apart is not None
    factors = [row.factor for row in apart.telling]
    assert factors == sorted(factors, reverse=True)
    there_and_back = separation(known, model, "medial_plantar_neuropraxia", "plantar_fasciitis")
    assert there_and_back is not None
    assert [row.factor for row in there_and_back.telling] == pytest.approx(factors)
    page = text(reader, SEPARATE, a="plantar fascitis", b="medial_plantar_neuropraxia")
    assert "First-step pain" in page
    assert "Speaks for" in page


def test_without_two_conditions_the_form_is_shown(reader: Client, release: Release) -> None:
    assert "Choose two conditions" in text(reader, SEPARATE)
    assert "Choose two conditions" in text(reader, SEPARATE, a="no such thing at all", b="")
    same = text(reader, SEPARATE, a="plantar_fasciitis", b="plantar_fasciitis")
    assert "same condition twice" in same


def test_an_unknown_code_is_not_found(reader: Client, release: Release) -> None:
    for kind in ("condition", "finding", "site", "source", "treatment"):
        assert reader.get(reverse(f"knowledge:{kind}-detail", args=["nowhere"])).status_code == 404, kind


def test_pages_are_closed_to_visitors(client: Client, release: Release) -> None:
    for address in (INDEX, SEPARATE):
        assert client.get(address).status_code == 302
