"""Who in the clinic sees a restricted record: its leads, the care team, who broke the glass this hour."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models
from django.utils import timezone

from clinics.models import Membership
from clinics.tenancy import TenantQuerySet


class RecordQuerySet(TenantQuerySet):
    """Rows of a patient's record; `patient_path` leads from the row to the patient."""

    patient_path: ClassVar[str] = ""

    def visible_to(self, membership: Membership | None) -> Self:
        """The rows of the member's clinic without the restricted records that are closed to the member."""
        rows = self.of_clinic(membership)
        if membership is None or membership.leads:
            return rows
        path = self.patient_path
        return rows.filter(
            models.Q(**{f"{path}restricted": False})
            | models.Q(**{f"{path}pk__in": _care_team(membership)})
            | models.Q(**{f"{path}pk__in": _authored(membership)})
            | models.Q(**{f"{path}pk__in": _glass_broken(membership)})
        )

    def of_clinic(self, membership: Membership | None) -> Self:
        """Every row of the clinic, closed ones too: only to tell “closed” from “not found”."""
        return super().visible_to(membership)


def _care_team(membership: Membership) -> Any:
    return _own("CareTeamMember", membership).filter(user_id=membership.user_id).values("patient_id")


def _authored(membership: Membership) -> Any:
    return _own("Encounter", membership).filter(author_id=membership.user_id).values("episode__patient_id")


def _glass_broken(membership: Membership) -> Any:
    broken = _own("BreakGlass", membership).filter(user_id=membership.user_id)
    return broken.filter(expires_at__gt=timezone.now()).values("patient_id")


def _own(name: str, membership: Membership) -> Any:
    return apps.get_model("triage", name)._default_manager.filter(clinic_id=membership.clinic_id)
