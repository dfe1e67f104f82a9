from __future__ import annotations

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.editable import not_blank
from triage.models.encounters import Encounter
from triage.models.visibility import RecordQuerySet

# FOR SHARE waits for a signature that is being written at this moment; without it both could succeed.
SIGNED_VISIT_REFUSES = """
PERFORM 1 FROM triage_encounter WHERE id = NEW.encounter_id FOR SHARE;
IF EXISTS (SELECT 1 FROM triage_encounter WHERE id = NEW.encounter_id AND status = 'signed') THEN
    RAISE EXCEPTION 'the visit of this red flag is signed' USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""


class RedFlagDismissalQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")


class RedFlagDismissal(TenantModel):
    """A fired rule put aside by a person, with the reason. It holds for the answers that had fired it.

    Never changed, never deleted: taking it back is another row, which is not `dismissed`. The newest counts.
    """

    encounter = tenant_foreign_key(Encounter, related_name="red_flag_dismissals")
    rule_code = models.CharField(max_length=63)
    dismissed = models.BooleanField(default=True)
    matched = models.JSONField(default=list)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RedFlagDismissalQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_redflagdismissal_encounter"),
            not_blank("reason", name="triage_redflagdismissal_reason", message="Say why."),
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
        return self.rule_code
