"""The pages of a condition and of a source: what they show, whose release they show, who may see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from clinics.models import Membership
from knowledge.catalogue import Catalogue
from knowledge.models import Release
from knowledge.pages import source_page
from knowledge.schema import canonical_bytes, document_hash
from tests.factories import Browser as Client
from tests.knowledge_fixtures import Shipped

ClientFor = Callable[[Membership], Client]


def condition(code: str) -> str:
    return reverse("knowledge:condition-detail", args=[code])


def source(code: str) -> str:
    return reverse("knowledge:source-detail", args=[code])


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(unescape(answer.content.decode()).split())


def newer(release: Release, **changes: Any) -> Release:
    document = {**release.document, **changes}
    return Release.objects.create(
        number=release.number + 1,
        name=document["name"],
        document_bytes=canonical_bytes(document),
        sha256=document_hash(document),
    )


@pytest.fixture
def reader(owner: Membership, client_for: ClientFor) -> Client:
    return client_for(owner)


def test_a_condition_shows_all_that_is_said_of_it(reader: Client, release: Release) -> None:
    page = text(reader, condition("tarsal_tunnel_syndrome"))
    row = next(row for row in release.document["conditions"] if row["code"] == "tarsal_tunnel_syndrome")
    for said in (
        row["name"],
        row["definition"],
        row["prognosis"],
        row["prevention"],
        row["recovery"]["text"],
    ):
        assert said in page
    assert "carpal tunnel of the foot" in page
    assert "G57.5-" in page
    assert "Dorsiflexion" in page
    assert "36 of 44" in page
    assert "◇ expert estimate" in page
    assert source("kinoshita2001") in page
    for dispute in row["disputes"]:
        assert dispute["topic"] in page
        assert all(position["claim"] in page for position in dispute["positions"])
    for code in row["mimics"]:
        assert condition(code) in page


def test_every_condition_of_the_shipped_knowledge_opens(reader: Client, release: Release) -> None:
    for row in release.document["conditions"]:
        assert row["definition"] in text(reader, condition(row["code"]))


def test_treatments_stand_by_stage_with_their_cautions(reader: Client, release: Release) -> None:
    rows = [row for row in release.document["condition_treatments"] if row.get("cautions")]
    page = text(reader, condition(rows[0]["condition"]))
    assert page.index("First line") < page.index(rows[0]["cautions"][0]["text"])


def test_an_urgent_condition_says_so_in_words(reader: Client, release: Release) -> None:
    urgent = next(row for row in release.document["conditions"] if row.get("urgency") == "urgent")
    assert "! urgent" in text(reader, condition(urgent["code"]))


def test_a_source_shows_its_links_and_what_rests_on_it(reader: Client, release: Release) -> None:
    page = text(reader, source("abouelela2012"))
    row = next(row for row in release.document["sources"] if row["code"] == "abouelela2012")
    assert row["citation"] in page
    assert f'href="https://doi.org/{row["doi"]}" rel="noopener"' in page
    assert f'href="https://pubmed.ncbi.nlm.nih.gov/{row["pmid"]}/" rel="noopener"' in page
    assert f'href="{row["url"]}" rel="noopener"' in page
    assert condition("tarsal_tunnel_syndrome") in page
    assert "67 of 78" in page
    assert "verified" in page


def test_every_row_that_names_a_source_stands_on_its_page(shipped: Shipped) -> None:
    """Counted by walking the whole document, so that a kind of row the page forgets shows here."""
    named = Counter(sources_named(shipped.document))
    known = Catalogue(shipped.document)
    for row in shipped.document["sources"]:
        page = source_page(known, row["code"])
        assert page is not None
        assert sum(len(group.lines) for group in page.uses) == named[row["code"]], row["code"]


def sources_named(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from sources_named(entry)
    elif isinstance(value, dict):
        if "source" in value:
            yield value["source"]
        for entry in value.values():
            yield from sources_named(entry)


@pytest.mark.parametrize(
    ("status", "warning"), [("untraced", "could not be traced"), ("unverified", "Nobody has checked")]
)
def test_a_doubtful_source_is_warned_of(reader: Client, release: Release, status: str, warning: str) -> None:
    doubtful = {"code": "doubtful", "citation": "Somebody. Something. 1999", "status": status}
    newer(release, sources=[*release.document["sources"], doubtful])
    page = text(reader, source("doubtful"))
    assert warning in page
    assert "Nothing in this release rests on it" in page
    assert warning not in text(reader, source("kinoshita2001"))


def test_what_is_written_is_never_markup(reader: Client, release: Release) -> None:
    hostile = {
        "code": "hostile",
        "citation": "<script>alert(1)</script>",
        "doi": '10.1/"><b>',
        "status": "verified",
    }
    newer(release, sources=[*release.document["sources"], hostile])
    page = reader.get(source("hostile")).content.decode()
    assert "<script>alert" not in page
    assert '"><b>' not in page


def test_a_pinned_release_is_shown_as_it_was(reader: Client, release: Release) -> None:
    old = next(row for row in release.document["conditions"] if row["code"] == "vamp_disease")
    changed = [
        {**row, "definition": "Rewritten."} if row is not old and row["code"] == "vamp_disease" else row
        for row in release.document["conditions"]
    ]
    newest = newer(release, conditions=changed)
    assert "Rewritten." in text(reader, condition("vamp_disease"))
    pinned = text(reader, f"{condition('vamp_disease')}?release={release.sha256}")
    assert old["definition"] in pinned
    assert "Rewritten." not in pinned
    assert f"Release {newest.number}" in pinned
    assert f"?release={release.sha256}" in pinned.partition("How common")[2]  # its links stay in that release


@pytest.mark.parametrize(
    "address", ["/knowledge/conditions/nowhere/", "/knowledge/sources/nowhere/", condition("other")]
)
def test_unknown_codes_are_not_found(reader: Client, release: Release, address: str) -> None:
    assert reader.get(address).status_code == 404


@pytest.mark.parametrize("asked", ["", "0" * 64, "'; DROP TABLE", "\x00"])
def test_an_unknown_release_is_not_found(reader: Client, release: Release, asked: str) -> None:
    assert reader.get(condition("vamp_disease"), {"release": asked}).status_code == 404


def test_nothing_is_found_before_the_first_release(reader: Client) -> None:
    assert reader.get(condition("vamp_disease")).status_code == 404


@pytest.mark.parametrize("address", [condition("vamp_disease"), source("kinoshita2001")])
def test_pages_only_answer_reading(reader: Client, release: Release, address: str) -> None:
    assert reader.post(address).status_code == 405
    assert reader.head(address).status_code == 200


@pytest.mark.parametrize("address", [condition("vamp_disease"), source("kinoshita2001")])
def test_anonymous_is_sent_to_sign_in(release: Release, address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302
    assert "login" in answer.url  # type: ignore[attr-defined]


@pytest.mark.parametrize("person", ["owner", "teammate", "stranger"])
def test_knowledge_is_for_every_member_of_every_clinic(
    person: str, request: pytest.FixtureRequest, client_for: ClientFor, release: Release
) -> None:
    client = client_for(request.getfixturevalue(person))
    assert client.get(condition("vamp_disease")).status_code == 200


def test_a_page_costs_no_query_per_row(
    reader: Client, release: Release, django_assert_num_queries: Any
) -> None:
    reader.get(condition("tarsal_tunnel_syndrome"))
    with django_assert_num_queries(7):
        reader.get(condition("tarsal_tunnel_syndrome"))
