from __future__ import annotations

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.editable import not_blank
from triage.models.encounters import Encounter, Episode
from triage.models.packed import PackedField
from triage.models.visibility import RecordQuerySet

NEVER_CHANGED = pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


class AssessmentQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(encounter__episode=episode)

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")


class Assessment(TenantModel):
    """A differential frozen at signing: what went in, what ranked it (release, the clinic's own numbers where
    it had any, engine), what came out.
    """

    encounter = tenant_foreign_key(Encounter, related_name="assessments")
    case_json = models.JSONField()
    release_sha256 = models.CharField(max_length=64)
    clinic_model_sha256 = models.CharField(max_length=64, blank=True, default="")
    engine_version = models.CharField(max_length=20)
    output = PackedField()
    dismissals_json = models.JSONField(default=list)  # red flags put aside: rule, reason, by, at
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_assessment_encounter"),
            models.UniqueConstraint(fields=["clinic", "encounter"], name="triage_assessment_once"),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"{self.release_sha256[:12]} / {self.engine_version}"


class AddendumQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")


class Addendum(TenantModel):
    """What is added to a signed visit; like the visit itself it is never changed."""

    encounter = tenant_foreign_key(Encounter, related_name="addenda")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    submission_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AddendumQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "addenda"
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_addendum_encounter"),
            models.UniqueConstraint(
                fields=["clinic", "submission_id"],
                name="triage_addendum_submission",
                violation_error_message="This addendum was sent already.",
            ),
            not_blank("text", name="triage_addendum_text", message="Write the addendum."),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return self.text[:50]
