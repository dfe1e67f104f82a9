from __future__ import annotations

from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clinics.tenancy import CompositeForeignKey, tenant_foreign_key
from triage.models.diagnoses import FollowUp
from triage.models.editable import EditableModel, not_blank, one_of, tracked, unique_submission
from triage.models.encounters import Episode
from triage.models.visibility import RecordQuerySet

WEEK_MAX = 104
KM_MAX = 400
MINUTES_MAX = 6000


def at_most(most: int, *, least: int = 1) -> list[Any]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class PlanQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)


@tracked
class Plan(EditableModel):
    """What is meant to be done about a complaint. `condition_code` is empty when the knowledge has no such
    condition; then `text` names it. `release` is the one the plan was made under; codes stay for ever.
    """

    episode = tenant_foreign_key(Episode, related_name="plans")
    release = models.ForeignKey(
        "knowledge.Release", on_delete=models.PROTECT, related_name="+", editable=False
    )
    condition_code = models.CharField(max_length=63, blank=True)
    text = models.CharField(max_length=200, blank=True)
    goal = models.TextField(max_length=500, blank=True)
    load_note = models.TextField(max_length=1000, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_plan_episode"),
            unique_submission("triage_plan_submission"),
            models.UniqueConstraint(
                fields=["clinic", "episode"],
                name="triage_plan_once",
                violation_error_message="This complaint has a plan already: change that one.",
            ),
            models.CheckConstraint(
                condition=~models.Q(condition_code="", text=""),
                name="triage_plan_named",
                violation_error_message="Choose what the plan is for, or name it.",
            ),
        ]

    def __str__(self) -> str:
        return self.text or self.condition_code


class PlanPartQuerySet(RecordQuerySet):
    patient_path = "plan__episode__patient__"

    def of_plan(self, plan: Plan) -> Self:
        return self.filter(plan=plan)

    def kept(self) -> Self:
        """Without what was taken off again."""
        return self.filter(dropped=False)

    def with_plan(self) -> Self:
        return self.select_related("plan__episode__patient")

    def in_order(self) -> Self:
        return self.order_by("created_at", "id")


class PlanPart(EditableModel):
    """One line of a plan. What is `dropped` was taken off and can be put back."""

    plan: Any
    dropped = models.BooleanField(default=False, editable=False)

    objects = PlanPartQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        abstract = True


def part_constraints(name: str, *more: Any) -> list[Any]:
    return [
        *EditableModel.Meta.constraints,
        CompositeForeignKey(fields=("clinic", "plan"), name=f"triage_{name}_plan"),
        unique_submission(f"triage_{name}_submission"),
        *more,
    ]


class CareStage(models.TextChoices):
    FIRST_LINE = "first_line", "First line"
    ADJUNCT = "adjunct", "Alongside"
    SECOND_LINE = "second_line", "Second line"
    SURGICAL = "surgical", "Surgery"


class CareStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    STARTED = "started", "Started"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"


@tracked
class PlannedTreatment(PlanPart):
    """A treatment of the release by its code, or one in own words.

    `cautions` are those that applied when it was put on the plan, each with what the record said, and
    `caution_reason` why it was chosen all the same.
    """

    Stage = CareStage
    Status = CareStatus

    plan = tenant_foreign_key(Plan, related_name="treatments")
    treatment_code = models.CharField(max_length=63, blank=True)
    text = models.CharField(max_length=200, blank=True)
    stage = models.CharField(max_length=15, choices=CareStage, default=CareStage.FIRST_LINE)
    factor_code = models.CharField(max_length=63, blank=True, editable=False)
    note = models.TextField(max_length=1000, blank=True)
    status = models.CharField(max_length=10, choices=CareStatus, default=CareStatus.PLANNED)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    stop_reason = models.CharField(max_length=300, blank=True)
    cautions = models.JSONField(default=list, blank=True, editable=False)
    caution_reason = models.TextField(max_length=500, blank=True, editable=False)

    class Meta(PlanPart.Meta):
        constraints = part_constraints(
            "plannedtreatment",
            one_of("stage", CareStage, name="triage_plannedtreatment_stage"),
            one_of("status", CareStatus, name="triage_plannedtreatment_status"),
            models.CheckConstraint(
                condition=~models.Q(treatment_code="", text=""),
                name="triage_plannedtreatment_named",
                violation_error_message="Choose a treatment, or name one.",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="stopped") | ~models.Q(stop_reason=""),
                name="triage_plannedtreatment_stopped",
                violation_error_message="Say why it was stopped.",
            ),
            models.CheckConstraint(
                condition=models.Q(cautions=[]) | ~models.Q(caution_reason=""),
                name="triage_plannedtreatment_weighed",
                violation_error_message="A caution applies: say why it is chosen all the same.",
            ),
        )

    def __str__(self) -> str:
        return self.text or self.treatment_code


