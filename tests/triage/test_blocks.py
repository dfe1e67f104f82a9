"""A block is declared, given, read and concluded in that order; allergies and red flags hold it up."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.utils import timezone

from clinics.models import AuditEvent, Membership
from tests.triage.block_factories import BLOCK, declare, give, make_visit, read
from tests.triage.factories import answer, make_encounter
from triage import services
from triage.differential import rank_encounter
from triage.errors import (
    AllergyOpen,
    BlockForbidden,
    LevelMoved,
    NotABlock,
    SideMissing,
    SignedEncounter,
    StaleVersion,
    WrongClinic,
)
from triage.models import DiagnosticBlock, Observation, PainReading


def share_of(encounter, condition: str) -> float:
    rows = rank_encounter(encounter).to_dict(explained=())["hypotheses"]
    return next(row["share"] for row in rows if row["condition"] == condition)


def conclude(member: Membership, block: DiagnosticBlock, level: str, version: int = 0) -> Observation | None:
    return services.confirm_level(block=block, member=member, level=level, version=version)


def test_from_declaration_to_level(owner: Membership) -> None:
    encounter = make_visit(owner)
    before = share_of(encounter, "a")
    block = give(owner, declare(owner, encounter))
    read(owner, block, 20, 1)
    read(owner, block, 25, 1)
    assert not encounter.observations.exists()
    row = conclude(owner, block, "complete")
    assert row is not None
    assert (row.finding_code, row.side, row.level_code, row.stage) == (
        BLOCK,
        "left",
        "complete",
        "investigation",
    )
    assert share_of(encounter, "a") > before
    told = list(AuditEvent.objects.filter(action__startswith="block.").values_list("action", flat=True))
    assert sorted(told) == [
        "block.declared",
        "block.given",
        "block.level_confirmed",
        "block.read",
        "block.read",
    ]
    patients = set(
        AuditEvent.objects.filter(action__startswith="block.").values_list("patient_id", flat=True)
    )
    assert patients == {encounter.episode.patient_id}


@pytest.mark.parametrize(
    "wrong",
    [{"pain_before": 0}, {"pain_before": 11}, {"task": "  "}, {"site": ""}, {"task": "x" * 201}],
)
def test_a_declaration_names_a_task_that_hurts(owner: Membership, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        declare(owner, **wrong)
    assert not DiagnosticBlock.objects.exists()


def test_only_a_block_of_the_release_on_one_side(owner: Membership) -> None:
    encounter = make_visit(owner)
    with pytest.raises(NotABlock):
        declare(owner, encounter, finding_code="tender")
    for side in ("", "both"):
        with pytest.raises(SideMissing):
            declare(owner, encounter, side=side)


def test_sent_twice_it_is_one_block_and_each_side_has_its_own(owner: Membership) -> None:
    encounter, submission = make_visit(owner), uuid.uuid4()
    first = declare(owner, encounter, submission_id=submission)
    assert declare(owner, encounter, submission_id=submission) == first
    with pytest.raises(ValidationError, match="already"):
        declare(owner, encounter)
    declare(owner, encounter, side="right")
    assert DiagnosticBlock.objects.count() == 2


def test_the_injection_never_comes_before_the_declaration(owner: Membership) -> None:
    block = declare(owner, declared_at=timezone.now())
    with pytest.raises(ValidationError, match="before the task was declared"):
        give(owner, block, minutes_ago=5)
    with pytest.raises(Error), transaction.atomic():
        DiagnosticBlock.objects.filter(pk=block.pk).update(
            injected_at=block.declared_at - dt.timedelta(minutes=1),
            injected_by=owner.user,
            agent="lidocaine",
            volume_ml=1,
            concentration_percent=1,
            guidance="landmark",
            allergy_answer="none",
        )


def test_the_future_is_refused(owner: Membership) -> None:
    with pytest.raises(ValidationError, match="future"):
        give(owner, minutes_ago=-30)
    block = give(owner, declare(owner), minutes_ago=30)
    with pytest.raises(ValidationError, match="future"):
        read(owner, block, 90, 3)


def test_no_reading_before_the_injection(owner: Membership) -> None:
    block = declare(owner)
    with pytest.raises(ValidationError, match="Nothing was injected"):
        services.note_reading(block=block, member=owner, pain=3)
    with pytest.raises(Error), transaction.atomic():
        PainReading.objects.create(
            clinic_id=block.clinic_id, block=block, pain=3, read_at=timezone.now(), saved_by=owner.user
        )
    given = give(owner, block)
    with pytest.raises(ValidationError, match="before the injection"):
        read(owner, given, -1, 3)
    with pytest.raises(Error), transaction.atomic():
        PainReading.objects.create(
            clinic_id=block.clinic_id,
            block=given,
            pain=3,
            read_at=given.injected_at - dt.timedelta(minutes=1),
            saved_by=owner.user,
        )


@pytest.mark.parametrize("change", ["task = 'another'", "pain_before = 10", "injected_at = NULL"])
def test_what_was_declared_stays_after_the_injection(owner: Membership, change: str) -> None:
    block = give(owner)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE triage_diagnosticblock SET {change} WHERE id = %s", [block.pk])


def test_nothing_of_it_is_deleted(owner: Membership) -> None:
    block = give(owner)
    read(owner, block, 10, 3)
    for table in ("triage_painreading", "triage_diagnosticblock"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("words", ["Lidocaine", "Novocain", "local anaesthetics", "Parabens", "Latex"])
def test_an_allergy_on_record_holds_the_injection_until_settled(owner: Membership, words: str) -> None:
    block = declare(owner)
    services.add_item(patient=block.encounter.episode.patient, member=owner, kind="allergy", text=words)
    with pytest.raises(AllergyOpen):
        give(owner, block)
    assert not DiagnosticBlock.objects.get().is_given
    given = give(owner, block, allergy_answer="some", allergy_words="Fainted once; tolerated it since.")
    assert given.allergy_words == "Fainted once; tolerated it since."


@pytest.mark.parametrize("item", [("allergy", "Penicillin"), ("medicine", "Lidocaine patch")])
def test_another_item_on_record_does_not(owner: Membership, item: tuple[str, str]) -> None:
    block = declare(owner)
    kind, text = item
    services.add_item(patient=block.encounter.episode.patient, member=owner, kind=kind, text=text)
    assert give(owner, block).is_given


@pytest.mark.parametrize("answer_given", [{"allergy_answer": ""}, {"allergy_answer": "some"}])
def test_allergies_are_asked_about_before(owner: Membership, answer_given: dict[str, str]) -> None:
    block = declare(owner)
    with pytest.raises(ValidationError):
        give(owner, block, **answer_given)
    assert not DiagnosticBlock.objects.get().is_given


def test_a_fired_rule_refuses_the_block_without_a_reason(owner: Membership) -> None:
    block = declare(owner)
    answer(block.encounter, owner, "f", "present")
    with pytest.raises(BlockForbidden) as refused:
        give(owner, block)
    assert refused.value.codes == ("stop",)
    given = give(owner, block, override_reason="MRI of yesterday shows no bone stress.")
    assert (given.overridden, given.override_reason) == (["stop"], "MRI of yesterday shows no bone stress.")
    with pytest.raises(BlockForbidden):
        give(owner, given, override_reason="")
    with pytest.raises(Error), transaction.atomic():
        DiagnosticBlock.objects.update(override_reason="")


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent": "cocaine"},
        {"volume_ml": Decimal("0")},
        {"volume_ml": Decimal("21")},
        {"concentration_percent": Decimal("6")},
        {"guidance": "hearsay"},
        {"agent": "bupivacaine", "concentration_percent": Decimal("1"), "volume_ml": Decimal("20")},
    ],
)
def test_wrong_values_of_an_injection_are_refused(owner: Membership, wrong: dict[str, Any]) -> None:
    block = declare(owner)
    with pytest.raises(ValidationError):
        give(owner, block, **wrong)
    assert not DiagnosticBlock.objects.get().is_given


def test_an_injection_is_corrected_with_history_but_not_past_a_reading(owner: Membership) -> None:
    block = give(owner)
    read(owner, block, 10, 3)
    again = give(owner, block, volume_ml=Decimal("1.5"), injected_at=block.injected_at)
    assert (again.volume_ml, again.version) == (Decimal("1.5"), block.version + 1)
    assert again.injected_by == owner.user
    with pytest.raises(ValidationError, match="correct the reading first"):
        give(owner, again, minutes_ago=60)
    with pytest.raises(StaleVersion):
        give(owner, again, volume_ml=Decimal("1"), injected_at=block.injected_at, version=1)
    history = apps.get_model("triage", "DiagnosticBlockEvent").objects.filter(pgh_obj_id=block.pk)
    assert Decimal("2") in history.values_list("volume_ml", flat=True)


def test_a_corrected_reading_proposes_another_level_and_keeps_the_first(owner: Membership) -> None:
    block = give(owner)
    first = read(owner, block, 10, 7)
    conclude(owner, block, "none")
    services.correct_reading(reading=first, member=owner, version=1, pain=1)
    verdict = block.verdict(block.readings.all())
    assert verdict is not None
    assert verdict.level == "complete"
    standing = Observation.objects.get(finding_code=BLOCK)
    assert standing.level_code == "none"
    with pytest.raises(StaleVersion):
        conclude(owner, block, "complete", version=0)
    row = conclude(owner, block, "complete", version=standing.version)
    assert row is not None
    assert row.level_code == "complete"
    history = apps.get_model("triage", "PainReadingEvent").objects.filter(pgh_obj_id=first.pk)
    assert set(history.values_list("pain", flat=True)) == {7, 1}


def test_a_level_that_the_readings_do_not_support_is_not_recorded(owner: Membership) -> None:
    block = give(owner)
    with pytest.raises(LevelMoved):
        conclude(owner, block, "complete")
    read(owner, block, 10, 1, of_task=False)
    with pytest.raises(LevelMoved):
        conclude(owner, block, "complete")
    mistaken = read(owner, block, 10, 1)
    services.correct_reading(reading=mistaken, member=owner, version=1, withdrawn=True)
    with pytest.raises(LevelMoved):
        conclude(owner, block, "complete")
    assert not Observation.objects.exists()


def test_a_reading_sent_twice_is_one(owner: Membership) -> None:
    block, submission = give(owner), uuid.uuid4()
    first = read(owner, block, 10, 3, submission_id=submission)
    assert read(owner, block, 10, 4, submission_id=submission) == first
    assert PainReading.objects.get().pain == 3


def test_called_off_before_the_injection_only(owner: Membership) -> None:
    block = declare(owner)
    off = services.call_off_block(block=block, member=owner, version=1)
    assert off.called_off_at is not None
    assert services.call_off_block(block=block, member=owner, version=1).version == off.version
    with pytest.raises(ValidationError, match="called off"):
        give(owner, off)
    given = give(owner, declare(owner, block.encounter))
    with pytest.raises(ValidationError, match="was given"):
        services.call_off_block(block=given, member=owner, version=given.version)


def test_after_signing_nothing_changes(owner: Membership) -> None:
    block = give(owner)
    reading = read(owner, block, 10, 1)
    conclude(owner, block, "complete")
    encounter = block.encounter
    services.sign_encounter(
        encounter=encounter, member=owner, version=encounter.version, unscreened_confirmed=True
    )
    with pytest.raises(SignedEncounter):
        read(owner, block, 20, 5)
    with pytest.raises(SignedEncounter):
        services.correct_reading(reading=reading, member=owner, version=1, pain=5)
    with pytest.raises(SignedEncounter):
        services.note_block(block=block, member=owner, version=2, numb_area="numb", next_day_note="")
    for statement in (
        "UPDATE triage_painreading SET pain = 5",
        "UPDATE triage_diagnosticblock SET next_day_note = 'later'",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(Error), transaction.atomic():
        PainReading.objects.create(
            clinic_id=block.clinic_id, block=block, pain=3, read_at=timezone.now(), saved_by=owner.user
        )


def test_nobody_of_another_clinic(owner: Membership, stranger: Membership) -> None:
    block = give(owner)
    for attempt in (
        lambda: services.note_reading(block=block, member=stranger, pain=1),
        lambda: services.call_off_block(block=block, member=stranger, version=1),
        lambda: services.confirm_level(block=block, member=stranger, level="most", version=0),
        lambda: services.note_block(block=block, member=stranger, version=1, numb_area="", next_day_note="x"),
    ):
        with pytest.raises(WrongClinic):
            attempt()
    with pytest.raises(WrongClinic):
        services.declare_block(
            encounter=make_encounter(owner),
            member=stranger,
            finding_code=BLOCK,
            side="left",
            site="x",
            task="y",
            pain_before=5,
        )
