"""What frozen differentials had said of what was proven afterwards: which visits count, and the numbers."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from clinics.acting import acting_in
from clinics.models import Membership
from knowledge.compiled import compiled_model
from tests.triage.factories import HELD_AT, answer, make_encounter, make_episode, make_signed
from triage import services
from triage.evaluation import ProvenCase
from triage.evaluation.outcomes import differential, outcome
from triage.models import Assessment, Diagnosis, Encounter, Episode, Forecast
from triage.ranking import read_case

DAY = dt.date(2026, 6, 1)


def signed(owner: Membership, episode: Episode, *, days: int = 0) -> Encounter:
    return make_signed(owner, episode=episode, held_at=HELD_AT + dt.timedelta(days=days))


def prove(episode: Episode, owner: Membership, **values: Any) -> Diagnosis:
    given = {"condition_code": "b", "grade": "surgery", "proven_on": DAY}
    return services.record_diagnosis(episode=episode, member=owner, **(given | values))


@pytest.mark.parametrize("truth", ["a", "b", "gout", ""])
def test_the_numbers_are_those_of_the_frozen_output(owner: Membership, truth: str) -> None:
    """Ranked again from the stored case, the truth fares as the row says."""
    visit = signed(owner, make_episode(owner))
    prove(visit.episode, owner, condition_code=truth, text="" if truth else "Glomus tumour")
    row, assessment = Forecast.objects.get(), Assessment.objects.get()
    model = compiled_model(assessment.release_sha256)
    case = read_case(assessment.case_json, model)
    again = outcome(ProvenCase("x", truth, "surgery", case), differential(model, case))
    assert (row.place, row.held, row.first_code) == (again.place, again.held, again.first)
    assert row.log_share == pytest.approx(again.log_share, abs=1e-8)
    assert row.squared_error == pytest.approx(again.squared_error, abs=1e-8)
    assert row.first_share == pytest.approx(again.first_share, abs=1e-8)
    assert row.held is (truth in ("a", "b"))
    assert row.release_sha256 == assessment.release_sha256


def test_the_first_visit_and_the_last_before_the_proof(owner: Membership) -> None:
    episode = make_episode(owner)
    visits = [signed(owner, episode, days=days) for days in (0, 3, 7)]
    on_the_day = make_signed(owner, episode=episode, held_at=dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC))
    prove(episode, owner)
    signed(owner, episode, days=5)  # after the diagnosis was put on record
    told = {row.assessment.encounter_id: (row.is_first, row.is_last) for row in Forecast.objects.all()}
    assert told == {visits[0].pk: (True, False), visits[2].pk: (False, True)}
    assert on_the_day.pk not in told


def test_one_visit_is_both(owner: Membership) -> None:
    visit = signed(owner, make_episode(owner))
    prove(visit.episode, owner)
    row = Forecast.objects.get()
    assert (row.is_first, row.is_last) == (True, True)


@pytest.mark.parametrize("values", [{"grade": "judgement"}, {"proven_on": HELD_AT.date()}])
def test_judgement_and_a_proof_on_the_day_of_the_visit_give_none(
    owner: Membership, values: dict[str, Any]
) -> None:
    visit = signed(owner, make_episode(owner))
    prove(visit.episode, owner, **values)
    assert not Forecast.objects.exists()


def test_a_draft_gives_none_and_a_form_sent_twice_gives_one(owner: Membership) -> None:
    draft = make_encounter(owner)
    answer(draft, owner, "tender", "present", "left")
    prove(draft.episode, owner)
    assert not Forecast.objects.exists()
    visit, submission = signed(owner, make_episode(owner)), uuid.uuid4()
    for _ in range(2):
        prove(visit.episode, owner, submission_id=submission)
    assert Forecast.objects.count() == 1


def test_never_changed(owner: Membership) -> None:
    prove(signed(owner, make_episode(owner)).episode, owner)
    for statement in ("UPDATE triage_forecast SET place = 1", "DELETE FROM triage_forecast"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_command_writes_what_is_missing_once(owner: Membership, stranger: Membership) -> None:
    here = signed(owner, make_episode(owner))
    with acting_in(stranger.clinic_id):
        there = signed(stranger, make_episode(stranger))
    for visit, member in ((here, owner), (there, stranger)):
        with acting_in(member.clinic_id):
            Diagnosis.objects.create(
                clinic_id=member.clinic_id,
                episode=visit.episode,
                condition_code="b",
                grade="imaging",
                proven_on=DAY,
                recorded_by=member.user,
            )
    for said in ("1 proven diagnoses gained", "0 proven diagnoses gained"):
        out = io.StringIO()
        call_command("forecasts", stdout=out)
        assert out.getvalue().count(said) == 2
    assert Forecast.objects.get().clinic_id == owner.clinic_id
    with acting_in(stranger.clinic_id):
        assert Forecast.objects.get().clinic_id == stranger.clinic_id
