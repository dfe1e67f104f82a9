"""A follow-up starts from what is known: a signed answer stands until its question is asked again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from pytest_django import DjangoAssertNumQueries

from clinics.acting import acting_in
from clinics.models import Membership
from tests.ranking.releases import finding, opinion
from tests.triage.factories import HELD_AT, answer, make_document, make_encounter, make_episode, make_release
from triage import carrying, differential, services
from triage.models import Encounter, Episode, Observation
from triage.services.replays import Outcome, replay_assessments

WEEK = dt.timedelta(weeks=1)
DAYS = [HELD_AT, HELD_AT + WEEK, HELD_AT + 2 * WEEK]


def visit(owner: Membership, episode: Episode, day: dt.datetime, *answers: tuple[str, ...]) -> Encounter:
    """A draft with these answers: (finding, level[, side])."""
    encounter = make_encounter(owner, episode=episode, held_at=day)
    for finding_code, level, *side in answers:
        answer(encounter, owner, finding_code, level, *side)
    return encounter


def signed(owner: Membership, episode: Episode, day: dt.datetime, *answers: tuple[str, ...]) -> Encounter:
    encounter = visit(owner, episode, day, *answers)
    with acting_in(owner.clinic_id):
        services.sign_encounter(
            encounter=encounter, member=owner, version=encounter.version, unscreened_confirmed=True
        )
        encounter.refresh_from_db()
    return encounter


def said(encounter: Encounter) -> dict[tuple[str, str | None], tuple[str | None, str | None]]:
    """(finding, side) -> (level, day on which it was given, None for today)."""
    rows = differential.case_document(encounter)["observations"]
    return {(row["finding"], row["side"]): (row["level"], row.get("seen_on")) for row in rows}


def test_a_visit_builds_on_the_newest_signed_visit_held_before_it(owner: Membership) -> None:
    episode = make_episode(owner)
    first = signed(owner, episode, DAYS[0], ("f", "present"))
    assert first.previous is None
    draft = visit(owner, episode, DAYS[1])
    assert draft.previous == first
    third = signed(owner, episode, DAYS[2], ("f", "absent"))
    assert third.previous == first
    assert visit(owner, episode, DAYS[1]).previous == first
    assert visit(owner, make_episode(owner), DAYS[2]).previous is None


def test_the_newest_earlier_answer_stands_until_it_is_asked_again(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"), ("tender", "present", "left"), ("worst_when", "rest"))
    signed(owner, episode, DAYS[1], ("f", "absent"), ("tender", "absent", "right"))
    draft = visit(owner, episode, DAYS[2], ("worst_when", "after"))
    assert said(draft) == {
        ("f", None): ("absent", "2026-05-23"),
        ("tender", "left"): ("present", "2026-05-16"),
        ("tender", "right"): ("absent", "2026-05-23"),
        ("worst_when", None): ("after", None),
    }
    answer(draft, owner, "f", "present")
    assert said(draft)[("f", None)] == ("present", None)
    assert draft.observations.count() == 2


def test_not_tested_today_neither_wipes_nor_repeats(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"))
    draft = visit(owner, episode, DAYS[1])
    row = answer(draft, owner, "f", None, status="not_tested")
    assert said(draft) == {("f", None): ("present", "2026-05-16")}
    answer(draft, owner, "f", "absent", version=row.version)
    assert said(draft) == {("f", None): ("absent", None)}


def test_both_sides_speak_for_either(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("tender", "present", "both"))
    draft = visit(owner, episode, DAYS[1])
    assert said(draft) == {("tender", "both"): ("present", "2026-05-16")}
    answer(draft, owner, "tender", "absent", "left")
    assert said(draft) == {
        ("tender", "left"): ("absent", None),
        ("tender", "right"): ("present", "2026-05-16"),
    }
    answer(draft, owner, "tender", "present", "both")
    assert said(draft)[("tender", "both")] == ("present", None)
    assert ("tender", "right") not in said(draft)


def test_what_is_signed_after_a_visit_began_stays_out_of_it(owner: Membership) -> None:
    episode = make_episode(owner)
    late = visit(owner, episode, DAYS[0], ("worst_when", "rest"))
    signed(owner, episode, DAYS[1], ("f", "present"))
    draft = visit(owner, episode, DAYS[2])
    before = said(draft)
    services.sign_encounter(encounter=late, member=owner, version=late.version, unscreened_confirmed=True)
    assert said(Encounter.objects.get(pk=draft.pk)) == before
    assert ("worst_when", None) in said(visit(owner, episode, DAYS[2]))


def test_drafts_and_discarded_visits_are_not_carried(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"))
    visit(owner, episode, DAYS[0], ("worst_when", "rest"))
    thrown = visit(owner, episode, DAYS[0], ("worst_when", "after"))
    services.discard_draft(encounter=thrown, member=owner, version=thrown.version)
    assert said(visit(owner, episode, DAYS[1])) == {("f", None): ("present", "2026-05-16")}


def test_risk_factors_are_carried_and_items_read_fresh(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("heavy", "present"))
    draft = visit(owner, episode, DAYS[1])
    assert differential.case_document(draft)["risk_factors"] == ["heavy"]
    answer(draft, owner, "heavy", "absent")
    assert differential.case_document(draft)["risk_factors"] == []


def test_an_item_noted_since_stands_over_an_earlier_no(owner: Membership) -> None:
    episode = make_episode(owner)
    items: dict[str, Any] = {"kind": "comorbidity", "text": "Heavy", "code": "heavy"}
    services.add_item(patient=episode.patient, member=owner, **items)
    signed(owner, episode, DAYS[0], ("heavy", "absent"))
    assert differential.case_document(visit(owner, episode, DAYS[1]))["risk_factors"] == []
    services.add_item(patient=episode.patient, member=owner, **items)
    assert differential.case_document(visit(owner, episode, DAYS[1]))["risk_factors"] == ["heavy"]


def later_release(**parts: Any) -> None:
    """A newer release in which f has a successor, the level *rest* another name, and tingling is gone."""
    rows = {row["code"]: row for row in make_document()["findings"]}
    del rows["tingling"]
    rows["f"] = rows["f"] | {"replaced_by": "g"}
    rows["g"] = finding("g", package="history", group="Pain")
    levels = [*rows["worst_when"]["levels"][:2], {"code": "night", "name": "night"}]
    retired = {"code": "rest", "name": "rest", "replaced_by": "night"}
    rows["worst_when"] = rows["worst_when"] | {
        "levels": [*levels, retired],
        "default": {"rates": {"after": 0.3, "night": 0.2}, "n": 5},
    }
    make_release(findings=list(rows.values()), evidence=[opinion("a", "g", "frequent")], **parts)


def test_a_changed_release_leads_to_successors_and_names_what_is_lost(owner: Membership) -> None:
    episode = make_episode(owner)
    answers = (("f", "present"), ("worst_when", "rest"), ("tingling", "present", "left"))
    signed(owner, episode, DAYS[0], *answers)
    later_release()
    draft = visit(owner, episode, DAYS[1])
    assert said(draft) == {
        ("g", None): ("present", "2026-05-16"),
        ("worst_when", None): ("night", "2026-05-16"),
    }
    earlier = carrying.earlier_answers(draft, [], release=draft.release.sha256)
    assert [(row.finding_code, row.level_code, row.side) for row in earlier.lost] == [
        ("tingling", "present", "left")
    ]
    answer(draft, owner, "g", "absent")
    assert said(draft)[("g", None)] == ("absent", None)


def test_rules_read_what_is_carried(owner: Membership) -> None:
    stop = {"code": "stop", "urgency": "same_day", "when": {"finding": "f", "level": "present"}}
    make_release(rules=[stop])
    episode = make_episode(owner)
    with acting_in(owner.clinic_id):
        first = services.start_encounter(episode=episode, member=owner, held_at=DAYS[0])
        answer(first, owner, "f", "present")
        services.sign_encounter(
            encounter=first, member=owner, version=first.version, unscreened_confirmed=True
        )
        draft = services.start_encounter(episode=episode, member=owner, held_at=DAYS[1])
    assert [flag["rule"] for flag in differential.fired_flags(draft)] == ["stop"]
    answer(draft, owner, "f", "absent")
    assert differential.fired_flags(draft) == []


def test_follow_ups_replay_to_the_same_bytes(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"), ("tender", "present", "left"))
    second = signed(owner, episode, DAYS[1], ("tender", "absent", "left"))
    signed(owner, episode, DAYS[2], ("worst_when", "rest"))
    rows = second.assessment.case_json["observations"]
    assert [row.get("seen_on") for row in rows] == ["2026-05-16", None]
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.EQUAL] * 3


def test_a_carried_answer_weighs_as_much_as_one_of_today(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"), ("tender", "present", "left"))
    draft = visit(owner, episode, DAYS[1])
    carried = differential.rank_encounter(draft).to_json()
    answer(draft, owner, "f", "present")
    answer(draft, owner, "tender", "present", "left")
    assert differential.rank_encounter(draft).to_json() == carried


def test_a_first_visit_spends_no_query_on_earlier_ones(
    owner: Membership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    draft = visit(owner, make_episode(owner), DAYS[0], ("f", "present"))
    prefetch_related_objects([draft.episode.patient], "items")
    rows = list(draft.observations.all())
    with django_assert_num_queries(0):
        differential.case_document(draft, rows)


def test_a_follow_up_spends_one(owner: Membership, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    episode = make_episode(owner)
    for day in DAYS[:2]:
        signed(owner, episode, day, ("f", "present"))
    draft = visit(owner, episode, DAYS[2], ("tender", "present", "left"))
    draft = Encounter.objects.visible_to(owner).with_patient().get(pk=draft.pk)
    prefetch_related_objects([draft.episode.patient], "items")
    rows = list(draft.observations.all())
    with django_assert_num_queries(1):
        differential.case_document(draft, rows)
        differential.case_document(draft, rows)


def test_no_visit_builds_on_another_clinics_visit(owner: Membership, stranger: Membership) -> None:
    theirs = signed(stranger, make_episode(stranger), DAYS[0], ("f", "present"))
    mine = visit(owner, make_episode(owner), DAYS[1])
    mine.previous = theirs
    with pytest.raises(ValidationError, match="not a valid choice"):
        mine.full_clean(exclude=["saved_by"])


def test_equivocal_is_an_answer(owner: Membership) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("tender", "present", "left"))
    second = visit(owner, episode, DAYS[1])
    answer(second, owner, "tender", None, "left", status="equivocal")
    services.sign_encounter(encounter=second, member=owner, version=second.version, unscreened_confirmed=True)
    rows = differential.case_document(visit(owner, episode, DAYS[2]))["observations"]
    assert rows == [
        {
            "finding": "tender",
            "level": None,
            "status": Observation.Status.EQUIVOCAL,
            "side": "left",
            "stage": "exam",
            "seen_on": "2026-05-23",
        }
    ]
