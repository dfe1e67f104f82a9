from __future__ import annotations

import uuid
from typing import TypeVar

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models

from clinics.tenancy import TenantModel

Tracked = TypeVar("Tracked", bound=type[models.Model])

BOOKKEEPING = ("version", "saved_at", "saved_by")


class EditableModel(TenantModel):
    """A row that people edit: `version` grows with every change, `submission_id` makes a repeated POST harmless."""

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
    """Keep every state of the row in an append-only event table; a change of bookkeeping alone makes no event.

    What the database derives (generated columns) is left out: it follows from the rest.
    """
    derived = [field.name for field in model._meta.local_fields if isinstance(field, models.GeneratedField)]
    pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(condition=pgtrigger.AnyChange(exclude=list(BOOKKEEPING))),
        pghistory.DeleteEvent(),
        exclude=derived,
        append_only=True,
        context_field=None,
    )(model)
    return model