@tracked
class HomeExercise(PlanPart):
    """What the patient does at home, with its dose."""

    Status = CareStatus

    plan = tenant_foreign_key(Plan, related_name="exercises")
    name = models.CharField(max_length=200)
    how = models.TextField(max_length=1000, blank=True)
    sets = models.PositiveSmallIntegerField(null=True, blank=True, validators=at_most(20))
    repetitions = models.PositiveSmallIntegerField(null=True, blank=True, validators=at_most(200))
    hold_seconds = models.PositiveSmallIntegerField(null=True, blank=True, validators=at_most(600))
    times_a_day = models.PositiveSmallIntegerField(null=True, blank=True, validators=at_most(12))
    days_a_week = models.PositiveSmallIntegerField(null=True, blank=True, validators=at_most(7))
    load = models.CharField(max_length=100, blank=True)
    pain_rule = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=CareStatus, default=CareStatus.PLANNED)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    stop_reason = models.CharField(max_length=300, blank=True)

    class Meta(PlanPart.Meta):
        constraints = part_constraints(
            "homeexercise",
            not_blank("name", name="triage_homeexercise_name", message="Name the exercise."),
            one_of("status", CareStatus, name="triage_homeexercise_status"),
            models.CheckConstraint(
                condition=~models.Q(status="stopped") | ~models.Q(stop_reason=""),
                name="triage_homeexercise_stopped",
                violation_error_message="Say why it was stopped.",
            ),
        )

    def __str__(self) -> str:
        return self.name


@tracked
class LoadStep(PlanPart):
    """How much running in one week of the plan."""

    plan = tenant_foreign_key(Plan, related_name="load_steps")
    week = models.PositiveSmallIntegerField(validators=at_most(WEEK_MAX))
    running_km = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, blank=True, validators=at_most(KM_MAX, least=0)
    )
    running_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=at_most(MINUTES_MAX, least=0)
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta(PlanPart.Meta):
        constraints = part_constraints(
            "loadstep",
            models.UniqueConstraint(
                fields=["clinic", "plan", "week"],
                condition=models.Q(dropped=False),
                name="triage_loadstep_once",
                violation_error_message="This week is in the plan already.",
            ),
            models.CheckConstraint(
                condition=models.Q(running_km__isnull=False)
                | models.Q(running_minutes__isnull=False)
                | ~models.Q(note=""),
                name="triage_loadstep_said",
                violation_error_message="Give kilometres, minutes, or a few words.",
            ),
        )

    def __str__(self) -> str:
        return f"Week {self.week}"


class ReferralUrgency(models.TextChoices):
    """The scale of red flags."""

    IMMEDIATE = "immediate", "Now"
    SAME_DAY = "same_day", "Today"
    DAYS = "days", "Within days"
    CAUTION = "caution", "No hurry, with caution"


@tracked
class Referral(PlanPart):
    """Somebody else is asked. Until an answer is on record a follow-up stands on the worklist."""

    Urgency = ReferralUrgency

    plan = tenant_foreign_key(Plan, related_name="referrals")
    follow_up = tenant_foreign_key(FollowUp, related_name="referrals", null=True, blank=True, editable=False)
    to_whom = models.CharField(max_length=200)
    reason = models.TextField(max_length=1000)
    urgency = models.CharField(max_length=10, choices=ReferralUrgency, default=ReferralUrgency.DAYS)
    referred_on = models.DateField()
    answered_on = models.DateField(null=True, blank=True)
    answer = models.TextField(max_length=2000, blank=True)

    class Meta(PlanPart.Meta):
        constraints = part_constraints(
            "referral",
            CompositeForeignKey(fields=("clinic", "follow_up"), name="triage_referral_follow_up"),
            one_of("urgency", ReferralUrgency, name="triage_referral_urgency"),
            not_blank("to_whom", name="triage_referral_to_whom", message="Say who is asked."),
            not_blank("reason", name="triage_referral_reason", message="Say what is asked."),
        )

    def __str__(self) -> str:
        return self.to_whom
