from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from clinics.models import Membership
from tests.triage.factories import answer, make_encounter, make_signed

ClientFor = Callable[[Membership], Client]


def test_empty_it_says_what_to_do(owner: Membership, client_for: ClientFor) -> None:
    page = client_for(owner).get("/")
    assert page.status_code == 200
    assert "Add the first patient" in page.content.decode()


def test_drafts_today_and_signed_stand_apart(owner: Membership, client_for: ClientFor) -> None:
    draft = make_encounter(owner)
    today = make_encounter(owner, held_at=timezone.now())
    signed = make_signed(owner)
    context = client_for(owner).get("/").context
    ids = {
        part: {row.url.split("/")[2] for row in context[part]} for part in ("drafts", "held_today", "recent")
    }
    assert ids == {
        "drafts": {str(draft.pk)},
        "held_today": {str(today.pk)},
        "recent": {str(signed.pk)},
    }


def test_answers_are_counted(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    answer(encounter, owner, "tender", "absent", "left")
    assert "2 answers" in client_for(owner).get("/").content.decode()


@pytest.mark.parametrize("visits", [1, 12])
def test_queries_do_not_grow_with_visits(
    owner: Membership, client_for: ClientFor, visits: int, django_assert_num_queries: Callable
) -> None:
    for number in range(visits):
        make_encounter(owner, held_at=timezone.now() - dt.timedelta(hours=number))
    client = client_for(owner)
    client.get("/")
    with django_assert_num_queries(WORKLIST_QUERIES):
        client.get("/")


WORKLIST_QUERIES = 15
