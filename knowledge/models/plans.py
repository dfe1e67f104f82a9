"""What is done: treatments, their place in the care of a condition, programmes, red-flag rules."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from knowledge.models.base import (
    BASIS,
    Claim,
    Coded,
    choices,
    claim_constraint,
    code_field,
    code_reference,
    name_field,
    tracked,
    weeks_field,
)
from knowledge.models.conditions import Condition
from knowledge.schema.base import CODE_LENGTH


@tracked
class Treatment(Coded):
    name = name_field()
    description = models.TextField(blank=True)
    addresses = models.TextField(blank=True)


@tracked
class ConditionTreatment(Claim):
    """A treatment at a stage of care for one condition."""

    STAGES = choices("first_line", "second_line", "surgical", "adjunct")

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="treatments")
    treatment = code_reference("knowledge.Treatment", related_name="uses")
    stage = models.CharField(max_length=15, choices=STAGES)
    note = models.TextField(blank=True)
    outcome = models.TextField(blank=True)
    recovery_weeks = weeks_field()

    class Meta:
        ordering = ("condition", "stage", "treatment", "pk")
        constraints = (claim_constraint(),)

    def __str__(self) -> str:
        return f"{self.treatment_id} for {self.condition_id}"


@tracked
class Caution(models.Model):
    """What to mind, and what in the patient makes it matter."""

    use = models.ForeignKey(ConditionTreatment, on_delete=models.CASCADE, related_name="cautions")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    if_comorbidity = code_field(blank=True)
    if_medicine = code_field(blank=True)
    if_allergy = code_field(blank=True)
    if_risk_factor = code_reference("knowledge.RiskFactor", null=True, blank=True)
    source = code_reference("knowledge.Source", null=True, blank=True)
    locator = name_field(blank=True, help_text="Where in the source: page, table, section.")
    basis = models.CharField(max_length=20, choices=BASIS, blank=True)

    class Meta:
        ordering = ("use", "position")

    def __str__(self) -> str:
        return self.text[:80]


@tracked
class Programme(Coded, Claim):
    name = name_field()
    conditions = models.ManyToManyField(Condition, blank=True, related_name="programmes")

    class Meta(Coded.Meta):
        constraints = (*Coded.Meta.constraints, claim_constraint())


@tracked
class Step(models.Model):
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=0)
    title = name_field()
    text = models.TextField()
    entry_criteria = ArrayField(models.TextField(), default=list, blank=True)
    stop_rules = ArrayField(models.TextField(), default=list, blank=True)
    stops_pain_during_above = models.PositiveSmallIntegerField(null=True, blank=True)
    stops_pain_after_above = models.PositiveSmallIntegerField(null=True, blank=True)
    stops_pain_next_morning_above = models.PositiveSmallIntegerField(null=True, blank=True)
    stops_signs = ArrayField(models.CharField(max_length=CODE_LENGTH), default=list, blank=True)

    class Meta:
        ordering = ("programme", "position")

    def __str__(self) -> str:
        return self.title


@tracked
class Rule(Coded, Claim):
    """A red flag; `when` is an expression of docs/knowledge-format.md."""

    name = name_field()
    condition = code_reference("knowledge.Condition", null=True, blank=True, related_name="rules")
    urgency = models.CharField(max_length=10, choices=choices("immediate", "same_day", "days", "caution"))
    when = models.JSONField()
    action = models.TextField()

    class Meta(Coded.Meta):
        constraints = (*Coded.Meta.constraints, claim_constraint())
