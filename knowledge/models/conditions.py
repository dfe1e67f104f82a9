"""Conditions and what hangs on each: classification, exclusions, recovery, disputes, priors, evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from django.db import models
from django.db.models import Q
from django.urls import reverse

from knowledge.models.base import (
    BASIS,
    Claim,
    Coded,
    choices,
    claim_constraint,
    code_field,
    code_reference,
    name_field,
    names_field,
    share_constraint,
    tracked,
    weeks_field,
)
from knowledge.models.places import Site, Structure
from knowledge.schema.base import Frequency, PriorClass, Setting
from knowledge.schema.conditions import Nature


class ConditionQuerySet(models.QuerySet["Condition"]):
    def in_use(self) -> ConditionQuerySet:
        return self.filter(replaced_by=None)

    def urgent(self) -> ConditionQuerySet:
        return self.filter(urgency__in=("urgent", "emergency"))


@tracked
class Condition(Coded):
    """A diagnosis, on the side of the complaint."""

    name = name_field()
    synonyms = names_field()
    definition = models.TextField(blank=True)
    nature = models.CharField(max_length=20, blank=True, choices=choices(*get_args(Nature)))
    urgency = models.CharField(
        max_length=10, choices=choices("routine", "soon", "urgent", "emergency"), default="routine"
    )
    sites = models.ManyToManyField(Site, blank=True, related_name="conditions")
    structures = models.ManyToManyField(Structure, blank=True, related_name="conditions")
    panel_threshold = models.FloatField(null=True, blank=True)
    mimics = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="mimicked_by")
    recovery_text = models.TextField(blank=True)
    recovery_weeks = weeks_field()
    recovery_source = code_reference("knowledge.Source", null=True, blank=True)
    recovery_locator = name_field(blank=True)
    recovery_basis = models.CharField(max_length=20, choices=BASIS, blank=True)
    prognosis = models.TextField(blank=True)
    prevention = models.TextField(blank=True)
    replaced_by = code_reference("self", null=True, blank=True)

    objects = ConditionQuerySet.as_manager()

    class Meta(Coded.Meta):
        ordering = ("name",)
        constraints = (
            *Coded.Meta.constraints,
            share_constraint("panel_threshold"),
            models.CheckConstraint(
                condition=~Q(code="other"),
                name="knowledge_condition_is_not_other",
                violation_error_message="The code other is the engine's own hypothesis.",
            ),
        )

    def get_absolute_url(self) -> str:
        return reverse("knowledge:condition-detail", args=[self.code])


class OfCondition(models.Model):
    """An entry in a list of a condition; `position` keeps the editor's order."""

    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ("condition", "position")


@tracked
class IcdCode(OfCondition):
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="icd10cm")
    code = models.CharField(max_length=10, help_text='A trailing "-" means that more characters follow.')
    title = name_field()
    verified = models.BooleanField(default=False)

    class Meta(OfCondition.Meta):
        verbose_name = "ICD-10-CM code"

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


@tracked
class PainSource(models.Model):
    """Which share of the pain of a condition comes from a structure (for blocks)."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="pain_from")
    structure = code_reference("knowledge.Structure")
    share = models.FloatField()

    class Meta:
        ordering = ("condition", "structure")
        constraints = (
            share_constraint("share"),
            models.UniqueConstraint(
                fields=["condition", "structure"],
                name="knowledge_pain_source_once",
                violation_error_message="This structure already has a share of the pain.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.structure_id} {self.share:g}"


@tracked
class Exclusion(OfCondition, Claim):
    """A recorded level that clears an urgent condition from the can't-miss panel."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="excluded_by")
    finding = code_reference("knowledge.Finding")
    level = code_field()

    class Meta(OfCondition.Meta):
        constraints = (claim_constraint(),)

    def __str__(self) -> str:
        return f"{self.finding_id} {self.level}"


@tracked
class Dispute(OfCondition):
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="disputes")
    topic = name_field()

    def __str__(self) -> str:
        return self.topic


