"""The working copy as a whole, its golden cases, what was imported last, and the immutable releases."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from knowledge.models.base import Coded, choices, code_reference, name_field, tracked


def pair_field() -> ArrayField:
    return ArrayField(models.FloatField(), size=2)


@tracked
class WorkingCopy(models.Model):
    """The one row with the name, the kind and every constant of the engine (docs/ranking.md)."""

    name = name_field()
    kind = models.CharField(max_length=10, choices=choices("clinic", "corpus"))
    epsilon = models.FloatField()
    beta_prior = pair_field()
    n_max = models.FloatField()
    defaults = models.JSONField(help_text="Kind of finding → rate and n.")
    class_weights = models.JSONField(help_text="Frequency class → mean and strength.")
    prior_classes = models.JSONField(help_text="Class of prior → share.")
    other_prior = models.FloatField()
    kappa = models.FloatField()
    temperature = models.FloatField()
    phi = models.FloatField()
    v_q = models.FloatField()
    v_root = models.FloatField()
    eta = models.FloatField()
    silence = models.FloatField()
    silence_scale = models.FloatField()
    breadth = models.FloatField()
    absent_weight = models.FloatField()
    odds_cap = pair_field()
    pair_factor = models.FloatField()
    draws = models.PositiveIntegerField()
    symptom_free_finding = code_reference("knowledge.Finding", null=True, blank=True)
    symptom_free_level = models.CharField(max_length=63, blank=True)
    only = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "working copy"
        constraints = (
            models.UniqueConstraint(
                fields=["only"],
                name="knowledge_one_working_copy",
                violation_error_message="There is one working copy; change that.",
            ),
            models.CheckConstraint(
                condition=models.Q(only=True),
                name="knowledge_only_is_true",
                violation_error_message="There is one working copy; change that.",
            ),
        )

    def __str__(self) -> str:
        return self.name


@tracked
class GoldenCase(Coded):
    """A worked case and what the ranking must say of it; `case` and `expect` are free structures."""

    title = name_field()
    source = code_reference("knowledge.Source", null=True, blank=True)
    locator = name_field(blank=True)
    note = models.TextField(blank=True)
    case = models.JSONField()
    expect = models.JSONField()

    def __str__(self) -> str:
        return self.title


class ImportedEntity(models.Model):
    """One entity as the last import brought it: the base of the next three-way comparison."""

    kind = models.CharField(max_length=30)
    code = models.CharField(max_length=63)
    content = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "code"],
                name="knowledge_imported_once",
                violation_error_message="This entity was already recorded.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


PUBLICATIONS = (
    ("reviewed", "reviewed by a second person"),
    ("single_clinic", "published without a second person, in an installation with one clinic"),
    ("installed", "installed from the command line"),
)


class ReleaseQuerySet(models.QuerySet["Release"]):
    def light(self) -> ReleaseQuerySet:
        """Without the document, which is large and which the caches of a process hold already."""
        return self.defer("document_bytes")

    def current(self) -> Release | None:
        """The release that was made current last; publishing an older one again makes it current again."""
        return self.light().filter(activations__isnull=False).order_by("-activations__id").first()


class Release(models.Model):
    """A published document. What it says never changes and never goes, and nobody publishes alone: triggers
    hold that. A new release becomes the current one with its insertion.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    name = name_field()
    document_bytes = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    notes = models.TextField(blank=True)
    review = models.ForeignKey(
        "knowledge.Review", null=True, blank=True, on_delete=models.PROTECT, related_name="releases"
    )
    publication = models.CharField(max_length=13, choices=PUBLICATIONS, default="installed")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        triggers = (
            pgtrigger.Protect(name="release_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="release_is_immutable",
                fields=[
                    "id",
                    "number",
                    "name",
                    "document_bytes",
                    "sha256",
                    "published_at",
                    "published_by",
                    "review",
                    "publication",
                ],
            ),
            pgtrigger.Trigger(
                name="release_by_right",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    PERFORM knowledge_may_publish(
                        NEW.publication, NEW.sha256, NEW.review_id, NEW.published_by_id
                    );
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="release_becomes_current",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    INSERT INTO knowledge_releaseactivation (release_id, by_id, review_id, publication)
                        VALUES (NEW.id, NEW.published_by_id, NEW.review_id, NEW.publication);
                    RETURN NULL;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, release {self.number}"

    @property
    def document(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(bytes(self.document_bytes))
        return parsed
