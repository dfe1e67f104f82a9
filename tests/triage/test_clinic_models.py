"""A clinic's own numbers: versions, who may, what they do to a visit, and that the past stays as it was."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from clinics.models import AuditEvent, Membership
from tests.triage.factories import answer, make_encounter, make_release, make_signed
from triage import differential, services
from triage.errors import NotAllowed, NotEnoughProof, StaleVersion
from triage.models import Assessment, ClinicModel
from triage.proof import Proof, proof_in
from triage.ranking import InvalidRelease
from triage.services.replays import Outcome, replay_assessments

UTILITIES = {"utilities": {"benefit": 10, "harm": 1, "test_harm": 0.05}}


def save(
    member: Membership, settings: dict[str, Any], version: int = 0, reason: str = "Case mix"
) -> ClinicModel:
    return services.save_clinic_model(member=member, settings=settings, version=version, reason=reason)


def shares(ranking: dict[str, Any]) -> dict[str, float]:
    return {row["condition"]: row["share"] for row in ranking["hypotheses"]}


def test_each_save_is_a_new_version_known_by_its_hash(owner: Membership) -> None:
    make_release()
    first = save(owner, {"other_prior": 0.2})
    second = save(owner, {"other_prior": 0.3, "utilities": {}}, version=1)
    assert (first.version, second.version) == (1, 2)
    assert bytes(second.document_bytes) == b'{"other_prior":0.3}'
    assert second.sha256 == hashlib.sha256(b'{"other_prior":0.3}').hexdigest()
    assert differential.current_clinic_model(owner.clinic_id) == second
    events = AuditEvent.objects.filter(action="clinic_model.saved", user=owner.user)
    assert events.count() == 2


def test_the_same_numbers_again_make_no_version(owner: Membership) -> None:
    make_release()
    assert save(owner, {"other_prior": 0.2}) == save(owner, {"other_prior": 0.2})
    assert ClinicModel.objects.count() == 1


def test_only_a_lead_may_save(teammate: Membership) -> None:
    make_release()
    with pytest.raises(NotAllowed):
        save(teammate, {"other_prior": 0.2})
    assert not ClinicModel.objects.exists()


def test_what_somebody_else_saved_meanwhile_is_not_written_over(owner: Membership) -> None:
    make_release()
    save(owner, {"other_prior": 0.2})
    with pytest.raises(StaleVersion):
        save(owner, {"other_prior": 0.4})


def test_numbers_that_make_no_sense_and_saves_without_a_reason_are_refused(owner: Membership) -> None:
    make_release()
    with pytest.raises(InvalidRelease, match="other_prior"):
        save(owner, {"other_prior": 2})
    with pytest.raises(ValidationError, match="reason"):
        save(owner, {"other_prior": 0.2}, reason=" ")
    assert not ClinicModel.objects.exists()


def test_base_rates_and_temperature_wait_for_proof(owner: Membership) -> None:
    make_signed(owner)
    assert proof_in(owner.clinic_id) == Proof(consecutive=1, proven=0)
    for settings in ({"base_rates": {"a": 0.3}}, {"temperature": 1.3}):
        with pytest.raises(NotEnoughProof, match="0 of 1"):
            save(owner, settings)


@pytest.mark.parametrize(
    ("consecutive", "proven", "rates", "temperature"),
    [
        (0, 0, False, False),
        (10, 8, True, False),
        (11, 8, False, False),
        (200, 150, False, True),
        (187, 150, True, True),
    ],
)
def test_what_proof_allows(consecutive: int, proven: int, rates: bool, temperature: bool) -> None:
    proof = Proof(consecutive=consecutive, proven=proven)
    assert (proof.allows_base_rates, proof.allows_temperature) == (rates, temperature)


@pytest.mark.parametrize(
    ("switch", "evidence", "allowed"),
    [
        ("uses_base_rates", (10, 8), True),
        ("uses_base_rates", (11, 8), False),
        ("uses_base_rates", (0, 0), False),
        ("uses_temperature", (400, 150), True),
        ("uses_temperature", (400, 149), False),
    ],
)
def test_the_database_holds_the_conditions_too(
    owner: Membership, switch: str, evidence: tuple[int, int], allowed: bool
) -> None:
    row = ClinicModel(
        clinic=owner.clinic, version=1, document_bytes=b"{}", sha256="0" * 64, reason="x",
        saved_by=owner.user, consecutive_episodes=evidence[0], proven_episodes=evidence[1], **{switch: True},
    )  # fmt: skip
    if allowed:
        row.save()
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_version_is_never_changed_nor_used_twice(owner: Membership) -> None:
    make_release()
    row = save(owner, {"other_prior": 0.2})
    for change in (row.save, row.delete, lambda: ClinicModel.objects.update(version=9)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    again = ClinicModel(
        clinic=owner.clinic, version=1, document_bytes=b"{}", sha256="0" * 64, reason="x", saved_by=owner.user
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_a_draft_is_ranked_with_the_numbers_of_the_moment(owner: Membership, stranger: Membership) -> None:
    encounter, theirs = make_encounter(owner), make_encounter(stranger)
    before = differential.rank_encounter(encounter).to_dict()
    row = save(owner, {"other_prior": 0.4, **UTILITIES})
    after = differential.rank_encounter(encounter).to_dict()
    assert (shares(before)["other"], shares(after)["other"]) == pytest.approx((0.1, 0.4))
    assert after["release"] == before["release"] == encounter.release.sha256
    assert (after["clinic_model"], "clinic_model" in before) == (row.sha256, False)
    assert [line["condition"] for line in after["thresholds"]] == ["a", "b"]
    assert differential.rank_encounter(theirs).to_dict() == before


def test_signing_keeps_both_hashes_and_the_past_replays(owner: Membership) -> None:
    plain = make_signed(owner).assessment
    row = save(owner, {"other_prior": 0.3})
    numbered = make_signed(owner).assessment
    save(owner, UTILITIES, version=1)
    assert (plain.clinic_model_sha256, numbered.clinic_model_sha256) == ("", row.sha256)
    assert json.loads(bytes(numbered.output))["clinic_model"] == row.sha256
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.EQUAL, Outcome.EQUAL]


def test_an_assessment_whose_numbers_are_gone_is_said_to_fail(owner: Membership) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    frozen = differential.freeze(encounter)
    Assessment.objects.create(
        clinic=owner.clinic, encounter=encounter, case_json=frozen.case, release_sha256=frozen.release_sha256,
        clinic_model_sha256="f" * 64, engine_version=frozen.engine_version, output=frozen.output,
    )  # fmt: skip
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.FAILED]


def test_a_visit_pinned_to_a_release_without_a_code_is_still_ranked(owner: Membership) -> None:
    encounter = make_encounter(owner)
    newer = [{"code": "z", "name": "z", "urgency": "routine"}]
    base = make_release().document
    make_release(
        conditions=[*base["conditions"], *newer],
        priors=[*base["priors"], {"condition": "z", "class": "rare", "basis": "expert_estimate"}],
    )
    save(
        owner, {"utilities": {"conditions": {"z": {"benefit": 2, "harm": 1}, "a": {"benefit": 2, "harm": 1}}}}
    )
    ranking = differential.rank_encounter(encounter).to_dict()
    assert [row["condition"] for row in ranking["thresholds"]] == ["a"]
