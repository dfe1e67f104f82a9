from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.triage.factories import make_encounter, make_episode, make_signed
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


EPISODE_QUERIES = 16
