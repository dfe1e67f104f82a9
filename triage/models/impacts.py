"""What another release would do to a clinic's signed visits, counted inside the clinic."""

from __future__ import annotations

import pgtrigger
from django.db import models

from clinics.tenancy import TenantModel


class ClinicImpact(TenantModel):
    """Counts of one clinic between two documents, known by their hashes; filled step by step.

    The exact counts stay here. What is shown outside the clinic goes through `triage.impact.disclosed`.
    """

    before_sha256 = models.CharField(max_length=64)
    after_sha256 = models.CharField(max_length=64)
    total = models.PositiveIntegerField(help_text="Signed visits when it began.")
    counted = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, help_text="The newest assessment counted so far.")
    last_id = models.UUIDField(null=True)
    tallies = models.JSONField(default=dict)
    began_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["clinic", "before_sha256", "after_sha256"], name="triage_impact_once"
            ),
        ]
        triggers = (
            pgtrigger.ReadOnly(name="same_comparison", fields=["clinic", "before_sha256", "after_sha256"]),
        )

    def __str__(self) -> str:
        return f"{self.before_sha256[:12]} → {self.after_sha256[:12]}"
