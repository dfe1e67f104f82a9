"""The page of a clinic's own numbers: who reads, who saves, what is refused, what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.triage.factories import answer, make_encounter, make_release, make_signed
from triage.models import ClinicModel

ClientFor = Callable[[Membership], Client]
PAGE_QUERIES = 10


def address() -> str:
    return reverse("triage:clinic-model")


def filled(**more: Any) -> dict[str, Any]:
    return {"version": 0, "reason": "Case mix of last year"} | more


def test_a_lead_saves_a_version_that_moves_a_draft(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    saved = client.post(
        address(),
        filled(
            other_percent="12.5", benefit="10", harm="1", benefit_a="4", harm_a="2", kind_symptom="0",
            single_tests="f: 0.5\n\nTender = 0.25",
        ),
    )  # fmt: skip
    assert saved["Location"] == address()
    assert ClinicModel.objects.get().settings == {
        "other_prior": 0.125,
        "utilities": {
            "benefit": 10.0,
            "harm": 1.0,
            "conditions": {"a": {"benefit": 4.0, "harm": 2.0}},
            "kinds": {"symptom": 0.0},
            "findings": {"f": 0.5, "tender": 0.25},
        },
    }
    page = client.get(address())
    text = page.content.decode()
    assert "Version 1" in text
    assert "“Something else” begins at 12 % (the release says 10 %)." in text
    assert "a: treat from 33 % on (benefit 4, harm 2)." in text
    assert "Olu Owner" in text
    assert page.context["form"]["single_tests"].value() == "f: 0.5\ntender: 0.25"
    workspace = client.get(reverse("triage:encounter-detail", args=[encounter.pk])).content.decode()
    assert "Treat from" in workspace


def test_a_clinician_reads_and_may_not_save(
    owner: Membership, teammate: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    make_release()
    client_for(owner).post(address(), filled(other_percent="20"))
    client = client_for(teammate)
    text = client.get(address()).content.decode()
    assert "begins at 20 %" in text
    assert "a lead of the clinic can change" in text
    assert '<form method="post" class' not in text
    assert client.post(address(), filled(other_percent="30", version=1)).status_code == 403
    assert ClinicModel.objects.count() == 1
    assert "begins at" not in client_for(stranger).get(address()).content.decode()


def test_only_leads_find_it_in_the_navigation(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    link = f'href="{address()}"'
    results = reverse("triage:clinic-results")
    assert link in client_for(owner).get(results).content.decode()
    assert link not in client_for(teammate).get("/").content.decode()
    assert client_for(teammate).get(results).status_code == 403


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"benefit": "10"}, "Benefit and harm go together"),
        ({"harm_a": "1"}, "Benefit and harm go together"),
        ({"other_percent": "95"}, "less than or equal to 90"),
        ({"test_harm": "-1"}, "greater than or equal to 0"),
        ({"single_tests": "tendr: 0.5"}, "Did you mean “tender”?"),
        ({"single_tests": "tender"}, "is not a name, a colon and a number"),
        ({"reason": ""}, "This field is required"),
    ],
)
def test_wrong_input_says_so_and_saves_nothing(
    owner: Membership, client_for: ClientFor, typed: dict[str, str], said: str
) -> None:
    make_release()
    page = client_for(owner).post(address(), filled(**typed))
    assert page.status_code == 422
    assert said in page.content.decode()
    assert "<title>Error: " in page.content.decode()
    assert not ClinicModel.objects.exists()


def test_somebody_was_faster(owner: Membership, client_for: ClientFor) -> None:
    make_release()
    client = client_for(owner)
    client.post(address(), filled(other_percent="20"))
    page = client.post(address(), filled(other_percent="30"))
    assert page.status_code == 409
    assert ClinicModel.objects.count() == 1
    assert page.context["form"]["other_percent"].value() == "30"
    again = filled(other_percent="30", version=page.context["form"]["version"].value())
    assert client.post(address(), again).status_code == 302
    assert ClinicModel.objects.count() == 2


def test_what_waits_for_proof_says_how_far_it_is(owner: Membership, client_for: ClientFor) -> None:
    make_signed(owner)
    client = client_for(owner)
    text = client.get(address()).content.decode()
    assert "0 of 150 proven" in text
    assert "0 of 1 episodes proven" in text
    assert 'name="temperature"' not in text
    client.post(address(), filled(other_percent="20", temperature="2"))
    assert ClinicModel.objects.get().settings == {"other_prior": 0.2}


def test_without_a_release_the_page_says_what_is_missing(owner: Membership, client_for: ClientFor) -> None:
    page = client_for(owner).get(address())
    assert page.status_code == 200
    assert "Nothing is published yet" in page.content.decode()


def test_no_utilities_no_thresholds(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    page = client_for(owner).get(reverse("triage:hypothesis-detail", args=[encounter.pk, "a"]))
    assert "Treat from" not in page.content.decode()


def test_queries_of_the_page(
    owner: Membership, client_for: ClientFor, django_assert_num_queries: Any
) -> None:
    make_release()
    client = client_for(owner)
    client.post(address(), filled(other_percent="20"))
    client.get(address())  # the word that it was saved is read once
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(address())
