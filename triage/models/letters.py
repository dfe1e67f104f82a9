from __future__ import annotations

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.editable import EditableModel, not_blank, tracked, unique_submission
from triage.models.encounters import Encounter, Episode
from triage.models.plans import Referral
from triage.models.visibility import RecordQuerySet

SENT_IS_FINAL = pgtrigger.Protect(
    name="sent_is_final",
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__sent_at__isnull=False),
)


class LetterQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "id")


@tracked
class Letter(EditableModel):
    """A letter to a colleague about a complaint: to whom, and what stands before and after the findings
    of one signed visit. Once sent it never changes.
    """

    episode = tenant_foreign_key(Episode, related_name="letters")
    encounter = tenant_foreign_key(Encounter, related_name="letters", editable=False)
    referral = tenant_foreign_key(Referral, related_name="letters", null=True, blank=True, editable=False)
    recipient = models.CharField(max_length=200)
    opening = models.TextField(max_length=4000, blank=True)
    asked = models.TextField(max_length=2000)
    closing = models.TextField(max_length=4000, blank=True)
    sent_at = models.DateTimeField(null=True, editable=False)

    objects = LetterQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_letter_episode"),
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_letter_encounter"),
            CompositeForeignKey(fields=("clinic", "referral"), name="triage_letter_referral"),
            unique_submission("triage_letter_submission"),
            not_blank("recipient", name="triage_letter_recipient", message="Say who the letter is for."),
            not_blank("asked", name="triage_letter_asked", message="Say what you ask of your colleague."),
        ]
        triggers = [SENT_IS_FINAL]

    def __str__(self) -> str:
        return self.recipient

    @property
    def is_sent(self) -> bool:
        return self.sent_at is not None


class SentLetterQuerySet(RecordQuerySet):
    patient_path = "letter__episode__patient__"


class SentLetter(TenantModel):
    """The very bytes that went out."""

    letter = tenant_foreign_key(Letter, related_name="copies")
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    sent_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SentLetterQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "letter"), name="triage_sentletter_letter"),
            models.UniqueConstraint(fields=["clinic", "letter"], name="triage_sentletter_once"),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return self.sha256[:12]
