"""Rank every stored assessment again and compare the bytes."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from clinics.acting import acting_in
from clinics.models import Clinic
from triage import differential
from triage.models import Assessment, ClinicModel
from triage.ranking import ENGINE_VERSION, RankingError

CHUNK = 200


class Outcome(enum.Enum):
    EQUAL = "equal"
    DRIFT = "drift"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Replay:
    assessment_id: uuid.UUID
    engine_version: str
    outcome: Outcome

    @property
    def unexplained(self) -> bool:
        """Another engine version may rank otherwise; the same one may not, and none may fail."""
        return self.outcome is Outcome.FAILED or (
            self.outcome is Outcome.DRIFT and self.engine_version == ENGINE_VERSION
        )


def replay_assessments() -> Iterator[Replay]:
    for clinic in Clinic.objects.order_by("name", "pk"):
        with acting_in(clinic):
            stored = Assessment.objects.filter(clinic=clinic).oldest_first()
            for assessment in stored.iterator(chunk_size=CHUNK):
                yield _replay(assessment)


def _replay(assessment: Assessment) -> Replay:
    try:
        ranking = differential.rank_document(
            assessment.case_json,
            release=assessment.release_sha256,
            clinic_model=numbers_of(assessment),
        )
    except (RankingError, ClinicModel.DoesNotExist):
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.EQUAL if ranking.to_json() == bytes(assessment.output) else Outcome.DRIFT
    return Replay(assessment.pk, assessment.engine_version, outcome)


def numbers_of(assessment: Assessment) -> ClinicModel | None:
    """The numbers that the assessment was ranked with; None where it says none, as all did at first.
    Raises ClinicModel.DoesNotExist.
    """
    if not assessment.clinic_model_sha256:
        return None
    same = ClinicModel.objects.of_clinic(assessment.clinic_id).filter(sha256=assessment.clinic_model_sha256)
    found: ClinicModel | None = same.newest_first().first()
    if found is None:
        raise ClinicModel.DoesNotExist
    return found
