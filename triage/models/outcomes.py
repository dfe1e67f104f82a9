from __future__ import annotations

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from clinics.policies import OF_OUTCOME_LINK, RowLevelSecurity
from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.editable import one_of, tracked, unique_submission
from triage.models.encounters import Encounter, Episode
from triage.models.visibility import RecordQuerySet


class OutcomeRequestQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)

    def unanswered(self) -> Self:
        return self.filter(answered_at=None, revoked_at=None)

    def open(self) -> Self:
        return self.unanswered().filter(expires_at__gt=timezone.now())

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "id")


@tracked
class OutcomeRequest(TenantModel):
    """A link that lets a patient answer `measures` once, in one go. Of its token the fingerprint is kept.

    Whoever holds the token reads this row and no other, so all that the page asks stands here.
    """

    episode = tenant_foreign_key(Episode, related_name="outcome_requests")
    measures = models.JSONField()
    activities = models.JSONField(default=list, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OutcomeRequestQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["clinic", "id"], name="triage_outcomerequest_clinic_id"),
            RowLevelSecurity(name="triage_outcomerequest_of_clinic", shown=(OF_OUTCOME_LINK,)),
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_outcomerequest_episode"),
            models.UniqueConstraint(
                fields=["clinic", "episode", "measures"],
                condition=models.Q(answered_at=None, revoked_at=None),
                name="triage_outcomerequest_one_open",
                violation_error_message="There is a link for this already.",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(self.measures)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.revoked_at is None and self.expires_at > timezone.now()


class OutcomeSource(models.TextChoices):
    VISIT = "visit", "At the clinic"
    LINK = "link", "By link"


class OutcomeScoreQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)

    def of_measure(self, code: str) -> Self:
        return self.filter(measure=code)

    def with_people(self) -> Self:
        """With who entered each and who saw its alarm."""
        return self.select_related("recorded_by").prefetch_related("seen__user")

    def oldest_first(self) -> Self:
        return self.order_by("answered_at", "created_at", "id")

    def unseen_alarms(self) -> Self:
        """With an alarming answer that nobody has marked seen; the longest waiting last."""
        seen = AlarmSeen.objects.filter(score=models.OuterRef("pk"))
        return self.exclude(alarms=[]).exclude(models.Exists(seen)).order_by("-created_at", "id")

    def with_patient(self) -> Self:
        return self.select_related("episode__patient")


class OutcomeScore(TenantModel):
    """One measure answered once. Never changed: a correction is another row that names the one it replaces.

    `answers` are kept as given, the safety questions with them; `score` is empty when too many answers were
    missing. `alarms` are the codes of what must not wait.
    """

    Source = OutcomeSource

    episode = tenant_foreign_key(Episode, related_name="outcome_scores")
    encounter = tenant_foreign_key(Encounter, related_name="outcome_scores", null=True, blank=True)
    request = tenant_foreign_key(OutcomeRequest, related_name="scores", null=True, blank=True, editable=False)
    corrects = tenant_foreign_key("self", related_name="corrections", null=True, blank=True, editable=False)
    measure = models.CharField(max_length=20)
    measure_version = models.CharField(max_length=10)
    activities = models.JSONField(default=list, blank=True)
    answers = models.JSONField()
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    alarms = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=10, choices=OutcomeSource)
    answered_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OutcomeScoreQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_outcomescore_episode"),
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_outcomescore_encounter"),
            CompositeForeignKey(fields=("clinic", "request"), name="triage_outcomescore_request"),
            CompositeForeignKey(fields=("clinic", "corrects"), name="triage_outcomescore_corrects"),
            unique_submission("triage_outcomescore_submission"),
            models.UniqueConstraint(
                fields=["clinic", "request", "measure"],
                name="triage_outcomescore_link_once",
                violation_error_message="This link was answered already.",
            ),
            models.UniqueConstraint(
                fields=["clinic", "corrects"],
                name="triage_outcomescore_corrected_once",
                violation_error_message="This score was corrected already: correct the newer one.",
            ),
            one_of("source", OutcomeSource, name="triage_outcomescore_source"),
            models.CheckConstraint(
                condition=models.Q(source="visit", recorded_by__isnull=False, request__isnull=True)
                | models.Q(source="link", recorded_by__isnull=True, request__isnull=False),
                name="triage_outcomescore_who",
                violation_error_message="A score says who entered it, or by which link it came.",
            ),
            models.CheckConstraint(
                condition=models.Q(score__isnull=False) | models.Q(source="link"),
                name="triage_outcomescore_scored",
                violation_error_message="Too few answers for a score.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "-created_at"],
                condition=~models.Q(alarms=[]),
                name="triage_outcomescore_alarm",
            ),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"{self.measure} {self.score}"

    @property
    def answered_on(self) -> dt.date:
        return timezone.localdate(self.answered_at)


class AlarmSeenQuerySet(RecordQuerySet):
    patient_path = "score__episode__patient__"


class AlarmSeen(TenantModel):
    """Who saw an alarming answer, and when; with that it leaves the worklist."""

    score = tenant_foreign_key(OutcomeScore, related_name="seen")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AlarmSeenQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "alarms seen"
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "score"), name="triage_alarmseen_score"),
            models.UniqueConstraint(fields=["clinic", "score"], name="triage_alarmseen_once"),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"{self.user}, {self.at:%Y-%m-%d %H:%M}"
