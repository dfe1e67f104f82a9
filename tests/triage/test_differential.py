"""A visit becomes a case: what counts, what does not, and that the order of entry never matters."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db.models import prefetch_related_objects
from pytest_django import DjangoAssertNumQueries

from clinics.models import Membership
from tests.triage.factories import HELD_AT, answer, make_encounter, make_episode, make_patient
from triage import differential, services
from triage.models import Encounter, Observation
from triage.ranking import InvalidCase


def test_the_case_document_of_a_visit(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "worst_when", "rest")
    answer(encounter, owner, "tender", "absent", "right")
    answer(encounter, owner, "tender", "present", "left")
    answer(encounter, owner, "other_side_painful", None, status="not_tested")
    rows = [
        {
            "finding": "other_side_painful",
            "level": None,
            "status": "not_tested",
            "side": None,
            "stage": "intake",
        },
        {"finding": "tender", "level": "present", "status": "observed", "side": "left", "stage": "exam"},
        {"finding": "tender", "level": "absent", "status": "observed", "side": "right", "stage": "exam"},
        {"finding": "worst_when", "level": "rest", "status": "observed", "side": None, "stage": "exam"},
    ]
    assert differential.case_document(encounter) == {
        "setting": "sports_clinic",
        "age_years": 35,
        "sex": "female",
        "side": "left",
        "risk_factors": [],
        "allergies": [],
        "observations": rows,
    }


def test_current_allergies_with_a_code_are_in_the_case(owner: Membership) -> None:
    encounter = make_encounter(owner)
    patient = encounter.episode.patient
    for kind, code in (("allergy", "latex"), ("allergy", ""), ("medicine", "local_anaesthetic")):
        services.add_item(patient=patient, member=owner, kind=kind, text=code or "Nuts", code=code)
    ended = services.add_item(patient=patient, member=owner, kind="allergy", text="Iodine", code="iodine")
    services.end_item(item=ended, member=owner, version=1, ended_on=HELD_AT.date())
    assert differential.case_document(encounter)["allergies"] == ["latex"]
    assert differential.case_for(encounter).allergies == ("latex",)


def test_the_birthday_counts_on_the_local_day_of_the_visit(owner: Membership) -> None:
    encounter = make_encounter(owner, held_at=HELD_AT + dt.timedelta(days=1))
    assert differential.case_document(encounter)["age_years"] == 36


@pytest.mark.parametrize(("sex", "expected"), [("male", "male"), ("other", None), ("unknown", None)])
def test_sex_without_odds_is_null(owner: Membership, sex: str, expected: str | None) -> None:
    encounter = make_encounter(owner, episode=make_episode(owner, patient=make_patient(owner, sex=sex)))
    assert differential.case_document(encounter)["sex"] == expected


def test_risk_factors_come_from_answers_and_from_the_patient(owner: Membership) -> None:
    encounter = make_encounter(owner)
    assert differential.case_document(encounter)["risk_factors"] == []
    services.add_item(
        patient=encounter.episode.patient, member=owner, kind="comorbidity", text="Heavy", code="heavy"
    )
    assert differential.case_document(encounter)["risk_factors"] == ["heavy"]
    row = answer(encounter, owner, "heavy", "absent")
    assert differential.case_document(encounter)["risk_factors"] == []
    answer(encounter, owner, "heavy", "present", version=row.version)
    assert differential.case_document(encounter)["risk_factors"] == ["heavy"]


def test_an_item_that_ended_or_has_no_such_code_does_not_count(owner: Membership) -> None:
    encounter = make_encounter(owner)
    patient = encounter.episode.patient
    item = services.add_item(patient=patient, member=owner, kind="comorbidity", text="Heavy", code="heavy")
    services.add_item(patient=patient, member=owner, kind="medicine", text="Other", code="f")
    services.add_item(patient=patient, member=owner, kind="allergy", text="Heavy", code="heavy")
    services.end_item(item=item, member=owner, version=1, ended_on=HELD_AT.date())
    assert differential.case_document(encounter)["risk_factors"] == []


def test_contributing_factors_do_not_vote(owner: Membership) -> None:
    encounter = make_encounter(owner)
    before = differential.rank_encounter(encounter).to_json()
    answer(encounter, owner, "weak_hip", "present", "left")
    answer(encounter, owner, "f", None, status="not_tested")
    assert differential.rank_encounter(encounter).to_json() == before


def test_an_answer_moves_the_ranking(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "tender", "present", "left")
    shares = {
        row["condition"]: row["share"]
        for row in differential.rank_encounter(encounter).to_dict()["hypotheses"]
    }
    assert shares["b"] > shares["a"]
    assert "other" in shares


def test_the_order_of_entry_does_not_matter(owner: Membership) -> None:
    one, two = make_encounter(owner), make_encounter(owner)
    given = [("f", "present", ""), ("tender", "present", "left"), ("worst_when", "after", "")]
    for finding, level, side in given:
        answer(one, owner, finding, level, side)
    for finding, level, side in reversed(given):
        answer(two, owner, finding, level, side)
    assert differential.freeze(one) == differential.freeze(two)


def test_an_answer_the_release_does_not_know_is_named(owner: Membership) -> None:
    encounter = make_encounter(owner)
    Observation.objects.create(
        clinic=owner.clinic, encounter=encounter, finding_code="gone", level_code="present", version=1,
        recorded_by=owner.user,
    )  # fmt: skip
    with pytest.raises(InvalidCase, match="gone"):
        differential.rank_encounter(encounter)


def test_the_frozen_case_is_plain_json(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    frozen = differential.freeze(encounter)
    assert json.loads(json.dumps(frozen.case)) == frozen.case
    assert differential.rank_document(frozen.case, release=frozen.release_sha256).to_json() == frozen.output


def test_ranking_a_visit_takes_three_queries(
    owner: Membership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = make_encounter(owner)
    answer(made, owner, "f", "present")
    differential.rank_encounter(made)
    encounter = Encounter.objects.visible_to(owner).with_patient().get(pk=made.pk)
    with django_assert_num_queries(3):
        differential.rank_encounter(encounter)
    prefetch_related_objects([encounter], "observations", "episode__patient__items")
    with django_assert_num_queries(1):
        differential.rank_encounter(encounter)
