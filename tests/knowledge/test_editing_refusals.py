"""What the editor refuses: wrong figures, wrong people, stale pages, hostile input."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import User
from knowledge.models import Condition, Evidence, Source
from tests.attack.routes import addresses
from tests.factories import make_member
from tests.knowledge.editor_desk import ENTITY, HTMX, NEW_ROW, PREVIEW, filled, row_address

NOWHERE = UUID(int=7)
SOUND = {
    "finding": "tender_heel",
    "positives": "7",
    "n": "9",
    "source": "rose2003",
    "locator": "p. 3",
    "weight": "1",
}


def problems(answer: Any) -> str:
    return str(answer.context["form"].errors)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"positives": "10"}, "above n 9"),
        ({"positives": ""}, "exactly one of"),
        ({"probability": "0.5"}, "exactly one of"),
        ({"class": "rare"}, "exactly one of"),
        ({"n": ""}, "the number of people"),
        ({"weight": "0"}, "greater than 0"),
        ({"weight": "1.2"}, "less than or equal to 1"),
        ({"source": ""}, "or the words “expert estimate”"),
        ({"locator": ""}, "or the words “expert estimate”"),
        ({"source": "lost1999"}, "untraced"),
        ({"source": "nobody"}, "no source “nobody”"),
        ({"finding": "tender heal"}, "Did you mean “Tender heel”?"),
        ({"level": "sometimes"}, "the answers are no, yes"),
        ({"population": "20 healthy volunteers"}, "healthy people"),
        ({"finding": "heavy"}, "no finding"),
        ({"finding": "x" * 100_000}, "at most 200 characters"),
        ({"note": "x" * 100_000}, "at most 8000 characters"),
        ({"note": "nul\x00"}, "Null characters"),
        ({"n": "9" * 5000}, "whole number"),
        ({"n": "99999999999"}, "less than or equal to"),
        ({"weight": "1e999"}, "number"),
        ({"weight": "nan"}, "number"),
        ({"risk_of_bias": "none at all"}, "Select a valid choice"),
        ({"counts": "yes: many", "positives": "", "n": ""}, "is not a number"),
        ({"counts": "yes: 1\n" * 900}, "More than 200 lines"),
        ({"counts": "yes: 1\nyes: 2"}, "stands twice"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_in_words(desk: Client, change: dict[str, str], words: str) -> None:
    before = Evidence.objects.count()
    answer = desk.post(NEW_ROW, {name: text for name, text in (SOUND | change).items() if text})
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'"), problems(answer)
    assert Evidence.objects.count() == before


def test_what_is_left_empty_is_said_beside_its_field(desk: Client) -> None:
    answer = desk.post(reverse("knowledge:entity-new", args=["rules"]), {"name": "Stop"})
    errors = answer.context["form"].errors
    assert {name for name in errors if errors[name] == ["Fill this in."]} >= {
        "code",
        "urgency",
        "when",
        "action",
    }


def test_patients_with_healthy_controls_are_patients(desk: Client) -> None:
    said = SOUND | {"population": "9 patients with plantar pain and 20 healthy controls"}
    assert desk.post(NEW_ROW, said).status_code == 302


def test_a_rate_in_healthy_people_is_no_usual_rate(desk: Client) -> None:
    address = reverse("knowledge:entity-edit", args=["findings", "tender_heel"])
    changes = {"default__rates": "yes: 0.02", "default__source": "rose2003", "default__basis": "study"}
    data = filled(desk, address, **changes, default__locator="table 2, asymptomatic volunteers")
    answer = desk.post(address, data)
    assert answer.status_code == 422
    assert "healthy people" in answer.content.decode()


def test_wrong_people_are_answered_403_and_visitors_are_sent_to_sign_in(
    client_for: Any,
    client: Client,
    draft: None,
    reviewer: User,
    counted: Evidence,
) -> None:
    ways = [ENTITY, NEW_ROW, row_address(counted), reverse("knowledge:edit-index"), PREVIEW]
    colleague = client_for(reviewer)
    for way in ways:
        for answer in (colleague.get(way), colleague.post(way, SOUND)):
            assert answer.status_code in {403, 405}, way
        assert client.post(way, SOUND).status_code == 302
    assert not Evidence.objects.filter(positives=7).exists()


def test_every_route_of_the_editor_is_closed_to_colleagues(
    client_for: Any, draft: None, reviewer: User
) -> None:
    heads = tuple(f"knowledge:{head}-" for head in ("edit", "entity", "part", "change"))
    ways = [place for place in addresses({"context": [NOWHERE]}) if place.route.startswith(heads)]
    assert len({way.route for way in ways}) >= 12
    colleague = client_for(reviewer)
    for way in ways:
        for answer in (colleague.get(way.path), colleague.post(way.path)):
            assert answer.status_code in {403, 405}, way


@pytest.mark.parametrize(
    "way",
    [
        "nothing/",
        "nothing/new/",
        "conditions/nowhere/",
        "conditions/fasciitis/priors/999999/",
        "conditions/fasciitis/nothing/new/",
        "conditions/%00/",
        "findings/tender_heel/evidence/new/",
        "conditions/fasciitis/evidence/99999999999999999999999/",
    ],
)
def test_what_is_not_there_is_not_found(desk: Client, way: str) -> None:
    assert desk.get(f"/knowledge/edit/{way}").status_code == 404


def test_two_editors_on_one_row_lose_nothing(desk: Client, client_for: Any, counted: Evidence) -> None:
    other = client_for(make_member(name="Otto Other", is_knowledge_editor=True))
    address = row_address(counted)
    mine = filled(desk, address, positives="15")
    theirs = filled(other, address, positives="16", note="counted again")
    assert other.post(address, theirs).status_code == 302
    conflict = desk.post(address, mine)
    assert conflict.status_code == 409
    shown = {(field.label, field.mine, field.theirs) for field in conflict.context["attempt"].stale}
    assert ("With it (x)", "15", "16") in shown
    assert ("Note", "", "counted again") in shown
    form = conflict.context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() not in ("", None)}
    assert desk.post(address, again).status_code == 302
    counted.refresh_from_db()
    assert (counted.positives, counted.note) == (15, "")


def test_a_row_that_was_taken_out_meanwhile_is_not_lost(desk: Client, counted: Evidence) -> None:
    address = row_address(counted)
    mine = filled(desk, address, positives="15")
    counted.delete()
    answer = desk.post(address, mine)
    assert answer.status_code == 409
    assert answer.context["action"] == NEW_ROW
    assert "taken out" in answer.content.decode()


def test_a_stale_page_takes_nothing_out(desk: Client, counted: Evidence) -> None:
    remove = reverse("knowledge:part-remove", args=["conditions", "fasciitis", "evidence", counted.pk])
    assert desk.post(remove, {"token": "0" * 64}).status_code == 409
    assert desk.post(remove, headers=HTMX).status_code == 409
    assert Evidence.objects.filter(pk=counted.pk).exists()


def test_a_change_that_was_built_on_is_not_taken_back(desk: Client, counted: Evidence) -> None:
    address = row_address(counted)
    first = desk.post(address, filled(desk, address, positives="15"))
    change = desk.get(first.url.partition("#")[0]).context["change"]
    desk.post(address, filled(desk, address, positives="16"))
    answer = desk.post(reverse("knowledge:change-undo", args=[change]))
    assert answer.status_code == 409
    counted.refresh_from_db()
    assert counted.positives == 16


def test_undo_of_nothing_and_of_an_import_is_refused(desk: Client) -> None:
    nowhere = reverse("knowledge:change-undo", args=["00000000-0000-0000-0000-000000000007"])
    assert desk.post(nowhere).status_code == 409


def test_a_new_condition_with_rows_is_not_taken_back_with_them(desk: Client) -> None:
    made = desk.post(
        reverse("knowledge:entity-new", args=["conditions"]), {"code": "bruise", "name": "Bruise"}
    )
    change = desk.get(made.url).context["change"]
    row = {"finding": "tender_heel", "class": "rare", "basis": "expert_estimate", "weight": "1"}
    assert (
        desk.post(reverse("knowledge:part-new", args=["conditions", "bruise", "evidence"]), row).status_code
        == 302
    )
    assert desk.post(reverse("knowledge:change-undo", args=[change])).status_code == 409
    assert Condition.objects.filter(pk="bruise").exists()


def test_withdrawing_has_its_own_page(desk: Client) -> None:
    address = reverse("knowledge:entity-edit", args=["sources", "rose2003"])
    assert desk.post(address, filled(desk, address, status="withdrawn")).status_code == 422
    Source.objects.filter(pk="rose2003").update(status="withdrawn")
    assert desk.post(address, filled(desk, address, status="verified")).status_code == 422


def test_typing_says_what_the_engine_would_make_of_it(desk: Client, counted: Evidence) -> None:
    said = {**SOUND, "finding": "first steps hurt", "positives": "18", "n": "20"}
    figures = desk.post(PREVIEW, {**said, "row": str(counted.pk)}).context["figures"]
    yes = next(answer for answer in figures.answers if answer.name == "yes")
    assert round(yes.alone, 2) == 0.88
    assert (round(yes.low, 2), round(yes.high, 2)) == (0.75, 0.97)
    assert figures.others == 0


def test_typing_says_when_sources_disagree(desk: Client, counted: Evidence) -> None:
    said = {**SOUND, "finding": "first_steps", "positives": "4", "n": "40"}
    figures = desk.post(PREVIEW, said).context["figures"]
    assert (figures.others, figures.disagree) == (1, True)
    assert "sources disagree" in desk.post(PREVIEW, said).content.decode()
    text = desk.post(PREVIEW, {"finding": "first_steps", "positives": "4"}).content.decode()
    assert "or the words “expert estimate”" in text
