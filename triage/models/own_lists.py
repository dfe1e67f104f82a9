from __future__ import annotations

import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models

from clinics.models import Membership
from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.dismissals import SIGNED_VISIT_REFUSES
from triage.models.editable import unique_submission
from triage.models.encounters import Encounter
from triage.models.visibility import RecordQuerySet


class OwnListQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def written_by(self, member: Membership) -> Self:
        return self.filter(by_id=member.user_id)

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")


class OwnList(TenantModel):
    """What a clinician thought before the differential was shown to them; with its row it is shown.

    `entries`, best first: `condition` (code, empty for what the knowledge does not have), `text` as written,
    `confidence` in a word or empty. No entry: shown without an own list. `engine` are the first conditions of
    the differential at that moment, without "something else"; empty when it could not rank. The measures of
    agreement (triage/agreement.py) are None where one of the lists is empty.
    """

    encounter = tenant_foreign_key(Encounter, related_name="own_lists")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    entries = models.JSONField(default=list)
    engine = models.JSONField(default=list)
    release_sha256 = models.CharField(max_length=64)
    encounter_version = models.PositiveIntegerField()
    same_first = models.BooleanField(null=True)
    overlap_of_three = models.PositiveSmallIntegerField(null=True)
    rank_biased_overlap = models.FloatField(null=True)
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnListQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_ownlist_encounter"),
            unique_submission("triage_ownlist_submission"),
            models.UniqueConstraint(
                fields=["clinic", "encounter", "by"],
                name="triage_ownlist_once",
                violation_error_message="Your list of this visit is on record already.",
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
        return ", ".join(entry["text"] for entry in self.entries) or "shown without an own list"

    @property
    def codes(self) -> list[str]:
        """Conditions in their order; empty for what the knowledge does not have."""
        return [entry["condition"] for entry in self.entries]
