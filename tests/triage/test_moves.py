"""A visit beside the release that its clinic uses now: what it would change, moving a draft, and back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Membership
from knowledge.models import Release
from tests.ranking.releases import classed, condition, finding, opinion
from tests.triage.factories import answer, make_document, make_encounter, make_release, make_signed
from triage import services
from triage.comparing import compare_draft
from triage.differential import case_document, rank_encounter
from triage.errors import (
    DiscardedEncounter,
    NotMoved,
    OtherRelease,
    SignedEncounter,
    StaleVersion,
    WrongClinic,
)
from triage.models import Encounter, Observation, ReleaseMove
from triage.moving import Reason, Said, moved_answers
from triage.presentation.moves import comparison
from triage.services.replays import Outcome, replay_assessments

ClientFor = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
LEVELS = [
    {"code": "first_steps", "name": "On first steps"},
    {"code": "after", "name": "after", "replaced_by": "first_steps"},
]


def newer_findings() -> list[dict[str, Any]]:
    """`f` is asked as `g`; `worst_when` lost “rest” and calls “after” first steps; `tingling` has no side;
    `tender` stays.
    """
    rows = {row["code"]: dict(row) for row in make_document()["findings"]}
    rows["f"]["replaced_by"] = "g"
    rows["g"] = finding("g", name="Gee", package="history", group="Pain")
    rows["worst_when"] |= {"levels": LEVELS, "default": {"rates": {"after": 0.3}, "n": 5}}
    rows["tingling"]["side_aware"] = False
    return list(rows.values())


def newer_release(**parts: Any) -> Release:
    """Condition c is new, `g` speaks for b, and a rule fires on `g`."""
    given: dict[str, Any] = {
        "findings": newer_findings(),
        "conditions": [condition("a"), condition("b"), condition("c", name="Cee")],
        "priors": [classed("a", "rare"), classed("b"), classed("c", "very_rare")],
        "evidence": [opinion("b", "g", "always"), opinion("b", "tender", "very_frequent")],
        "rules": [
            {
                "code": "stop",
                "name": "Suspected fracture",
                "urgency": "same_day",
                "when": {"finding": "g", "level": "present"},
            }
        ],
    }
    return make_release(**(given | parts))


def draft(owner: Membership) -> Encounter:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    answer(encounter, owner, "worst_when", "rest")
    answer(encounter, owner, "tender", "absent", "left")
    answer(encounter, owner, "tingling", "present", "left")
    return encounter


def said(encounter: Encounter) -> dict[tuple[str, str], tuple[str, str]]:
    return {(row.finding_code, row.side): row.answer for row in encounter.observations.all()}


def move(encounter: Encounter, member: Membership, to: Release, **more: Any) -> ReleaseMove:
    given = {"version": encounter.version, "release": to}
    done = services.move_draft(encounter=encounter, member=member, **(given | more))
    encounter.refresh_from_db()
    return done


def address(name: str, encounter: Encounter) -> str:
    return reverse(f"triage:{name}", args=[encounter.pk])


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


BEFORE = {
    ("f", ""): ("observed", "present"),
    ("worst_when", ""): ("observed", "rest"),
    ("tender", "left"): ("observed", "absent"),
    ("tingling", "left"): ("observed", "present"),
}


@pytest.mark.parametrize(
    ("given", "finding_there", "level", "reason"),
    [
        (Said("f", "", "observed", "present"), "g", "present", None),
        (Said("f", "", "equivocal", ""), "g", "", None),
        (Said("worst_when", "", "observed", "after"), "worst_when", "first_steps", None),
        (Said("worst_when", "", "observed", "rest"), "worst_when", "", Reason.LEVEL),
        (Said("tender", "left", "observed", "absent"), "tender", "absent", None),
        (Said("tingling", "left", "observed", "present"), "tingling", "", Reason.SIDE),
        (Said("heavy", "", "observed", "present"), "heavy", "present", None),
        (Said("never_heard_of", "", "observed", "present"), "", "", Reason.FINDING),
    ],
)
def test_an_answer_follows_its_code(
    db: None, given: Said, finding_there: str, level: str, reason: Reason | None
) -> None:
    (moved,) = moved_answers([given], to_sha256=newer_release().sha256)
    assert (moved.finding, moved.level, moved.reason) == (finding_there, level, reason)


def test_two_answers_in_one_place_agree_or_are_asked_again(db: None) -> None:
    to = newer_release().sha256
    yes, no = Said("g", "", "observed", "present"), Said("g", "", "observed", "absent")
    old = Said("f", "", "observed", "present")
    merged, kept = moved_answers([old, yes], to_sha256=to)
    assert (merged.merged, merged.reason, kept.stays) == (True, None, True)
    again, kept = moved_answers([old, no], to_sha256=to)
    assert (again.reason, kept.stays) == (Reason.TWICE, True)


def test_the_page_shows_what_would_change_and_changes_nothing(
    owner: Membership, client_for: ClientFor
) -> None:
    encounter = draft(owner)
    newer = newer_release()
    page = client_for(owner).get(address("encounter-newer", encounter))
    text = text_of(page)
    told = page.context["told"]
    rows = {row.name: row for row in told.rows}
    assert (rows["a"].place_before, rows["b"].place_after) == (1, 1)
    assert rows["b"].moved == "▲ up two"
    assert rows["Cee"].place_before is None
    assert told.new == ("Cee",)
    assert [flag.name for flag in told.flags_gained] == ["Today: Suspected fracture"]
    assert any("common → rare" in line for line in rows["a"].why)
    assert any("new evidence: Gee" in line for line in rows["b"].why)
    assert {row.code for row in told.again} == {"worst_when", "tingling"}
    assert [(row.text, row.goes) for row in told.renamed] == [("f: yes", "Gee: yes")]
    assert "Nothing has changed yet" in text
    assert f"Move this draft to release {newer.number}" in text
    encounter.refresh_from_db()
    assert encounter.release != newer
    assert said(encounter) == BEFORE
    assert not ReleaseMove.objects.exists()


def test_evidence_on_what_is_not_recorded_is_no_reason(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "tender", "absent", "left")
    newer = newer_release(evidence=[opinion("b", "g", "always"), opinion("b", "tender", "very_frequent")])
    compared = compare_draft(encounter, list(encounter.observations.all()), to=newer)

    told = comparison(compared, before=encounter.release.sha256, after=newer.sha256)
    assert not any("Gee" in line for row in told.rows for line in row.why)


def test_page_and_fragment(owner: Membership, client_for: ClientFor) -> None:
    encounter = draft(owner)
    newer_release()
    fragment = client_for(owner).get(address("encounter-newer", encounter), headers=HTMX).content.decode()
    assert 'id="newer"' in fragment
    assert "<html" not in fragment
    detail = text_of(client_for(owner).get(address("encounter-detail", encounter)))
    assert address("encounter-newer", encounter) in detail


def test_nothing_newer_is_said(owner: Membership, client_for: ClientFor) -> None:
    page = client_for(owner).get(address("encounter-newer", draft(owner)))
    assert "Nothing newer" in text_of(page)


def test_the_clinics_choice_is_what_counts(owner: Membership, client_for: ClientFor) -> None:
    encounter = draft(owner)
    chosen = newer_release()
    services.choose_release(member=owner, release=encounter.release)
    make_release(name="Newest")
    page = client_for(owner).get(address("encounter-newer", encounter))
    assert page.context["offered"] is None
    services.choose_release(member=owner, release=chosen)
    page = client_for(owner).get(address("encounter-newer", encounter))
    assert page.context["offered"] == chosen


def test_a_move_carries_answers_and_lists_what_cannot_follow(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter = draft(owner)
    first = encounter.observations.get(finding_code="f")
    newer, client = newer_release(), client_for(teammate)
    form = {"version": encounter.version, "release": newer.number, "submission_id": uuid.uuid4()}
    assert client.post(address("encounter-move", encounter), form).status_code == 302
    encounter.refresh_from_db()
    assert encounter.release == newer
    assert said(encounter) == {
        ("g", ""): ("observed", "present"),
        ("tender", "left"): ("observed", "absent"),
    }
    moved = encounter.observations.get(finding_code="g")
    assert (moved.recorded_by, moved.performed_at) == (owner.user, first.performed_at)
    text = text_of(client.get(address("encounter-detail", encounter)))
    assert "Recorded under release 1: worst_when: rest" in text
    assert "Recorded under release 1: tingling (left): yes" in text
    event = AuditEvent.objects.get(action="encounter.moved")
    assert event.user == teammate.user
    assert event.detail == {"from_release": 1, "to_release": 2, "stay": 1, "renamed": 1, "ask_again": 2}


def test_what_is_answered_again_leaves_the_list(owner: Membership, client_for: ClientFor) -> None:
    encounter = draft(owner)
    move(encounter, owner, newer_release())
    visit = Encounter.objects.visible_to(owner).with_patient().get(pk=encounter.pk)
    answer(visit, owner, "worst_when", "first_steps")
    page = client_for(owner).get(address("encounter-detail", encounter))
    assert [row.code for row in page.context["asked_again"]] == ["tingling"]


def test_an_older_answer_does_not_take_the_place_of_one_that_could_not_follow(owner: Membership) -> None:
    earlier = make_encounter(owner)
    answer(earlier, owner, "worst_when", "after")
    answer(earlier, owner, "f", "present")
    services.sign_encounter(encounter=earlier, member=owner, version=earlier.version)
    encounter = make_encounter(
        owner, episode=earlier.episode, held_at=dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
    )
    answer(encounter, owner, "worst_when", "rest")
    newer = newer_release()
    rows = list(encounter.observations.all())
    foreseen = compare_draft(encounter, rows, to=newer).after
    move(encounter, owner, newer)
    moved = Encounter.objects.visible_to(owner).with_patient().get(pk=encounter.pk)
    case = case_document(moved)
    assert [(row["finding"], row["level"]) for row in case["observations"]] == [("g", "present")]
    assert foreseen == rank_encounter(moved).to_dict(explained=())


def test_what_was_not_asked_again_stays_listed_in_the_signed_visit(
    owner: Membership, client_for: ClientFor
) -> None:
    encounter = draft(owner)
    move(encounter, owner, newer_release())
    services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    text = text_of(client_for(owner).get(address("encounter-detail", encounter)))
    assert "Not carried over to release 2" in text
    assert "worst_when: rest" in text


def test_a_move_is_taken_back_with_every_answer(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = draft(owner), client_for(owner)
    stages = {row.finding_code: row.stage for row in encounter.observations.all()}
    move(encounter, owner, newer_release())
    assert "Take the move back" in text_of(client.get(address("encounter-detail", encounter)))
    client.post(address("encounter-move-undo", encounter), {"version": encounter.version})
    encounter.refresh_from_db()
    assert encounter.release.number == 1
    assert said(encounter) == BEFORE
    assert {row.finding_code: row.stage for row in encounter.observations.all()} == stages
    page = client.get(address("encounter-detail", encounter))
    assert page.context["asked_again"] == ()
    assert page.context["last_move"] is None
    with pytest.raises(NotMoved):
        services.undo_move(encounter=encounter, member=owner, version=encounter.version)
    assert AuditEvent.objects.filter(action="encounter.moved_back").count() == 1


def test_what_was_answered_after_the_move_survives_taking_it_back(owner: Membership) -> None:
    encounter = draft(owner)
    move(encounter, owner, newer_release())
    visit = Encounter.objects.visible_to(owner).with_patient().get(pk=encounter.pk)
    tender = visit.observations.get(finding_code="tender")
    answer(visit, owner, "tender", "present", "left", version=tender.version)
    answer(visit, owner, "worst_when", "first_steps")
    g = visit.observations.get(finding_code="g")
    answer(visit, owner, "g", "absent", version=g.version)
    undo = services.undo_move(encounter=visit, member=owner, version=visit.version)
    assert said(encounter) == {
        ("tender", "left"): ("observed", "present"),
        ("worst_when", ""): ("observed", "first_steps"),
        ("tingling", "left"): ("observed", "present"),
    }
    assert [(row["finding"], row["level"]) for row in undo.asked_again] == [("g", "absent")]


def test_a_stale_page_and_another_release_are_refused_with_the_present_state(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter = draft(owner)
    newer, seen = newer_release(), encounter.version
    answer(encounter, teammate, "f", "absent", version=encounter.observations.get(finding_code="f").version)
    client, where = client_for(owner), address("encounter-move", encounter)
    stale = client.post(where, {"version": seen, "release": newer.number})
    assert stale.status_code == 409
    assert "Nothing was moved" in text_of(stale)
    other = client.post(where, {"version": encounter.version, "release": 99})
    assert other.status_code == 409
    assert client.post(where, {}).status_code == 409
    assert client.post(where, {"version": "x" * 20, "release": newer.number}).status_code == 409
    encounter.refresh_from_db()
    assert encounter.release.number == 1
    for refusal, more in ((StaleVersion, {"version": seen}), (OtherRelease, {"release": encounter.release})):
        with pytest.raises(refusal):
            move(encounter, owner, newer, **more)


def test_sent_twice_it_is_moved_once(owner: Membership) -> None:
    encounter, submission = draft(owner), uuid.uuid4()
    newer, version = newer_release(), encounter.version
    first = move(encounter, owner, newer, submission_id=submission)
    again = services.move_draft(
        encounter=encounter, member=owner, release=newer, version=version, submission_id=submission
    )
    assert again == first
    assert ReleaseMove.objects.count() == 1


def test_a_signed_visit_is_compared_and_stays(owner: Membership, client_for: ClientFor) -> None:
    signed = make_signed(owner)
    output = bytes(signed.assessment.output)
    newer = newer_release()
    client = client_for(owner)
    page = client.get(address("encounter-newer", signed))
    text = text_of(page)
    assert "The signed visit stays as it is" in text
    assert "Move this draft" not in text
    assert {row.name for row in page.context["told"].rows} >= {"a", "b", "Cee"}
    client.post(address("encounter-move", signed), {"version": signed.version, "release": newer.number})
    for change in (
        lambda: move(signed, owner, newer),
        lambda: services.undo_move(encounter=signed, member=owner, version=signed.version),
    ):
        with pytest.raises(SignedEncounter):
            change()
    fresh = Encounter.objects.get(pk=signed.pk)
    assert fresh.release != newer
    assert bytes(fresh.assessment.output) == output
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.EQUAL]


def test_a_moved_and_signed_visit_replays(owner: Membership) -> None:
    encounter = draft(owner)
    move(encounter, owner, newer_release())
    services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    assert encounter.assessment.release_sha256 == encounter.release.sha256
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.EQUAL]


def test_a_discarded_draft_and_another_clinic_are_refused(owner: Membership, stranger: Membership) -> None:
    encounter = draft(owner)
    newer = newer_release()
    with pytest.raises(WrongClinic):
        move(encounter, stranger, newer)
    services.discard_draft(encounter=encounter, member=owner, version=encounter.version)
    encounter.refresh_from_db()
    with pytest.raises(DiscardedEncounter):
        move(encounter, owner, newer)


def test_the_database_keeps_every_move_and_takes_none_for_a_signed_visit(owner: Membership) -> None:
    encounter = draft(owner)
    newer = newer_release()
    row = move(encounter, owner, newer)
    services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    late = ReleaseMove(
        clinic=owner.clinic,
        encounter=encounter,
        before=newer,
        after_id=row.before_id,
        encounter_version=1,
        by=owner.user,
    )
    for change in (row.save, row.delete, late.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Observation.objects.filter(encounter=encounter).count() == 2
