"""Everything that can be recorded at a visit: findings that vote, risk factors, contributing factors."""

from __future__ import annotations

from django.db import models

from knowledge.models.base import (
    BASIS,
    PACKAGES,
    STAGES,
    Claim,
    Coded,
    choices,
    claim_constraint,
    code_field,
    code_reference,
    name_field,
    names_field,
    one_namespace,
    share_constraint,
    tracked,
)
from knowledge.models.places import Cluster, Site, Structure

SIDE_CONTROL = "The other side can only be the control of a finding that has a side."


class FindingQuerySet(models.QuerySet["Finding"]):
    def in_use(self) -> FindingQuerySet:
        return self.filter(replaced_by=None)


@tracked
class Finding(Coded):
    """A question or test with mutually exclusive levels."""

    name = name_field()
    question = models.TextField(blank=True)
    synonyms = names_field()
    role = models.CharField(max_length=10, choices=choices("votes"), default="votes")
    kind = code_field()
    stage = models.CharField(max_length=15, choices=STAGES)
    package = models.CharField(max_length=15, choices=PACKAGES)
    group = name_field()
    order = models.PositiveIntegerField(default=0)
    side_aware = models.BooleanField(default=False)
    side_control = models.BooleanField(default=False)
    parents = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="children")
    asked_if_finding = code_reference("self", null=True, blank=True)
    asked_if_level = code_field(blank=True)
    cluster = code_reference("knowledge.Cluster", null=True, blank=True, related_name="findings")
    sites = models.ManyToManyField(Site, blank=True, related_name="findings")
    structures = models.ManyToManyField(Structure, blank=True, related_name="findings")
    default_n = models.FloatField(null=True, blank=True, help_text="Strength of the default rate, in people.")
    default_source = code_reference("knowledge.Source", null=True, blank=True)
    default_locator = name_field(blank=True)
    default_basis = models.CharField(max_length=20, choices=BASIS, blank=True)
    epsilon = models.FloatField(null=True, blank=True)
    how_to = models.TextField(blank=True)
    positive_if = models.TextField(blank=True)
    minutes = models.FloatField(null=True, blank=True)
    discomfort = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 (none) to 3 (much).")
    cost = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 (none) to 3 (much).")
    block_structures = models.ManyToManyField(Structure, blank=True, related_name="blocked_by")
    block_technical_success = models.FloatField(null=True, blank=True)
    block_placebo = models.FloatField(null=True, blank=True)
    block_complete = code_field(blank=True)
    replaced_by = code_reference("self", null=True, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta(Coded.Meta):
        ordering = ("package", "order", "code")
        constraints = (
            *Coded.Meta.constraints,
            share_constraint("epsilon"),
            share_constraint("block_technical_success"),
            share_constraint("block_placebo"),
            models.CheckConstraint(
                condition=models.Q(side_control=False) | models.Q(side_aware=True),
                name="knowledge_finding_side_control_needs_side",
                violation_error_message=SIDE_CONTROL,
            ),
            models.CheckConstraint(
                condition=(models.Q(discomfort__isnull=True) | models.Q(discomfort__lte=3))
                & (models.Q(cost__isnull=True) | models.Q(cost__lte=3)),
                name="knowledge_finding_burden_0_to_3",
                violation_error_message="Discomfort and cost go from 0 to 3.",
            ),
        )
        triggers = (*Coded.Meta.triggers, one_namespace("riskfactor", "contributingfactor"))


@tracked
class Level(models.Model):
    """One answer of a finding; the first is the reference level."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="levels")
    position = models.PositiveSmallIntegerField()
    code = code_field()
    name = name_field()
    replaced_by = code_field(blank=True)

    class Meta:
        ordering = ("finding", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["finding", "code"],
                name="knowledge_level_once",
                violation_error_message="This finding already has a level with this code.",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )

    def __str__(self) -> str:
        return self.name


class LevelNumber(models.Model):
    """A number that a finding gives to one of its levels."""

    level = code_field()
    value = models.FloatField()

    class Meta:
        abstract = True
        ordering = ("finding", "level")

    def __str__(self) -> str:
        return f"{self.level} {self.value:g}"


@tracked
class DefaultRate(LevelNumber):
    """How often a level shows in the same kind of complaint from another cause."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="default_rates")

    class Meta(LevelNumber.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["finding", "level"],
                name="knowledge_default_rate_once",
                violation_error_message="This level already has a default rate.",
            ),
            share_constraint("value"),
        )


