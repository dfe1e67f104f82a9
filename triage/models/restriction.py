from __future__ import annotations

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from clinics.models import Membership
from clinics.tenancy import CompositeForeignKey, TenantModel, TenantQuerySet, tenant_foreign_key
from triage.models.patients import Patient

REASON_LENGTH_MIN = 10
GLASS_OPEN = dt.timedelta(minutes=60)


class CareTeamQuerySet(TenantQuerySet):
    """A class of its own: the manager of a shared one is not always typed."""


class CareTeamMember(TenantModel):
    """Somebody who opens a restricted record without breaking the glass."""

    patient = tenant_foreign_key(Patient, related_name="care_team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = CareTeamQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "patient"), name="triage_careteammember_patient"),
            models.UniqueConstraint(fields=["clinic", "patient", "user"], name="triage_careteammember_once"),
        ]

    def __str__(self) -> str:
        return str(self.user)


class BreakGlassQuerySet(TenantQuerySet):
    def open_for(self, member: Membership) -> Self:
        """What this person broke and what is still open."""
        return self.visible_to(member).filter(user_id=member.user_id, expires_at__gt=timezone.now())

    def to_review_first(self) -> Self:
        return self.select_related("user", "patient", "reviewed_by").order_by(
            models.F("reviewed_at").desc(nulls_first=True), "-at", "id"
        )


class BreakGlass(TenantModel):
    """Somebody opened a restricted record in an emergency: why, how long, and what the lead says to it."""

    patient = tenant_foreign_key(Patient, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(max_length=1000)
    at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    reviewed_at = models.DateTimeField(null=True, editable=False)
    review_note = models.TextField(max_length=1000, blank=True)

    objects = BreakGlassQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "patient"), name="triage_breakglass_patient"),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length(Trim("reason")), REASON_LENGTH_MIN),
                name="triage_breakglass_reason",
                violation_error_message=f"Give a reason of at least {REASON_LENGTH_MIN} letters.",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("at") + GLASS_OPEN),
                name="triage_breakglass_hour",
                violation_error_message="A broken glass closes after an hour.",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewed_at__isnull=True, reviewed_by__isnull=True, review_note="")
                | (
                    models.Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~models.Q(review_note="")
                ),
                name="triage_breakglass_review",
                violation_error_message="A review has a person, a time and a note.",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "user", "expires_at"], name="triage_breakglass_open")]

    def __str__(self) -> str:
        return f"{self.user}, {self.at:%Y-%m-%d %H:%M}"
