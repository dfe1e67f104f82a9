"""From a draft to a release: who proposed which bytes, who changed them, who looked at them.

The rules stand in triggers, so that no page, command or slip of the code can go around them. The functions
that they call are in migration 0002: `knowledge_current_release()`, `knowledge_contributors(since)`,
`knowledge_settled_at()` and `knowledge_may_publish(...)`.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from knowledge.models.releases import PUBLICATIONS, Release

REASON_LENGTH = 20  # a golden case is not given up with a word


class Installation(models.Model):
    """The one row of choices that hold for the whole installation; without it all are as by default."""

    only = models.BooleanField(default=True, editable=False, unique=True)
    review_required = models.BooleanField(default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(only=True), name="knowledge_one_installation"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="review_is_switched_off_by_right",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.review_required THEN RETURN NEW; END IF;
                    IF (SELECT count(*) FROM clinics_clinic) <> 1 THEN
                        RAISE EXCEPTION 'a second person reviews where there is more than one clinic'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NOT EXISTS (
                        SELECT 1 FROM clinics_user WHERE id = NEW.changed_by_id AND is_active
                            AND (is_knowledge_reviewer OR is_superuser)
                    ) THEN
                        RAISE EXCEPTION 'only a knowledge reviewer switches the review off'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return "installation"


class ReviewStatus(models.TextChoices):
    OPEN = "open", "waiting for a reviewer"
    RETURNED = "returned", "returned"
    APPROVED = "approved", "approved, not published yet"
    PUBLISHED = "published", "published"
    WITHDRAWN = "withdrawn", "withdrawn"


WAITING = (ReviewStatus.OPEN, ReviewStatus.APPROVED)
SETTLED_AT_INSERT = (
    "id",
    "base",
    "document_bytes",
    "sha256",
    "cases",
    "golden",
    "lost_cases",
    "note",
    "submitted_by",
    "submitted_at",
    "settled_at",
    "changes_since",
    "contributors",
)


class ReviewQuerySet(models.QuerySet["Review"]):
    def light(self) -> ReviewQuerySet:
        return self.defer("document_bytes", "cases").select_related("base", "submitted_by", "reviewed_by")

    def waiting(self) -> Review | None:
        """The one review that is open or approved, if there is one."""
        return self.light().filter(status__in=WAITING).first()

    def newest_first(self) -> ReviewQuerySet:
        return self.light().order_by("-submitted_at", "-id")


class Review(models.Model):
    """One proposed document, what it does to the golden cases, and what became of it."""

    Status = ReviewStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    base = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", help_text="Current when submitted."
    )
    document_bytes = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    cases = models.JSONField(default=list, help_text="The golden cases as they stood.")
    golden = models.JSONField(default=list, help_text="How each golden case fares before and after.")
    lost_cases = models.JSONField(default=list, help_text="Codes of golden cases that lose their place.")
    note = models.TextField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    changes_since = models.DateTimeField(null=True, editable=False)
    contributors: ArrayField = ArrayField(models.UUIDField(), default=list, editable=False)
    status = models.CharField(max_length=10, choices=ReviewStatus, default=ReviewStatus.OPEN)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.TextField(blank=True)
    lost_cases_reason = models.TextField(blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ("-submitted_at",)
        constraints = (
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(status__in=WAITING),
                name="knowledge_one_review_at_a_time",
                violation_error_message="Another review is waiting; that one first.",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="approved") | models.Q(reviewed_by__isnull=False),
                name="knowledge_review_approved_by",
                violation_error_message="An approval names who gave it.",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["approved", "published"])
                | models.Q(lost_cases=[])
                | models.Q(lost_cases_reason__regex=rf"^\s*\S.{{{REASON_LENGTH - 2},}}\S\s*$"),
                name="knowledge_review_lost_cases",
                violation_error_message="Say why a golden case may lose its place, in 20 characters or more.",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="review_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="review_is_immutable", fields=list(SETTLED_AT_INSERT)),
            pgtrigger.Trigger(
                name="review_begins",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.status <> 'open' OR NEW.reviewed_by_id IS NOT NULL THEN
                        RAISE EXCEPTION 'a review begins open' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.sha256 <> encode(sha256(NEW.document_bytes), 'hex') THEN
                        RAISE EXCEPTION 'the hash is not that of the document'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    NEW.base_id := knowledge_current_release();
                    NEW.submitted_at := clock_timestamp();
                    NEW.settled_at := knowledge_settled_at();
                    NEW.changes_since := knowledge_changes_since();
                    NEW.contributors := ARRAY(
                        SELECT DISTINCT unnest(
                            knowledge_contributors(NEW.changes_since) || NEW.submitted_by_id
                        )
                    );
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="review_goes_its_way",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF NEW.status = OLD.status AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
                    IF NOT (
                        (OLD.status = 'open' AND NEW.status <> 'open')
                        OR (OLD.status = 'approved' AND NEW.status IN ('returned', 'withdrawn', 'published'))
                    ) THEN
                        RAISE EXCEPTION 'a review that is % does not become %', OLD.status, NEW.status
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.status = 'published' AND NOT EXISTS (
                        SELECT 1 FROM knowledge_releaseactivation a WHERE a.review_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'nothing was published of this review'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.status IN ('withdrawn', 'published') THEN
                        IF (NEW.reviewed_by_id, NEW.reviewed_at) IS DISTINCT FROM
                            (OLD.reviewed_by_id, OLD.reviewed_at) THEN
                            RAISE EXCEPTION 'who reviewed does not change' USING ERRCODE = 'check_violation';
                        END IF;
                        RETURN NEW;
                    END IF;
                    IF NOT EXISTS (
                        SELECT 1 FROM clinics_user
                        WHERE id = NEW.reviewed_by_id AND is_active AND is_knowledge_reviewer
                    ) THEN
                        RAISE EXCEPTION 'only a knowledge reviewer reviews' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.reviewed_by_id = ANY(
                        NEW.contributors || knowledge_contributors(NEW.changes_since)
                    ) THEN
                        RAISE EXCEPTION 'who changed the knowledge does not review it'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.status = 'approved' AND NEW.base_id IS DISTINCT FROM knowledge_current_release()
                    THEN
                        RAISE EXCEPTION 'another release was published meanwhile'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    NEW.reviewed_at := clock_timestamp();
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"review of {self.submitted_at:%-d %B %Y}" if self.submitted_at else "review"

    @property
    def document(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(bytes(self.document_bytes))
        return parsed

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING

    @property
    def is_open(self) -> bool:
        return self.status == ReviewStatus.OPEN

    @property
    def is_approved(self) -> bool:
        return self.status == ReviewStatus.APPROVED


class ReleaseActivationQuerySet(models.QuerySet["ReleaseActivation"]):
    def newest_first(self) -> ReleaseActivationQuerySet:
        return (
            self.select_related("release", "by", "review")
            .defer("release__document_bytes", "review__document_bytes", "review__cases")
            .order_by("-id")
        )


class ReleaseActivation(models.Model):
    """A release became the current one: when it was published, and each time an older one came back.

    The trigger of Release adds the first; only a return adds a row by itself. The last row is the current.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="activations")
    at = models.DateTimeField(null=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, null=True, on_delete=models.PROTECT, related_name="activations")
    publication = models.CharField(max_length=13, choices=PUBLICATIONS)

    objects = ReleaseActivationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        triggers = (
            pgtrigger.Protect(name="activation_is_kept", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="activation_by_right",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    PERFORM knowledge_may_publish(
                        NEW.publication,
                        (SELECT sha256 FROM knowledge_release WHERE id = NEW.release_id),
                        NEW.review_id,
                        NEW.by_id
                    );
                    NEW.at := knowledge_settled_at();
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.release} is current"


class SourceWithdrawal(models.Model):
    """Why nothing may rest on a source any more, who said so and when. The source stays, as withdrawn."""

    source = models.ForeignKey("knowledge.Source", on_delete=models.PROTECT, related_name="withdrawals")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(reason__regex=r"\S"),
                name="knowledge_withdrawal_reason",
                violation_error_message="Say why.",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="withdrawal_is_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.source_id} withdrawn"  # type: ignore[attr-defined]
