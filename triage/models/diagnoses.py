from __future__ import annotations

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.editable import EditableModel, not_blank, one_of, tracked, unique_submission
from triage.models.encounters import Episode
from triage.models.visibility import RecordQuerySet


class Grade(models.TextChoices):
    """What a diagnosis rests on, the firmest first."""

    SURGERY = "surgery", "Surgery"
    IMAGING = "imaging", "Imaging"
    ELECTRODIAGNOSIS = "electrodiagnosis", "Electrodiagnosis"
    BLOCK = "block", "Diagnostic block"
    RESOLUTION = "resolution", "Resolved as predicted"
    JUDGEMENT = "judgement", "Clinical judgement"


PROVING = tuple(grade.value for grade in Grade if grade != Grade.JUDGEMENT)


class DiagnosisQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "id")

    def current(self) -> Self:
        """The newest of each episode: a later diagnosis takes the place of an earlier one."""
        return self.order_by("episode_id", "-created_at", "id").distinct("episode_id")


class Diagnosis(TenantModel):
    """What a complaint proved to be, and by what. Never changed: a correction is another row.

    `condition_code` is empty when the knowledge has no such condition; then `text` names it.
    """

    Grade = Grade

    episode = tenant_foreign_key(Episode, related_name="diagnoses")
    condition_code = models.CharField(max_length=63, blank=True)
    text = models.CharField(max_length=200, blank=True)
    grade = models.CharField(max_length=20, choices=Grade)
    proven_on = models.DateField()
    note = models.TextField(max_length=4000, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DiagnosisQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_diagnosis_episode"),
            unique_submission("triage_diagnosis_submission"),
            one_of("grade", Grade, name="triage_diagnosis_grade"),
            models.CheckConstraint(
                condition=~models.Q(condition_code="", text=""),
                name="triage_diagnosis_named",
                violation_error_message="Choose a condition, or name what it was.",
            ),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return self.text or self.condition_code

    @property
    def is_proven(self) -> bool:
        """Judgement alone proves nothing."""
        return self.grade in PROVING


class FollowUpKind(models.TextChoices):
    REVIEW = "review", "See again"
    RESULT = "result", "Result awaited"


class FollowUpQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def open(self) -> Self:
        return self.filter(done_on=None)

    def due_by(self, day: dt.date) -> Self:
        return self.filter(due_on__lte=day)

    def soonest_first(self) -> Self:
        return self.order_by("due_on", "id")

    def with_patient(self) -> Self:
        return self.select_related("episode__patient")


@tracked
class FollowUp(EditableModel):
    """Something of a complaint that must not be forgotten: a review due, a result awaited."""

    Kind = FollowUpKind

    episode = tenant_foreign_key(Episode, related_name="follow_ups")
    kind = models.CharField(max_length=10, choices=FollowUpKind, default=FollowUpKind.REVIEW)
    text = models.CharField(max_length=200)
    due_on = models.DateField()
    done_on = models.DateField(null=True, blank=True, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_followup_episode"),
            unique_submission("triage_followup_submission"),
            one_of("kind", FollowUpKind, name="triage_followup_kind"),
            not_blank("text", name="triage_followup_text", message="Say what is to be done."),
        ]

    def __str__(self) -> str:
        return self.text
