"""What all rows share: codes that never change, claims that name a source, history of every change."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from knowledge.schema.base import CODE_LENGTH, CODE_PATTERN, NAME_LENGTH

ModelT = TypeVar("ModelT", bound=models.Model)


def tracked(model: type[ModelT]) -> type[ModelT]:
    """Keep every version of a row. Each model gets trackers of its own: they remember its columns."""
    track = pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
    return track(model)


CODE_FORM = "A code is small letters, digits and underscores, beginning with a letter."
code_form = RegexValidator(CODE_PATTERN, CODE_FORM)


def code_field(**options: Any) -> models.CharField[str, str]:
    """A code that is not a reference of the database: a level, an allergy, a kind."""
    return models.CharField(max_length=CODE_LENGTH, validators=[code_form], **options)


def name_field(**options: Any) -> models.CharField[str, str]:
    return models.CharField(max_length=NAME_LENGTH, **options)


def names_field() -> ArrayField:
    return ArrayField(name_field(), default=list, blank=True)


def weeks_field() -> ArrayField:
    """[shortest, longest] in weeks."""
    return ArrayField(models.FloatField(), size=2, null=True, blank=True)


def code_reference(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """A reference to a coded row that must not vanish under it."""
    options.setdefault("related_name", "+")
    return models.ForeignKey(to, on_delete=models.PROTECT, **options)


def choices(*codes: str) -> list[tuple[str, str]]:
    return [(code, code.replace("_", " ")) for code in codes]


BASIS = choices("study", "expert_estimate")
PACKAGES = choices("history", "standing", "sitting", "supine", "prone", "investigations", "response")
STAGES = choices("intake", "exam", "investigation")


class Coded(models.Model):
    """A row known by its code for ever; a trigger keeps the code from changing."""

    code = models.CharField(max_length=CODE_LENGTH, primary_key=True, validators=[code_form])

    class Meta:
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("code",)
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=models.Q(code__regex=CODE_PATTERN),
                name="%(app_label)s_%(class)s_code_form",
                violation_error_message=CODE_FORM,
            ),
        )
        triggers: ClassVar[tuple[pgtrigger.Trigger, ...]] = (
            pgtrigger.ReadOnly(name="code_is_for_ever", fields=["code"]),
        )

    def __str__(self) -> str:
        return str(getattr(self, "name", "") or self.code)


class Claim(models.Model):
    """A row that says something about the world."""

    source = code_reference("knowledge.Source", null=True, blank=True)
    locator = name_field(blank=True, help_text="Where in the source: page, table, section.")
    basis = models.CharField(max_length=20, choices=BASIS, default="study")

    class Meta:
        abstract = True


def claim_constraint() -> models.CheckConstraint:
    """A claim rests on a place in a source, or says that it is an estimate."""
    return models.CheckConstraint(
        condition=models.Q(basis="expert_estimate")
        | (models.Q(source__isnull=False) & ~models.Q(locator="")),
        name="%(app_label)s_%(class)s_sourced",
        violation_error_message="Give source and locator, or set the basis to expert estimate.",
    )


def share_constraint(column: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__isnull": True})
        | models.Q(**{f"{column}__gte": 0, f"{column}__lte": 1}),
        name=f"%(app_label)s_%(class)s_{column}_0_to_1",
        violation_error_message=f"{column} is a share from 0 to 1.",
    )


def one_namespace(*others: str) -> pgtrigger.Trigger:
    """An observation stores just a code: findings, risk factors and contributing factors never share one."""
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM knowledge_{other} WHERE code = NEW.code)"  # noqa: S608 (our own table names)
        for other in others
    )
    return pgtrigger.Trigger(
        name="one_observation_namespace",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF {taken} THEN
                RAISE EXCEPTION 'the code % already stands for another observation', NEW.code
                    USING ERRCODE = 'unique_violation';
            END IF;
            RETURN NEW;
        """,
    )
