"""Own list first: hidden means hidden, safety never waits, and what was written stays."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Clinic, Membership
from tests.ranking.releases import classed, condition, opinion
from tests.triage.factories import answer, make_encounter, make_release, make_signed
from tests.triage.test_views_access import OF_A_DRAFT, POST_ONLY
from triage import services
from triage.errors import (
    DiscardedEncounter,
    ListHidden,
    NotAllowed,
    OwnListLate,
    OwnListUnclear,
    SignedEncounter,
    SubmissionReused,
    WrongClinic,
)
from triage.models import Encounter, OwnList
from triage.services.replays import Outcome, replay_assessments

ClientFor = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
NAMES = ("Fasciopathy of the sole", "Tarsal tunnel", "Os trigonum")
TRACES = (
    "share-figure",
    "hypothesis-line",
    "data-rank",
    "data-condition",
    "Would change this most",
    "Two conditions?",
    "do not hang together",
    "Treat from",
    "First:",
    "newer-table",
    "Tells the first five apart",
)


@pytest.fixture
def first(owner: Membership) -> Membership:
    """The owner, who writes an own list first."""
    services.set_own_list_of_member(member=owner, first=True)
    owner.refresh_from_db()
    return owner


def document_parts() -> dict[str, Any]:
    """Three conditions, an urgent one on alert by its rule, and something that would change the order."""
    return {
        "conditions": [
            condition("a", name=NAMES[0]),
            condition("b", name=NAMES[1], synonyms=["Tibial nerve entrapment"]),
            condition("c", name=NAMES[2]),
            condition("u", name="Stress fracture", urgency="urgent"),
        ],
        "priors": [classed("a"), classed("b"), classed("c", "rare"), classed("u", "rare")],
        "evidence": [
            opinion("a", "worst_when", "frequent", level="first_steps"),
            opinion("b", "tender", "always"),
        ],
        "rules": [
            {
                "code": "stop",
                "name": "Suspected fracture",
                "condition": "u",
                "urgency": "same_day",
                "when": {"finding": "f", "level": "present"},
            }
        ],
    }


def visit(member: Membership) -> Encounter:
    make_release()
    make_release(**document_parts())
    encounter = make_encounter(member)
    answer(encounter, member, "f", "present")
    answer(encounter, member, "tender", "present", "left")
    return encounter


def address(name: str, encounter: Encounter, *more: str) -> str:
    return reverse(f"triage:{name}", args=[encounter.pk, *more])


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def entries(*codes: str) -> list[dict[str, str]]:
    return [{"condition": code, "text": code or "Gout"} for code in codes]


def form(*texts: str, **more: str) -> dict[str, str]:
    return {f"condition_{number}": text for number, text in enumerate(texts, start=1)} | more


def leaks(response: Any, *names: str) -> list[str]:
    text = text_of(response)
    relevant = ['data-relevant="'] if 'data-relevant="' in text and 'data-relevant=""' not in text else []
    return [trace for trace in (*TRACES, *names) if trace in text] + relevant


def draft_routes(encounter: Encounter) -> dict[str, str]:
    keys = {"hypothesis-detail": ("a",), "red-flag-dismiss": ("stop",), "red-flag-restore": ("stop",)}
    return {name: address(name, encounter, *keys.get(name, ())) for name in OF_A_DRAFT}


def test_hidden_means_hidden_on_every_route(first: Membership, client_for: ClientFor) -> None:
    encounter, client = visit(first), client_for(first)
    parts = document_parts() | {"evidence": [opinion("a", "tender", "always")]}
    make_release(**parts)  # something to compare with
    for name, where in draft_routes(encounter).items():
        if name in POST_ONLY:
            continue
        for query in ("", "?all=1", "?open=a", "?q=tender"):
            for headers in ({}, HTMX):
                page = client.get(where + query, headers=headers, follow=True)
                # the page of the own list, to which a hypothesis leads back, offers all names by alphabet
                allowed = name == "own-list" or (name == "hypothesis-detail" and not headers)
                assert leaks(page, *(() if allowed else NAMES)) == [], (name, query, headers)
    given = {"o:worst_when:": "rest", "v:worst_when:": "0", "open": "a", "all": "1"}
    answered = client.post(address("observation-set", encounter), given, headers=HTMX)
    assert answered.status_code == 200
    assert leaks(answered, *NAMES) == []
    refused = client.post(address("encounter-sign", encounter), {"version": "1"})
    assert leaks(refused, *NAMES) == []
    reason = client.post(address("red-flag-dismiss", encounter, "stop"), {"reason": ""})
    assert leaks(reason, *NAMES) == []
    saved = client.post(address("encounter-save", encounter), given, follow=True)
    assert leaks(saved, *NAMES) == []


def test_the_same_routes_show_it_to_a_colleague_without_the_setting(
    first: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter = visit(first)
    page = client_for(teammate).get(address("encounter-detail", encounter))
    assert {"share-figure", "data-rank", NAMES[1]} <= set(leaks(page, *NAMES))


def test_the_names_offered_stand_in_alphabetical_order(first: Membership, client_for: ClientFor) -> None:
    page = client_for(first).get(address("own-list", visit(first)))
    names = page.context["form"].all_names
    assert names == sorted(names)
    offered = page.content.decode().partition("<datalist")[2]
    places = [offered.index(name) for name in names]
    assert places == sorted(places)


def test_search_is_the_same_hidden_or_shown(
    first: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    where = address("encounter-search", visit(first))
    found = [client_for(member).get(where, {"q": "te"}, headers=HTMX).content for member in (first, teammate)]
    assert found[0] == found[1]


def test_red_flags_and_alerts_never_wait(first: Membership, client_for: ClientFor) -> None:
    encounter, client = visit(first), client_for(first)
    for name in ("encounter-detail", "encounter-sign", "own-list"):
        text = text_of(client.get(address(name, encounter)))
        assert "Suspected fracture" in text, name
        assert "Stress fracture" in text, name
    fragment = client.get(address("encounter-detail", encounter), headers=HTMX)
    assert "Suspected fracture" in text_of(fragment)
    aside = client.post(address("red-flag-dismiss", encounter, "stop"), {"reason": "Old sprain"})
    assert aside.status_code == 302


def test_written_shown_and_kept(first: Membership, client_for: ClientFor) -> None:
    encounter, client = visit(first), client_for(first)
    given = form("tarsl tunel", "Glomus tumour", "os trigonum", confidence_1="likely")
    asked = client.post(address("own-list", encounter), given)
    assert asked.status_code == 422
    assert "Which is “tarsl tunel”?" in text_of(asked)
    assert not OwnList.objects.exists()
    picked = given | {"pick_1": "b", "pick_2": "own-words", "submission_id": str(uuid.uuid4())}
    assert client.post(address("own-list", encounter), picked)["Location"] == address("own-list", encounter)
    row = OwnList.objects.get()
    assert row.codes == ["b", "", "c"]
    assert [entry["text"] for entry in row.entries] == [NAMES[1], "Glomus tumour", NAMES[2]]
    assert (row.entries[0]["confidence"], row.by, row.same_first) == ("likely", first.user, True)
    assert row.engine[0] == "b"
    assert "other" not in row.engine
    shown = text_of(client.get(address("own-list", encounter)))
    assert "Same first" in shown
    assert "Glomus tumour" in shown
    assert "not in the knowledge" in shown
    page = text_of(client.get(address("encounter-detail", encounter)))
    assert "share-figure" in page
    assert f"<b>Your list:</b> 1 {NAMES[1]}" in page
    event = AuditEvent.objects.get(action="own_list.recorded")
    assert (event.user, event.detail) == (first.user, {"conditions": 3})


def test_the_best_guess_is_chosen_already_so_that_enter_twice_suffices(
    first: Membership, client_for: ClientFor
) -> None:
    encounter, client = visit(first), client_for(first)
    asked = client.post(address("own-list", encounter), form("tarsal tunnl"))
    again = {name: asked.context["form"][name].value() for name in ("condition_1", "pick_1")}
    assert client.post(address("own-list", encounter), again).status_code == 302
    assert OwnList.objects.get().codes == ["b"]


def test_a_synonym_and_any_case_are_names(first: Membership, client_for: ClientFor) -> None:
    client_for(first).post(address("own-list", visit(first)), form("TIBIAL nerve entrapment"))
    assert OwnList.objects.get().codes == ["b"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        form("", "  "),
        form("Tarsal tunnel", "tarsal TUNNEL"),
        form("x" * 201),
        form("Tarsal tunnel", confidence_1="certain"),
        form("something odd", pick_1="no_such_code"),
    ],
)
def test_wrong_input_is_refused_and_nothing_shown(
    first: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    encounter, client = visit(first), client_for(first)
    page = client.post(address("own-list", encounter), wrong | {"submission_id": str(uuid.uuid4())})
    assert page.status_code == 422
    assert leaks(page) == []
    assert not OwnList.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        entries("a", "a"),
        entries("never_heard_of"),
        entries(*"abc", "", "", ""),
        [{"condition": "a", "text": " "}],
        [{"condition": "a", "text": "a", "confidence": "certain"}],
    ],
)
def test_the_service_refuses_what_no_form_sends(first: Membership, wrong: list[dict[str, str]]) -> None:
    encounter = visit(first)
    with pytest.raises(OwnListUnclear):
        services.record_own_list(encounter=encounter, member=first, entries=wrong)
    assert not OwnList.objects.exists()


def test_shown_without_an_own_list_with_one_press_and_on_record(
    first: Membership, client_for: ClientFor
) -> None:
    encounter, client = visit(first), client_for(first)
    done = client.post(address("own-list", encounter), {"without": "yes"}, follow=True)
    assert "share-figure" in text_of(done)
    assert "Shown without your own list" in text_of(done)
    row = OwnList.objects.get()
    assert (row.entries, row.same_first, row.rank_biased_overlap) == ([], None, None)
    assert AuditEvent.objects.filter(action="own_list.shown_without", user=first.user).count() == 1


def test_written_twice_the_first_stays(first: Membership, client_for: ClientFor) -> None:
    encounter, submission = visit(first), uuid.uuid4()
    row = services.record_own_list(
        encounter=encounter, member=first, entries=entries("a"), submission_id=submission
    )
    assert services.record_own_list(encounter=encounter, member=first, entries=entries("b")) == row
    page = client_for(first).post(address("own-list", encounter), form("Os trigonum"), follow=True)
    assert "the differential is shown already" in text_of(page)
    assert OwnList.objects.get().codes == ["a"]
    with pytest.raises(SubmissionReused):
        services.record_own_list(
            encounter=make_encounter(first), member=first, entries=entries("a"), submission_id=submission
        )


def test_the_database_keeps_it(first: Membership) -> None:
    encounter = visit(first)
    row = services.record_own_list(encounter=encounter, member=first, entries=entries("a"))
    services.sign_encounter(
        encounter=encounter, member=first, version=encounter.version, unscreened_confirmed=True
    )
    late = OwnList(
        clinic=first.clinic, encounter=encounter, by=first.user, release_sha256="0", encounter_version=1
    )
    for change in (row.save, row.delete, late.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_nobody_signs_what_is_hidden_from_them(first: Membership, client_for: ClientFor) -> None:
    encounter, client = visit(first), client_for(first)
    sign = {"version": encounter.version, "confirmed": "on", "unscreened": "on"}
    page = client.post(address("encounter-sign", encounter), sign)
    assert page.status_code == 422
    assert "you sign what you saw" in text_of(page)
    with pytest.raises(ListHidden):
        services.sign_encounter(encounter=encounter, member=first, version=encounter.version)
    client.post(address("own-list", encounter), form("Os trigonum"))
    assert client.post(address("encounter-sign", encounter), sign).status_code == 302
    signed = text_of(client.get(address("encounter-detail", encounter)))
    assert "Own list written first: Olu Owner – Os trigonum" in signed
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.EQUAL]


def test_each_writes_for_themselves_and_sees_nobody_elses_before(
    first: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter = visit(first)
    services.record_own_list(encounter=encounter, member=first, entries=entries("a"))
    services.set_own_list_of_clinic(member=first, first=True)
    client = client_for(teammate)
    page = client.get(address("own-list", encounter))
    assert "Olu Owner, " not in text_of(page)
    assert leaks(client.get(address("encounter-detail", encounter)), *NAMES) == []
    client.post(address("own-list", encounter), form("Os trigonum"))
    assert OwnList.objects.count() == 2
    assert "Olu Owner" in text_of(client.get(address("own-list", encounter)))


def test_follow_up_visits_begin_hidden_again(first: Membership, client_for: ClientFor) -> None:
    signed = make_signed_with_list(first)
    again = make_encounter(first, episode=signed.episode, held_at=dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC))
    page = client_for(first).get(address("encounter-detail", again))
    assert page.context["panel"].hidden
    assert leaks(page) == []
    assert address("encounter-changes", again) not in text_of(page)
    since = client_for(first).get(address("encounter-changes", again))
    assert since["Location"] == address("own-list", again)
    fragment = client_for(first).get(address("encounter-changes", again), headers=HTMX)
    assert "change-line" not in text_of(fragment)
    assert leaks(fragment, *NAMES) == []
    services.record_own_list(encounter=again, member=first, entries=entries("a"))
    assert client_for(first).get(address("encounter-changes", again)).status_code == 200


def make_signed_with_list(member: Membership) -> Encounter:
    encounter = visit(member)
    services.record_own_list(encounter=encounter, member=member, entries=entries("a"))
    services.sign_encounter(
        encounter=encounter, member=member, version=encounter.version, unscreened_confirmed=True
    )
    return Encounter.objects.visible_to(member).with_patient().get(pk=encounter.pk)


def test_after_proof_the_page_says_who_had_it_first(first: Membership, client_for: ClientFor) -> None:
    signed = make_signed_with_list(first)
    services.record_diagnosis(
        episode=signed.episode,
        member=first,
        condition_code="b",
        grade="imaging",
        proven_on=dt.date(2026, 11, 1),
    )
    text = text_of(client_for(first).get(address("own-list", signed)))
    assert f"Proved to be {NAMES[1]}: the differential had it first" in text


def test_where_it_was_shown_from_the_start_there_is_no_own_list(
    owner: Membership, client_for: ClientFor
) -> None:
    encounter, client = visit(owner), client_for(owner)
    assert "No own list" in text_of(client.get(address("own-list", encounter)))
    client.post(address("own-list", encounter), form("Os trigonum"))
    with pytest.raises(OwnListLate):
        services.record_own_list(encounter=encounter, member=owner, entries=entries("a"))
    assert not OwnList.objects.exists()


def test_signed_discarded_and_foreign_visits_are_refused(
    first: Membership, teammate: Membership, stranger: Membership
) -> None:
    with pytest.raises(WrongClinic):
        services.record_own_list(encounter=make_encounter(first), member=stranger, entries=entries("a"))
    signed = make_signed(teammate)
    with pytest.raises(SignedEncounter):
        services.record_own_list(encounter=signed, member=first, entries=entries("a"))
    draft = make_encounter(first)
    services.discard_draft(encounter=draft, member=first, version=draft.version)
    with pytest.raises(DiscardedEncounter):
        services.record_own_list(encounter=draft, member=first, entries=entries("a"))
    assert not OwnList.objects.exists()


def test_what_is_typed_is_kept(first: Membership, client_for: ClientFor) -> None:
    encounter, client = visit(first), client_for(first)
    client.post(address("own-list", encounter), form("Os tri") | {"unsent": "keep"})
    page = client.get(address("own-list", encounter))
    assert page.context["form"]["condition_1"].value() == "Os tri"
    client.post(address("own-list", encounter), form("Os trigonum"))
    assert OwnList.objects.get().codes == ["c"]


def test_a_lead_sets_it_for_the_clinic_and_everybody_for_themselves(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    where = reverse("triage:own-list-settings")
    assert client_for(teammate).post(where, {"whose": "clinic", "first": "yes"}).status_code == 403
    with pytest.raises(NotAllowed):
        services.set_own_list_of_clinic(member=teammate, first=True)
    client_for(teammate).post(where, {"whose": "me", "first": "yes"})
    teammate.refresh_from_db()
    owner.refresh_from_db()
    assert (teammate.own_list_first, owner.own_list_first) == (True, False)
    client_for(owner).post(where, {"whose": "clinic", "first": "yes"})
    assert Clinic.objects.get(pk=owner.clinic_id).own_list_first
    assert "On, because your clinic does so" in text_of(client_for(owner).get(where))
    client_for(owner).post(where, {"whose": "somebody", "first": "yes"})
    client_for(owner).post(where, {"whose": "clinic", "first": "no"})
    assert not Clinic.objects.get(pk=owner.clinic_id).own_list_first
    actions = AuditEvent.objects.filter(action__in=("clinic.own_list", "member.own_list"))
    assert actions.count() == 3


def test_one_query_more_with_the_setting_and_none_without(
    owner: Membership, client_for: ClientFor, django_assert_num_queries: Any
) -> None:
    from tests.triage.test_views_workspace import ANSWER_QUERIES, give

    encounter, client = visit(owner), client_for(owner)
    give(client, encounter, "worst_when:", "rest")
    version = encounter.observations.get(finding_code="worst_when").version
    with django_assert_num_queries(ANSWER_QUERIES + 1):  # + 1: what was dismissed of the red flag
        give(client, encounter, "worst_when:", "after", version)
    services.set_own_list_of_member(member=owner, first=True)
    version = encounter.observations.get(finding_code="worst_when").version
    with django_assert_num_queries(ANSWER_QUERIES + 2):
        give(client, encounter, "worst_when:", "rest", version)


def test_every_view_that_ranks_asks_whether_it_is_hidden() -> None:
    """A new page of the differential has to decide: the walk above knows only the routes of today."""
    ranks = re.compile(r"\b(panel_of|rank_encounter|rank_document|compare_draft)\(")
    views = Path(services.__file__).parent.parent / "views"
    sources = {path.name: path.read_text() for path in views.glob("*.py")}
    ranking = {name for name, text in sources.items() if ranks.search(text)}
    assert ranking >= {"encounters.py", "following.py", "moves.py"}
    undecided = {name for name in ranking if "own_list_state(" not in sources[name]}
    assert undecided == {"differential.py"}  # makes the panel; its callers decide
