"""Answers: saved, taken back, refused, and never written over somebody else's."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from clinics.models import AuditEvent, Membership
from tests.triage.factories import answer, make_encounter
from triage import services
from triage.errors import (
    AnswersRefused,
    LevelNotWanted,
    SideMissing,
    SideNotAsked,
    SignedEncounter,
    StaleVersion,
    UnknownFinding,
    UnknownLevel,
    UnknownStatus,
    WrongClinic,
)
from triage.models import Encounter, Observation
from triage.services import Answer


def test_an_answer_is_saved_with_stage_and_history(owner: Membership) -> None:
    encounter = make_encounter(owner)
    row = answer(encounter, owner, "other_side_painful", "absent")
    assert row is not None
    assert (row.answer, row.stage, row.recorded_by) == (("observed", "absent"), "intake", owner.user)
    assert row.version == encounter.version == 2
    assert row.pgh_event_model.objects.filter(pgh_obj=row, clinic=owner.clinic).count() == 1
    assert AuditEvent.objects.filter(action="observation.recorded", object_id=str(encounter.pk)).count() == 1


def test_each_side_is_its_own_answer(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "tender", "present", "left")
    answer(encounter, owner, "tender", "absent", "right")
    answers = encounter.observations.in_order().values_list("side", "level_code")
    assert list(answers) == [("left", "present"), ("right", "absent")]


def test_risk_and_contributing_factors_are_answered_alike(owner: Membership) -> None:
    encounter = make_encounter(owner)
    assert answer(encounter, owner, "heavy", "present") is not None
    assert answer(encounter, owner, "weak_hip", "present", "right") is not None


def test_the_same_answer_again_writes_nothing(owner: Membership) -> None:
    encounter = make_encounter(owner)
    first = answer(encounter, owner, "f", "present")
    again = answer(encounter, owner, "f", "present", version=0)
    assert first == again
    assert encounter.version == 2
    assert AuditEvent.objects.filter(action="observation.recorded").count() == 1


def test_an_answer_is_changed_and_taken_back(owner: Membership) -> None:
    encounter = make_encounter(owner)
    first = answer(encounter, owner, "f", "present")
    second = answer(encounter, owner, "f", "absent", version=first.version)
    assert answer(encounter, owner, "f", None, version=second.version) is None
    assert not encounter.observations.exists()
    labels = second.pgh_event_model.objects.order_by("pgh_id").values_list("pgh_label", "level_code")
    assert list(labels) == [("insert", "present"), ("update", "absent"), ("delete", "absent")]
    assert answer(encounter, owner, "f", None) is None


def test_a_stale_answer_shows_both_and_changes_nothing(owner: Membership, teammate: Membership) -> None:
    encounter = make_encounter(owner)
    theirs = answer(encounter, teammate, "f", "absent")
    with pytest.raises(StaleVersion) as refused:
        answer(encounter, owner, "f", "present", version=0)
    assert refused.value.mine == {"status": "observed", "level": "present"}
    assert refused.value.theirs == {"status": "observed", "level": "absent"}
    assert refused.value.version == theirs.version
    assert encounter.observations.get().recorded_by == teammate.user


def loaded(encounter: Encounter) -> tuple[Encounter, list[Observation]]:
    """The visit and its answers as another page has them."""
    theirs = Encounter.objects.get(pk=encounter.pk)
    return theirs, list(theirs.observations.all())


def test_known_answers_save_a_look_and_are_brought_up_to_date(owner: Membership) -> None:
    encounter, known = loaded(make_encounter(owner))
    first = answer(encounter, owner, "f", "present", known=known)
    answer(encounter, owner, "tender", "present", "left", known=known)
    changed = answer(encounter, owner, "f", "absent", version=2, known=known)
    answer(encounter, owner, "tender", None, "left", version=3, known=known)
    assert first is changed is known[0]
    assert known == list(encounter.observations.all())
    assert encounter.version == Encounter.objects.get(pk=encounter.pk).version == 5
    assert AuditEvent.objects.filter(action="observation.recorded").count() == 3
    history = Observation.pgh_event_model.objects.filter(finding_code="f").order_by("pgh_id")
    assert [(event.pgh_label, event.level_code) for event in history] == [
        ("insert", "present"),
        ("update", "absent"),
    ]


def test_known_answers_that_are_old_lose_nothing(owner: Membership, teammate: Membership) -> None:
    encounter, known = loaded(make_encounter(owner))
    theirs, _ = loaded(encounter)
    answer(theirs, teammate, "f", "present")
    with pytest.raises(StaleVersion):
        answer(encounter, owner, "f", "absent", known=known)
    encounter, known = loaded(encounter)
    answer(theirs, teammate, "tender", "present", "left")
    answer(encounter, owner, "tender", "absent", "right", known=known)
    assert {(row.finding_code, row.side) for row in known} == {
        ("f", ""),
        ("tender", "left"),
        ("tender", "right"),
    }
    assert encounter.version == Encounter.objects.get(pk=encounter.pk).version == 4


def test_a_visit_signed_meanwhile_takes_no_answer(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    open_page, known = loaded(encounter)
    services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    with pytest.raises(SignedEncounter):
        answer(open_page, owner, "f", "absent", version=2, known=known)


def test_a_version_never_returns(owner: Membership, teammate: Membership) -> None:
    """Taken back and given again by a colleague, an answer is not the one that the page showed."""
    encounter = make_encounter(owner)
    shown = answer(encounter, owner, "f", "present")
    answer(encounter, teammate, "f", None, version=shown.version)
    answer(encounter, teammate, "f", "present")
    with pytest.raises(StaleVersion):
        answer(encounter, owner, "f", "absent", version=shown.version)


def test_not_tested_and_equivocal(owner: Membership) -> None:
    encounter = make_encounter(owner)
    untested = answer(encounter, owner, "f", None, status="not_tested")
    assert untested.answer == ("not_tested", "")
    unsure = answer(encounter, owner, "f", None, status="equivocal", version=untested.version)
    assert unsure.answer == ("equivocal", "")


def test_an_unknown_finding_is_refused_with_the_nearest(owner: Membership) -> None:
    with pytest.raises(UnknownFinding) as refused:
        answer(make_encounter(owner), owner, "tendre", "present", "left")
    assert refused.value.nearest[0] == "tender"
    assert "tendre" in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Answer("worst_when", "present"), UnknownLevel),
        (Answer("f", "present", "left"), SideNotAsked),
        (Answer("tender", "present"), SideMissing),
        (Answer("tender", "present", "up"), SideMissing),
        (Answer("f", "present", status="perhaps"), UnknownStatus),
        (Answer("f", "present", status="not_tested"), LevelNotWanted),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_changes(
    owner: Membership, wrong: Answer, error: type[Exception]
) -> None:
    encounter = make_encounter(owner)
    with pytest.raises(error):
        answer(encounter, owner, wrong.finding, wrong.level, wrong.side, status=wrong.status)
    assert not Observation.objects.exists()
    assert Encounter.objects.get().version == 1
    assert not AuditEvent.objects.filter(action="observation.recorded").exists()


def test_a_stranger_records_nothing(owner: Membership, stranger: Membership) -> None:
    encounter = make_encounter(owner)
    with pytest.raises(WrongClinic):
        answer(encounter, stranger, "f", "present")
    with pytest.raises(WrongClinic):
        services.record_many(encounter=encounter, member=stranger, answers=[Answer("f", "present")])
    assert not Observation.objects.exists()


def test_a_whole_form_is_saved_at_once(owner: Membership) -> None:
    encounter = make_encounter(owner)
    kept = answer(encounter, owner, "f", "present")
    gone = answer(encounter, owner, "worst_when", "rest")
    changed = services.record_many(
        encounter=encounter,
        member=owner,
        answers=[
            Answer("f", "present", version=kept.version),
            Answer("worst_when", None, version=gone.version),
            Answer("tender", "present", "left"),
            Answer("tender", None, "right", status="not_tested"),
        ],
    )
    assert changed == [("worst_when", ""), ("tender", "left")]
    rows = encounter.observations.in_order().values_list("finding_code", "side", "version")
    assert list(rows) == [("f", "", kept.version), ("tender", "left", encounter.version)]
    assert services.record_many(encounter=encounter, member=owner, answers=[]) == []


def test_a_form_with_faults_names_them_all_and_saves_nothing(owner: Membership, teammate: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, teammate, "f", "absent")
    version = encounter.version
    with pytest.raises(AnswersRefused) as refused:
        services.record_many(
            encounter=encounter,
            member=owner,
            answers=[
                Answer("f", "present"),
                Answer("tender", "present", "left"),
                Answer("worst_when", "never"),
                Answer("nothing_like_it", "present"),
            ],
        )
    kinds = [(wrong.finding, type(error)) for wrong, error in refused.value.problems]
    assert kinds == [("f", StaleVersion), ("worst_when", UnknownLevel), ("nothing_like_it", UnknownFinding)]
    assert list(encounter.observations.values_list("finding_code", "level_code")) == [("f", "absent")]
    assert Encounter.objects.get().version == version


def test_what_a_form_left_blank_does_not_fight_a_colleagues_answer(
    owner: Membership, teammate: Membership
) -> None:
    encounter = make_encounter(owner)
    answer(encounter, teammate, "f", "absent")
    blank = Answer("f", None, status="not_tested", version=0)
    services.record_many(encounter=encounter, member=owner, answers=[blank, Answer("worst_when", "rest")])
    assert encounter.observations.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "x"},
        {"side": "x"},
        {"stage": "x"},
        {"level_code": ""},
        {"status": "not_tested"},
    ],
)
def test_the_database_refuses_a_contradictory_row(owner: Membership, wrong: dict[str, str]) -> None:
    row = answer(make_encounter(owner), owner, "f", "present")
    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.objects.filter(pk=row.pk).update(**wrong)
