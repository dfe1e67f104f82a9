"""How many of a clinic's episodes are proven: the one place that says whether its own numbers may be used.

A diagnosis counts as proven by imaging, surgery, electrodiagnosis, a block or resolution as predicted, never
by the engine's own suggestion (docs/ranking.md, step 11). Of a complaint's diagnoses the newest counts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from triage.models import Diagnosis, Episode
from triage.models.clinic_models import PROVEN_CASES_FOR_TEMPERATURE, PROVEN_SHARE_FOR_BASE_RATES
from triage.models.diagnoses import PROVING


@dataclass(frozen=True, slots=True)
class Proof:
    """Episodes with a signed visit, one after another as they came, and how many of them are proven."""

    consecutive: int
    proven: int

    @property
    def allows_base_rates(self) -> bool:
        part, whole = PROVEN_SHARE_FOR_BASE_RATES
        return self.proven > 0 and self.proven * whole >= self.consecutive * part

    @property
    def allows_temperature(self) -> bool:
        return self.proven >= PROVEN_CASES_FOR_TEMPERATURE


def proof_in(clinic_id: uuid.UUID) -> Proof:
    consecutive = Episode.objects.filter(clinic_id=clinic_id).with_signed_visit().count()
    return Proof(consecutive=consecutive, proven=_proven(clinic_id))


def _proven(clinic_id: uuid.UUID) -> int:
    """Episodes with a signed visit whose newest diagnosis is proven."""
    newest = Diagnosis.objects.filter(clinic_id=clinic_id).current().values("pk")
    proven = Diagnosis.objects.filter(pk__in=newest, grade__in=PROVING).values("episode")
    return Episode.objects.filter(clinic_id=clinic_id, pk__in=proven).with_signed_visit().count()