@tracked
class BlockRelief(LevelNumber):
    """How relief is spread over the other levels when a block does not work completely."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="block_others")

    class Meta(LevelNumber.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["finding", "level"],
                name="knowledge_block_relief_once",
                violation_error_message="This level already has a weight.",
            ),
            models.CheckConstraint(
                condition=models.Q(value__gt=0),
                name="knowledge_block_relief_above_0",
                violation_error_message="The weight of a level must be above 0.",
            ),
        )


@tracked
class Avoidance(models.Model):
    """When a finding must not be proposed."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="avoid_if")
    position = models.PositiveSmallIntegerField()
    condition = code_reference("knowledge.Condition", null=True, blank=True)
    share = models.FloatField(null=True, blank=True)
    rule = code_reference("knowledge.Rule", null=True, blank=True)
    allergy = code_field(blank=True)

    class Meta:
        ordering = ("finding", "position")
        constraints = (share_constraint("share"),)

    def __str__(self) -> str:
        return f"avoid if {self.condition_id or self.rule_id or self.allergy}"


@tracked
class RiskFactor(Coded):
    """Moves the prior, never votes."""

    name = name_field()
    question = models.TextField(blank=True)
    synonyms = names_field()
    group = name_field(help_text="Mechanism; one factor of each counts.")
    applies_if_age_at_least = models.FloatField(null=True, blank=True)
    applies_if_age_below = models.FloatField(null=True, blank=True)
    applies_if_sex = models.CharField(max_length=10, blank=True, choices=choices("female", "male", "other"))
    replaced_by = code_reference("self", null=True, blank=True)

    class Meta(Coded.Meta):
        triggers = (*Coded.Meta.triggers, one_namespace("finding", "contributingfactor"))


@tracked
class Effect(Claim):
    """By how much a risk factor moves the odds of a condition."""

    risk_factor = models.ForeignKey(RiskFactor, on_delete=models.CASCADE, related_name="effects")
    condition = code_reference("knowledge.Condition", related_name="effects")
    odds_ratio = models.FloatField()
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("risk_factor", "condition", "pk")
        constraints = (
            claim_constraint(),
            models.CheckConstraint(
                condition=models.Q(odds_ratio__gt=0),
                name="knowledge_effect_ratio_above_0",
                violation_error_message="An odds ratio is above 0.",
            ),
        )


@tracked
class ContributingFactor(Coded, Claim):
    """A deficit that feeds the plan and never votes."""

    name = name_field()
    question = models.TextField(blank=True)
    synonyms = names_field()
    how_to = models.TextField(blank=True)
    positive_if = models.TextField(blank=True)
    package = models.CharField(max_length=15, choices=PACKAGES)
    group = name_field()
    side_aware = models.BooleanField(default=False)
    addressed_by = models.ManyToManyField("knowledge.Treatment", blank=True, related_name="addresses_factors")
    replaced_by = code_reference("self", null=True, blank=True)

    class Meta(Coded.Meta):
        constraints = (*Coded.Meta.constraints, claim_constraint())
        triggers = (*Coded.Meta.triggers, one_namespace("finding", "riskfactor"))


__all__ = [
    "Avoidance",
    "BlockRelief",
    "Cluster",
    "ContributingFactor",
    "DefaultRate",
    "Effect",
    "Finding",
    "Level",
    "RiskFactor",
]
