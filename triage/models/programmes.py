from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.assessments import NEVER_CHANGED
from triage.models.editable import EditableModel, one_of, tracked, unique_submission
from triage.models.encounters import Episode
from triage.models.visibility import RecordQuerySet


class ProgrammeStatus(models.TextChoices):
    RUNNING = "running", "Under way"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"


class EpisodeProgrammeQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)

    def running(self) -> Self:
        return self.filter(status=ProgrammeStatus.RUNNING)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "id")


@tracked
class EpisodeProgramme(EditableModel):
    """A programme of the knowledge begun for a complaint, pinned to the release it was begun with.

    `step` counts from 1; 0 until the first step is entered.
    """

    Status = ProgrammeStatus

    episode = tenant_foreign_key(Episode, related_name="programmes")
    release = models.ForeignKey(
        "knowledge.Release", on_delete=models.PROTECT, related_name="+", editable=False
    )
    programme_code = models.CharField(max_length=63, editable=False)
    begun_on = models.DateField(default=timezone.localdate)
    step = models.PositiveSmallIntegerField(default=0, editable=False)
    status = models.CharField(
        max_length=10, choices=ProgrammeStatus, default=ProgrammeStatus.RUNNING, editable=False
    )

    objects = EpisodeProgrammeQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_episodeprogramme_episode"),
            unique_submission("triage_episodeprogramme_submission"),
            one_of("status", ProgrammeStatus, name="triage_episodeprogramme_status"),
            models.UniqueConstraint(
                fields=["clinic", "episode"],
                condition=models.Q(status="running"),
                name="triage_episodeprogramme_one_running",
                violation_error_message="A programme is under way for this complaint already.",
            ),
        ]

    def __str__(self) -> str:
        return self.programme_code

    @property
    def is_running(self) -> bool:
        return self.status == ProgrammeStatus.RUNNING


class OfProgrammeQuerySet(RecordQuerySet):
    patient_path = "programme__episode__patient__"

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")


class CriterionTick(TenantModel):
    """An entry criterion said to be met on a day, or – the way back – not met. The newest of each counts."""

    programme = tenant_foreign_key(EpisodeProgramme, related_name="ticks")
    step = models.PositiveSmallIntegerField()
    criterion = models.PositiveSmallIntegerField()  # its place among the criteria of the step, from 0
    met = models.BooleanField()
    met_on = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfProgrammeQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "programme"), name="triage_criteriontick_programme"),
            unique_submission("triage_criteriontick_submission"),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"{self.step}.{self.criterion}"


class StepChangeKind(models.TextChoices):
    BEGUN = "begun", "Begun"
    FORWARD = "forward", "Entered"
    BACK = "back", "Went back"
    STAYED = "stayed", "Stayed"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"
    RESUMED = "resumed", "Taken up again"


class StepChange(TenantModel):
    """One line of the programme's history: `rule` quotes the stop rule, `run` met it, `reason` says what
    happened.
    """

    Kind = StepChangeKind
    ANSWERS = (StepChangeKind.BACK, StepChangeKind.STAYED)  # to a stop rule that is met

    programme = tenant_foreign_key(EpisodeProgramme, related_name="changes")
    kind = models.CharField(max_length=10, choices=StepChangeKind)
    step_from = models.PositiveSmallIntegerField()
    step_to = models.PositiveSmallIntegerField()
    rule = models.TextField(blank=True)
    reason = models.TextField(max_length=1000, blank=True)
    run = tenant_foreign_key("triage.Run", related_name="changes", null=True, blank=True)
    changed_on = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    submission_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfProgrammeQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "programme"), name="triage_stepchange_programme"),
            CompositeForeignKey(fields=("clinic", "run"), name="triage_stepchange_run"),
            unique_submission("triage_stepchange_submission"),
            one_of("kind", StepChangeKind, name="triage_stepchange_kind"),
            models.CheckConstraint(
                condition=~models.Q(kind="back") | models.Q(step_to__lt=models.F("step_from")),
                name="triage_stepchange_back",
                violation_error_message="Going back leads to an earlier step.",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["back", "stayed"], rule="", reason=""),
                name="triage_stepchange_why",
                violation_error_message="Say which rule was met, or what happened.",
            ),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"{self.kind} {self.step_to}"
