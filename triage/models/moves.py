from __future__ import annotations

import uuid
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.dismissals import SIGNED_VISIT_REFUSES
from triage.models.editable import unique_submission
from triage.models.encounters import Encounter
from triage.models.visibility import RecordQuerySet


class ReleaseMoveQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")

    def standing(self) -> Self:
        """Those that were not undone."""
        undone = ReleaseMove.objects.filter(undoes=models.OuterRef("pk"))
        return self.filter(~models.Exists(undone))


class ReleaseMove(TenantModel):
    """A draft visit moved from one release to another; taking that back is another row, which `undoes` it.

    `answers` are those that did not stay as they were, each as it was recorded (finding, side, status, level,
    stage, performed_at, recorded_by) with where it went (`to_finding`, `to_level`, `merged`) or why it could
    not follow (`reason`, see triage/moving.py). `encounter_version` is the visit's version after the move.
    """

    encounter = tenant_foreign_key(Encounter, related_name="release_moves")
    before = models.ForeignKey("knowledge.Release", on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey("knowledge.Release", on_delete=models.PROTECT, related_name="+")
    undoes = tenant_foreign_key("self", related_name="undone_by", null=True)
    answers = models.JSONField(default=list)
    encounter_version = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReleaseMoveQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_releasemove_encounter"),
            CompositeForeignKey(fields=("clinic", "undoes"), name="triage_releasemove_undoes"),
            unique_submission("triage_releasemove_submission"),
            models.UniqueConstraint(fields=["clinic", "undoes"], name="triage_releasemove_undone_once"),
            models.CheckConstraint(
                condition=~models.Q(before=models.F("after")),
                name="triage_releasemove_elsewhere",
                violation_error_message="The visit has this release already.",
            ),
        ]
        triggers = [
            NEVER_CHANGED,
            pgtrigger.Trigger(
                name="signed_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=SIGNED_VISIT_REFUSES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.before_id} → {self.after_id}"

    @property
    def asked_again(self) -> list[dict[str, Any]]:
        """The answers that could not follow."""
        return [row for row in self.answers if row["reason"]]
