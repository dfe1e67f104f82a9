from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from clinics.models import Membership
from clinics.tenancy import CompositeForeignKey, TenantModel, TenantQuerySet, tenant_foreign_key
from triage.models.patients import Patient


class UnsentFormQuerySet(TenantQuerySet):
    def of(self, member: Membership) -> Self:
        """What this person left unsent in this clinic; nobody else sees it."""
        return self.visible_to(member).filter(user_id=member.user_id)

    def at(self, path: str) -> Self:
        return self.filter(path=path)

    def newest_first(self) -> Self:
        return self.order_by("-saved_at", "id")


class UnsentForm(TenantModel):
    """What somebody typed into a form and has not sent yet: kept until it is sent or discarded.

    It is not part of the record, so it has no history; `fields` holds the form's values as typed, with the
    submission id and the version that the page showed, so that a repeat and a stale page are still noticed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=200)
    heading = models.CharField(max_length=120)
    patient = tenant_foreign_key(Patient, related_name="+", null=True)
    fields = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    objects = UnsentFormQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "patient"), name="triage_unsentform_patient"),
            models.UniqueConstraint(fields=["clinic", "user", "path"], name="triage_unsentform_once"),
        ]

    def __str__(self) -> str:
        return self.heading
