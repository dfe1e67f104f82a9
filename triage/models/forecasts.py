from __future__ import annotations

from django.db import models

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED, Assessment
from triage.models.diagnoses import Diagnosis
from triage.models.visibility import RecordQuerySet


class ForecastQuerySet(RecordQuerySet):
    patient_path = "diagnosis__episode__patient__"


class Forecast(TenantModel):
    """What a frozen differential had said of the diagnosis that was proven afterwards: a few numbers out of
    an output of hundreds of kilobytes, so that a clinic's calibration is counted without opening any.

    Written with the diagnosis, at most twice: for the first signed visit and for the last before the proof
    (one row where that is the same visit). Both sides never change, so neither does this.
    """

    diagnosis = tenant_foreign_key(Diagnosis, related_name="forecasts")
    assessment = tenant_foreign_key(Assessment, related_name="forecasts")
    is_first = models.BooleanField()
    is_last = models.BooleanField()
    release_sha256 = models.CharField(max_length=64)
    held = models.BooleanField(help_text="The release holds the condition; otherwise it counts under Other.")
    place = models.PositiveSmallIntegerField(help_text="Of the truth in the list, 1 is the first.")
    log_share = models.FloatField(help_text="Natural logarithm of the share of the truth, nats.")
    squared_error = models.FloatField(help_text="Over all hypotheses, 0 to 2.")
    first_code = models.CharField(max_length=63)
    first_share = models.FloatField(help_text="Share claimed for the first hypothesis.")

    objects = ForecastQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "diagnosis"), name="triage_forecast_diagnosis"),
            CompositeForeignKey(fields=("clinic", "assessment"), name="triage_forecast_assessment"),
            models.UniqueConstraint(
                fields=["clinic", "diagnosis", "assessment"], name="triage_forecast_once"
            ),
            models.CheckConstraint(
                condition=models.Q(is_first=True) | models.Q(is_last=True), name="triage_forecast_moment"
            ),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"place {self.place}"
