"""A visit read in one statement is what the models' own queries would have read."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import models

from clinics.acting import acting_in
from clinics.models import Membership
from tests.triage.factories import HELD_AT, answer, make_encounter, make_episode
from triage import differential
from triage.models import ClinicModel, Encounter, Observation
from triage.models.observations import EXAMPLE
from triage.models.opened import opened
from triage.models.prepared import Prepared
from triage.services import add_item, save_clinic_model, sign_encounter


def values_of(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.fixture
def encounter(owner: Membership) -> Encounter:
    """With a second visit beside it, whose answers are not this one's."""
    made = make_encounter(owner)
    other = make_encounter(owner, episode=make_episode(owner))
    answer(made, owner, "tender", "present", "left")
    answer(made, owner, "f", None, status="equivocal")
    answer(other, owner, "tingling", "present", "left")
    patient = made.episode.patient
    add_item(patient=patient, member=owner, kind="medicine", text="Warfarin")
    add_item(patient=patient, member=owner, kind="comorbidity", code="heavy", text="Heavy")
    patient.items.filter(code="heavy").update(ended_on=dt.date(2026, 1, 5))
    add_item(patient=other.episode.patient, member=owner, kind="allergy", text="Nickel")
    return made


def test_every_value_is_the_one_that_queries_read(encounter: Encounter, owner: Membership) -> None:
    found, observations = opened(encounter.pk, clinic_id=owner.clinic_id) or pytest.fail("not found")
    assert values_of(found) == values_of(Encounter.objects.get(pk=encounter.pk))
    assert values_of(found.episode) == values_of(encounter.episode)
    assert values_of(found.episode.patient) == values_of(encounter.episode.patient)
    asked = Observation.objects.filter(encounter=encounter).in_order()
    assert [values_of(row) for row in observations] == [values_of(row) for row in asked]
    items = found.episode.patient.items.all()
    assert [values_of(row) for row in items] == [values_of(r) for r in encounter.episode.patient.items.all()]
    assert [item.text for item in items] == ["Heavy", "Warfarin"]


def test_what_was_read_is_not_asked_for_again(
    encounter: Encounter, owner: Membership, django_assert_num_queries: Any
) -> None:
    save_clinic_model(member=owner, settings={"other_prior": 0.4}, version=0, reason="Case mix")
    as_queried = differential.rank_encounter(encounter).to_json()
    with django_assert_num_queries(1):
        found, observations = opened(encounter.pk, clinic_id=owner.clinic_id) or pytest.fail("not found")
        found.release = encounter.release
        ranked = differential.rank_encounter(found, observations).to_json()
        assert {row.encounter.episode.patient.family_name for row in observations} == {"Runner"}
    assert ranked == as_queried
    assert json.loads(ranked)["clinic_model"] == ClinicModel.objects.get().sha256


def test_the_newest_numbers_of_the_clinic_are_read_each_time(encounter: Encounter, owner: Membership) -> None:
    for version, share in enumerate((0.4, 0.2)):
        save_clinic_model(member=owner, settings={"other_prior": share}, version=version, reason="Case mix")
        found, observations = opened(encounter.pk, clinic_id=owner.clinic_id) or pytest.fail("not found")
        found.release = encounter.release
        ranked = json.loads(differential.rank_encounter(found, observations).to_json())
        assert ranked["clinic_model"] == ClinicModel.objects.get(version=version + 1).sha256


def test_a_visit_without_answers_and_items_has_none(owner: Membership) -> None:
    made = make_encounter(owner)
    found, observations = opened(made.pk, clinic_id=owner.clinic_id) or pytest.fail("not found")
    assert observations == []
    assert list(found.episode.patient.items.all()) == []


def test_earlier_answers_are_those_that_their_queryset_finds(owner: Membership) -> None:
    """The statement is built for a made-up visit; it must be right for each one."""
    episode = make_episode(owner)
    for day, level in enumerate(("present", "absent"), start=1):
        first = make_encounter(owner, episode=episode, held_at=HELD_AT - dt.timedelta(days=9 - day))
        answer(first, owner, "tender", level, "left")
        sign_encounter(encounter=first, member=owner, version=first.version)
    other = make_encounter(owner, episode=make_episode(owner))
    later = make_encounter(owner, episode=episode)
    for visit, expected in ((later, 2), (other, 0)):
        asked = list(Observation.objects.before(visit)) if visit.previous_id else []
        assert len(visit.earlier_rows) == len(asked) == expected
        for row, known in zip(visit.earlier_rows, asked, strict=True):
            assert values_of(row) == values_of(known)
            assert (row.held_at, row.moved) == (known.held_at, known.moved)  # type: ignore[attr-defined]


def test_a_statement_that_misses_a_value_of_the_row_is_refused(owner: Membership) -> None:
    wrong = Prepared(lambda row: Observation.objects.filter(pk=row.pk), Encounter, {**EXAMPLE, "note": "?"})
    with pytest.raises(LookupError, match="note"):
        wrong.rows(make_encounter(owner))


def test_a_visit_of_another_clinic_is_not_found(
    encounter: Encounter, owner: Membership, stranger: Membership
) -> None:
    assert opened(encounter.pk, clinic_id=stranger.clinic_id) is None
    assert opened(uuid.uuid4(), clinic_id=owner.clinic_id) is None
    with acting_in(stranger.clinic_id):  # whatever is asked for, the database shows no row
        assert opened(encounter.pk, clinic_id=owner.clinic_id) is None
