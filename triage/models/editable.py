from __future__ import annotations

import uuid
from typing import TypeVar

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models

from clinics.policies import RowLevelSecurity
from clinics.tenancy import TenantModel

Tracked = TypeVar("Tracked", bound=type[models.Model])

BOOKKEEPING = ("version", "saved_at", "saved_by")


class EditableModel(TenantModel):
    """A row that people edit: `version` grows with each change, `submission_id` marks a repeated POST."""

    version = models.PositiveIntegerField(default=1, editable=False)
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(auto_now=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta(TenantModel.Meta):
        abstract = True


def unique_submission(name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["clinic", "submission_id"],
        name=name,
        violation_error_message="This form was sent already.",
    )


def one_of(field: str, choices: type[models.TextChoices], *, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": choices.values}),
        name=name,
        violation_error_message=f"Choose one of: {', '.join(str(label) for label in choices.labels)}.",
    )


def not_blank(field: str, *, name: str, message: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=~models.Q(**{field: ""}), name=name, violation_error_message=message
    )


def tracked(model: Tracked) -> Tracked:
    """Keep every state of the row in an append-only event table; bookkeeping alone makes no event.

    What the database derives (generated columns) is left out: it follows from the rest.
    """
    fields = model._meta.local_fields
    derived = [field.name for field in fields if isinstance(field, models.GeneratedField)]
    bookkeeping = [field.name for field in fields if field.name in BOOKKEEPING]
    pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(condition=pgtrigger.AnyChange(exclude=bookkeeping)),
        pghistory.DeleteEvent(),
        exclude=derived,
        append_only=True,
        context_field=None,
        meta={"constraints": [RowLevelSecurity(name=f"triage_{model._meta.model_name}event_of_clinic")]},
    )(model)
    return model
