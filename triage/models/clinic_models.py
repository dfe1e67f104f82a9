from __future__ import annotations

import json
from typing import Any, Self

from django.conf import settings
from django.db import models

from clinics.tenancy import TenantModel, TenantQuerySet
from triage.models.assessments import NEVER_CHANGED
from triage.models.editable import not_blank

PROVEN_CASES_FOR_TEMPERATURE = (
    150  # below it one number fitted to a clinic is noise (docs/ranking.md, step 11)
)
PROVEN_SHARE_FOR_BASE_RATES = (4, 5)  # fewer proven, and what is easily imaged would look common


class ClinicModelQuerySet(TenantQuerySet):
    def of_clinic(self, clinic_id: Any) -> Self:
        return self.filter(clinic_id=clinic_id)

    def newest_first(self) -> Self:
        return self.order_by("-version")

    def newest_of(self, clinic_id: Any) -> ClinicModel | None:
        """The numbers of a clinic as they are now, their document still in the database; None where it has
        never set any. One query.
        """
        return self.of_clinic(clinic_id).newest_first().light().first()

    def light(self) -> Self:
        """What tells one version from another; the rest is read when it is asked for."""
        return self.only("version", "sha256")


class ClinicModel(TenantModel):
    """One version of a clinic's own numbers: settings as canonical JSON, known by their SHA-256.

    Never changed: a new version is a new row. The counts are the evidence on which base rates and temperature
    were allowed, as it stood when the version was saved.
    """

    version = models.PositiveIntegerField()
    document_bytes = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    uses_base_rates = models.BooleanField(default=False)
    uses_temperature = models.BooleanField(default=False)
    consecutive_episodes = models.PositiveIntegerField(default=0)
    proven_episodes = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=300)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClinicModelQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["clinic", "version"],
                name="triage_clinicmodel_version",
                violation_error_message="Somebody else saved this version meanwhile.",
            ),
            models.CheckConstraint(
                condition=models.Q(uses_base_rates=False)
                | models.Q(
                    proven_episodes__gt=0,
                    consecutive_episodes__lte=models.F("proven_episodes")
                    * PROVEN_SHARE_FOR_BASE_RATES[1]
                    / PROVEN_SHARE_FOR_BASE_RATES[0],
                ),
                name="triage_clinicmodel_base_rates",
                violation_error_message="Base rates need 80 % of consecutive episodes proven.",
            ),
            models.CheckConstraint(
                condition=models.Q(uses_temperature=False)
                | models.Q(proven_episodes__gte=PROVEN_CASES_FOR_TEMPERATURE),
                name="triage_clinicmodel_temperature",
                violation_error_message="A temperature needs 150 proven cases.",
            ),
            not_blank("reason", name="triage_clinicmodel_reason", message="Say why."),
        ]
        indexes = [models.Index(fields=["clinic", "sha256"], name="triage_clinicmodel_by_hash")]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"version {self.version}"

    @property
    def settings(self) -> dict[str, Any]:
        """What `with_clinic` lays over a release."""
        read: dict[str, Any] = json.loads(bytes(self.document_bytes))
        return read
