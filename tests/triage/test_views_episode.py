from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.triage.factories import make_encounter, make_episode, make_release, make_signed
from triage.models import Episode

ClientFor = Callable[[Membership], Client]


def page_of(episode: Episode) -> str:
    return reverse("triage:episode-detail", args=[episode.pk])


def test_the_page_of_a_complaint_holds_its_visits(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner, note="Insoles did nothing")
    signed, draft = make_signed(owner, episode=episode), make_encounter(owner, episode=episode)
    text = client_for(owner).get(page_of(episode)).content.decode()
    assert "Ache in the arch" in text
    assert "Insoles did nothing" in text
    for visit in (signed, draft):
        assert reverse("triage:encounter-detail", args=[visit.pk]) in text
    for part in ("visits", "diagnosis", "outcomes"):
        assert f'<section class="page-section episode-part" id="{part}"' in text


def test_without_a_visit_it_says_what_to_do(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner)
    text = client_for(owner).get(page_of(episode)).content.decode()
    assert "No visit yet" in text
    assert reverse("triage:encounter-new", args=[episode.pk]) in text


def test_somebody_elses_complaint_is_not_found(
    owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    episode = make_episode(owner)
    assert client_for(stranger).get(page_of(episode)).status_code == 404
    assert Client().get(page_of(episode)).status_code == 302
    assert client_for(owner).post(page_of(episode)).status_code == 405


@pytest.mark.parametrize("visits", [1, 4])
def test_queries_of_the_page(
    owner: Membership, client_for: ClientFor, django_assert_num_queries: Callable, visits: int
) -> None:
    episode = make_episode(owner)
    for _ in range(visits):
        make_signed(owner, episode=episode)
    client = client_for(owner)
    with django_assert_num_queries(EPISODE_QUERIES):
        client.get(page_of(episode))


EPISODE_QUERIES = 19


FACTS = {
    "title": "Ache in the arch",
    "side": "left",
    "site_code": "medial_arch",
    "onset_on": "2026-05-01",
    "onset": "gradual",
    "load_change": "more",
    "load_change_note": "40 to 65 km a week",
    "irritability": "moderate",
    "note": "",
}
SITES = [{"code": "foot", "name": "Foot"}, {"code": "medial_arch", "name": "Inner arch", "parent": "foot"}]


def test_facts_are_kept_and_shown(owner: Membership, client_for: ClientFor) -> None:
    make_release(sites=SITES)
    episode, client = make_episode(owner), client_for(owner)
    edit = reverse("triage:episode-edit", args=[episode.pk])
    assert "Inner arch" in client.get(edit).content.decode()
    assert "expert estimate" in client.get(edit).content.decode()
    answer = client.post(edit, FACTS | {"version": episode.version})
    assert answer["Location"] == page_of(episode)
    text = client.get(page_of(episode)).content.decode()
    for words in ("Inner arch", "Gradual, over weeks", "40 to 65 km a week", "usual load brings it on"):
        assert words in text, words


@pytest.mark.parametrize(
    ("field", "value"),
    [("site_code", "moon"), ("onset", "often"), ("load_change", "less"), ("irritability", "extreme")],
)
def test_wrong_facts_are_refused(owner: Membership, client_for: ClientFor, field: str, value: str) -> None:
    make_release(sites=SITES)
    episode = make_episode(owner)
    edit = reverse("triage:episode-edit", args=[episode.pk])
    answer = client_for(owner).post(edit, FACTS | {"version": episode.version, field: value})
    assert answer.status_code == 422
    episode.refresh_from_db()
    assert episode.onset == ""


def test_a_place_that_the_release_lost_stays(owner: Membership, client_for: ClientFor) -> None:
    make_release(sites=SITES)
    episode = make_episode(owner, site_code="old_place")
    edit = reverse("triage:episode-edit", args=[episode.pk])
    answer = client_for(owner).post(
        edit, FACTS | {"version": episode.version, "site_code": "old_place", "onset": "sudden"}
    )
    assert answer.status_code == 302
    episode.refresh_from_db()
    assert (episode.site_code, episode.onset) == ("old_place", "sudden")
    assert "old place" in client_for(owner).get(page_of(episode)).content.decode()


def test_without_a_release_the_form_still_opens(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner, irritability="high", site_code="medial_arch")
    assert client_for(owner).get(reverse("triage:episode-edit", args=[episode.pk])).status_code == 200
    assert "wakes at night" in client_for(owner).get(page_of(episode)).content.decode()