@tracked
class Position(Claim):
    """What one side of a dispute holds."""

    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="positions")
    position = models.PositiveSmallIntegerField(default=0)
    claim = models.TextField()

    class Meta:
        ordering = ("dispute", "position")
        constraints = (claim_constraint(),)


@tracked
class Prior(Claim):
    """How common a condition is: a share in a setting, or a class where nobody counted."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="priors")
    setting = models.CharField(max_length=20, blank=True, choices=choices(*get_args(Setting)))
    share = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField(null=True, blank=True)
    frequency_class = models.CharField(max_length=20, blank=True, choices=choices(*get_args(PriorClass)))
    caveat = models.TextField(blank=True)

    class Meta:
        ordering = ("condition", "setting", "pk")
        constraints = (
            claim_constraint(),
            models.CheckConstraint(
                condition=(Q(share__gt=0, share__lt=1, frequency_class="") & ~Q(setting=""))
                | (Q(share__isnull=True, setting="", basis="expert_estimate") & ~Q(frequency_class="")),
                name="knowledge_prior_share_or_class",
                violation_error_message="Give a share with its setting, or a class as expert estimate.",
            ),
        )


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def studied(self) -> EvidenceQuerySet:
        return self.filter(basis="study")

    def of_conditions(self, codes: Iterable[str]) -> EvidenceQuerySet:
        return self.filter(condition__in=list(codes))


@tracked
class Evidence(Claim):
    """What a source says of a finding given the condition; one of four forms."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="evidence")
    finding = code_reference("knowledge.Finding", related_name="evidence")
    level = code_field(blank=True)
    positives = models.PositiveIntegerField(null=True, blank=True)
    n = models.PositiveIntegerField(null=True, blank=True)
    probability = models.FloatField(null=True, blank=True)
    frequency_class = models.CharField(max_length=20, blank=True, choices=choices(*get_args(Frequency)))
    weight = models.FloatField(default=1.0, help_text="Quality discount, above 0 and at most 1.")
    population = models.TextField(blank=True)
    reference_standard = models.TextField(blank=True)
    design = models.TextField(blank=True)
    risk_of_bias = models.CharField(
        max_length=10, blank=True, choices=choices("low", "moderate", "high", "unclear")
    )
    published_lr_positive = models.FloatField(null=True, blank=True)
    published_lr_negative = models.FloatField(null=True, blank=True)
    note = models.TextField(blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ("condition", "finding", "pk")
        verbose_name_plural = "evidence"
        constraints = (
            claim_constraint(),
            share_constraint("probability"),
            models.CheckConstraint(
                condition=Q(positives__isnull=True) | Q(n__isnull=True) | Q(positives__lte=models.F("n")),
                name="knowledge_evidence_positives_within_n",
                violation_error_message="n counts everybody who was tested; positives cannot be above it.",
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=1),
                name="knowledge_evidence_weight",
                violation_error_message="The weight is above 0 and at most 1.",
            ),
            models.CheckConstraint(
                condition=Q(
                    positives__isnull=False, n__isnull=False, probability__isnull=True, frequency_class=""
                )
                | Q(positives__isnull=True, n__isnull=False, probability__isnull=False, frequency_class="")
                | Q(positives__isnull=True, n__isnull=True, probability__isnull=True),
                name="knowledge_evidence_one_form",
                violation_error_message="Give one of: positives with n, probability with n, a class, counts.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.finding_id} given {self.condition_id}"


@tracked
class EvidenceCount(models.Model):
    """How many people showed a level, where a source counts several."""

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="counts")
    level = code_field()
    value = models.FloatField()

    class Meta:
        ordering = ("evidence", "level")
        constraints = (
            models.UniqueConstraint(
                fields=["evidence", "level"],
                name="knowledge_evidence_count_once",
                violation_error_message="This level is already counted.",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="knowledge_evidence_count_not_negative",
                violation_error_message="A count is not negative.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.level} {self.value:g}"
