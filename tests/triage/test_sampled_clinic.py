"""The clinic of drawn patients: every kind of row, once, by the rules that hold for what people enter."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from pytest_django import Settings

from clinics.models import AuditEvent, Clinic, Membership, User
from knowledge.compiled import compiled_model
from tests.factories import work_in
from triage import differential, models
from triage.demo import seeding
from triage.demo.sampled.seeding import CLINIC
from triage.evaluation import frozen_outcome
from triage.ranking.misfit import families

FEW, MORE = 26, 30
KINDS = (
    *("Patient", "PatientItem", "Episode", "Encounter", "Observation", "Assessment", "Addendum", "Diagnosis"),
    *("FollowUp", "Forecast", "OutcomeRequest", "OutcomeScore", "OwnList", "RedFlagDismissal"),
    *("Plan", "PlannedTreatment", "HomeExercise", "Referral"),
)


def run(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def counts() -> dict[str, int]:
    return {name: getattr(models, name).objects.count() for name in KINDS} | {
        "AuditEvent": AuditEvent.objects.count()
    }


@pytest.fixture
def sampled(release: Any, settings: Settings) -> Clinic:
    settings.DEBUG = True
    assert f"{FEW} made, 0 there already" in run("seed_demo", "--patients", str(FEW))
    clinic = Clinic.objects.get(name=CLINIC)
    work_in(clinic.pk)
    return clinic


def test_a_sample_is_whole_and_grows_by_the_difference(sampled: Clinic) -> None:
    found = counts()
    assert found["Patient"] == FEW
    assert all(found.values()), found
    _shows_everything(sampled)
    _obeys_the_rules()
    _leaves_the_other_clinics_alone(sampled)
    before = set(models.Patient.objects.values_list("submission_id", "family_name", "birth_date"))
    assert f"0 made, {FEW} there already" in run("seed_demo", "--patients", str(FEW))
    assert counts() == found
    assert f"{MORE - FEW} made, {FEW} there already" in run("seed_demo", "--patients", str(MORE))
    after = set(models.Patient.objects.values_list("submission_id", "family_name", "birth_date"))
    assert before < after
    assert len(after) == MORE
    run("audit", "verify", f"--clinic={CLINIC}", "--database=default")
    assert "the same bytes" in run("replay")
    assert "another" not in run("replay")


def _shows_everything(clinic: Clinic) -> None:
    assert clinic.sampled
    assert models.Encounter.objects.drafts().exists()
    assert models.Encounter.objects.signed().exists()
    assert models.Encounter.objects.exclude(previous=None).exists()
    assert models.Episode.objects.open().exists()
    assert not models.Episode.objects.filter(title="").exists()
    assert models.Episode.objects.exclude(status="open").exists()
    assert models.Patient.objects.filter(restricted=True).exists()
    assert models.FollowUp.objects.open().exists()
    assert models.FollowUp.objects.exclude(done_on=None).exists()
    assert {"judgement", "imaging"} <= set(models.Diagnosis.objects.values_list("grade", flat=True))
    assert models.OutcomeScore.objects.unseen_alarms().exists()
    assert models.OutcomeRequest.objects.open().exists()
    assert set(models.OutcomeScore.objects.values_list("source", flat=True)) == {"visit", "link"}
    lead = Membership.objects.get(clinic=clinic, user__email=seeding.LEAD[0])
    assert lead.leads


def _obeys_the_rules() -> None:
    """What was written by hundreds is what the pages' services would have written one by one."""
    events = AuditEvent.objects.values_list("object_id", flat=True)
    for visit in models.Encounter.objects.select_related("episode__patient", "release"):
        known = {row.finding_code for row in visit.observations.all()}
        family = _families(visit.release.sha256)
        case = differential.case_document(visit)
        recorded = [family[row["finding"]] for row in case["observations"]]
        assert len(recorded) == len(set(recorded))  # at most one of a family, in all visits together
        assert known
        assert str(visit.pk) in set(events)
        if visit.is_signed:
            assert visit.version == 3
            assert visit.assessment.case_json == case
            frozen = differential.freeze(visit)
            assert bytes(visit.assessment.output) == frozen.output
    signed = models.Encounter.objects.signed().values_list("pk", flat=True)
    states = models.Encounter.pgh_event_model.objects.filter(pgh_obj_id__in=signed)
    assert set(states.values("pgh_obj_id").annotate(n=Count("pk")).values_list("n", flat=True)) == {2}
    for forecast in models.Forecast.objects.select_related("diagnosis", "assessment"):
        truth = forecast.diagnosis.condition_code
        said = frozen_outcome(bytes(forecast.assessment.output), truth, case_id="")
        assert forecast.log_share == said.log_share


def _families(sha256: str) -> dict[str, int]:
    model = compiled_model(sha256)
    return {model.findings[at].code: number for number, row in enumerate(families(model)) for at in row}


def _leaves_the_other_clinics_alone(sampled: Clinic) -> None:
    for clinic in Clinic.objects.exclude(pk=sampled.pk):
        work_in(clinic.pk)
        assert not clinic.sampled
        assert models.Patient.objects.count() == (12 if clinic.name == seeding.LEAD[3] else 1)
    work_in(sampled.pk)


def test_refuses_what_it_cannot_do(db: None, settings: Settings) -> None:
    settings.DEBUG = True
    for wrong in ("-1", "100001"):
        with pytest.raises(CommandError, match="from 0 to"):
            run("seed_demo", f"--patients={wrong}")
    settings.DEBUG = False
    with pytest.raises(CommandError, match="development only"):
        run("seed_demo", "--patients=3")
    assert not User.objects.exists()
