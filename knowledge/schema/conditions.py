"""Conditions and what is said of them: priors, evidence, rules, treatments, programmes.

Units: shares and probabilities 0 to 1, counts of people, weeks. Errors: pydantic `ValidationError`.
Source: docs/knowledge-format.md; docs/ranking.md steps 2, 8 and 11.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from knowledge.schema.base import (
    SETTINGS,
    Basis,
    Claim,
    Code,
    Codes,
    Count,
    Name,
    Names,
    People,
    Positive,
    PriorClass,
    Probability,
    Row,
    Text,
    WeekRange,
)
from knowledge.schema.expressions import Expression

Nature = Literal[
    "nerve",
    "tendon",
    "bone",
    "joint",
    "fascia",
    "ligament",
    "muscle",
    "fat_pad",
    "vessel",
    "bursa",
    "skin",
    "nail",
    "compartment",
    "infection",
    "inflammatory",
    "metabolic",
    "tumour",
    "referred",
    "pain_syndrome",
    "systemic",
]


class IcdCode(Row):
    """An ICD-10-CM code or stem (a trailing "-" means that more characters follow)."""

    code: Annotated[str, Field(pattern=r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?-?$")]
    title: Name
    verified: bool = False


class Exclusion(Claim):
    """A recorded level that clears an urgent condition from the can't-miss panel."""

    finding: Code
    level: Code


class Recovery(Claim):
    text: Text
    weeks: WeekRange | None = None


class Position(Claim):
    claim: Text


class Dispute(Row):
    """What sources disagree about, side by side."""

    topic: Name
    positions: Annotated[tuple[Position, ...], Field(min_length=2)]


class Condition(Row):
    """A diagnosis of the release, on the side of the complaint."""

    code: Code
    name: Name
    synonyms: Names = ()
    definition: Text | None = None
    nature: Nature | None = None
    urgency: Literal["routine", "soon", "urgent", "emergency"] = "routine"
    sites: Codes = ()
    structures: Codes = ()
    icd10cm: tuple[IcdCode, ...] = ()
    pain_from: dict[Code, Probability] = Field(default_factory=dict)
    excluded_by: tuple[Exclusion, ...] = ()
    panel_threshold: Probability | None = None
    mimics: Codes = ()
    recovery: Recovery | None = None
    prognosis: Text | None = None
    prevention: Text | None = None
    disputes: tuple[Dispute, ...] = ()
    replaced_by: Code | None = None

    @model_validator(mode="after")
    def _is_itself(self) -> Self:
        if self.code == "other":
            raise ValueError("the code other is the engine's own hypothesis; choose another code")
        if self.code in self.mimics:
            raise ValueError("mimics names the condition itself; take it out")
        return self


class PriorOfCondition(Claim):
    """How common a condition is: a share in a setting, or a class where nobody counted."""

    setting: Code | None = None
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    n: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    frequency_class: PriorClass | None = Field(default=None, alias="class")
    caveat: Text | None = None

    @model_validator(mode="after")
    def _share_or_class(self) -> Self:
        if (self.share is None) == (self.frequency_class is None):
            raise ValueError("give either share with setting, or class")
        if self.share is not None and self.setting is None:
            raise ValueError(f"a share needs its setting: {', '.join(SETTINGS[:-1])} or {SETTINGS[-1]}")
        if self.frequency_class is not None and (self.setting is not None or self.n is not None):
            raise ValueError("a class has no setting and no n; take them out, or give a share")
        if self.frequency_class is not None and self.basis != "expert_estimate":
            raise ValueError("a class is an estimate; write basis: expert_estimate")
        return self


class Prior(PriorOfCondition):
    condition: Code


class PublishedRatio(Row):
    """The likelihood ratio the source itself prints, shown and never computed with."""

    positive: Annotated[float, Field(ge=0)] | None = None
    negative: Annotated[float, Field(ge=0)] | None = None


class EvidenceOfCondition(Claim):
    """What a source says of a finding given the condition, in exactly one of four forms:

    `positives` of `n` · `probability` (a sensitivity) with `n` · `class` · `counts` over all levels.
    `weight` is the quality discount of step 2, above 0 and at most 1. `level` left out means "present".
    Which classes there are, and whether `positives` and `n` may be parts of people, is the release's matter:
    knowledge/schema/declared.py.
    """

    finding: Code
    positives: Count | None = None
    n: People | None = None
    probability: Probability | None = None
    frequency_class: Code | None = Field(default=None, alias="class")
    counts: dict[Code, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    level: Code | None = Field(default_factory=lambda row: None if row.get("counts") else "present")
    weight: Annotated[float, Field(gt=0, le=1)] = 1.0
    population: Text | None = None
    reference_standard: Text | None = None
    design: Text | None = None
    risk_of_bias: Literal["low", "moderate", "high", "unclear"] | None = None
    published_lr: PublishedRatio | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (
            self.positives is not None,
            self.probability is not None,
            self.frequency_class is not None,
            bool(self.counts),
        )
        if sum(forms) != 1:
            raise ValueError("give exactly one of positives with n, probability with n, class, or counts")
        if (self.positives is not None or self.probability is not None) != (self.n is not None):
            raise ValueError("n, the number of people, belongs to positives or probability, and they need it")
        if self.positives is not None and self.n is not None and self.positives > self.n:
            raise ValueError(
                f"positives {self.positives} is above n {self.n}; n counts everybody who was tested"
            )
        if not self.counts and self.level is None:
            raise ValueError("level is empty; name a level, or leave the key out, which means present")
        if self.counts and self.level is not None:
            raise ValueError("counts covers all levels; take level out")
        if self.counts and sum(self.counts.values()) <= 0:
            raise ValueError("counts adds up to nothing; give at least one count above 0")
        if self.frequency_class is not None and self.basis != "expert_estimate" and self.source is None:
            raise ValueError("a class needs a source that uses it, or basis: expert_estimate")
        return self


class Evidence(EvidenceOfCondition):
    condition: Code


class CautionIf(Row):
    """What makes a caution apply; exactly one."""

    comorbidity: Code | None = None
    medicine: Code | None = None
    allergy: Code | None = None
    risk_factor: Code | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set & {"comorbidity", "medicine", "allergy", "risk_factor"}) != 1:
            raise ValueError("give exactly one of comorbidity, medicine, allergy, risk_factor")
        return self


class Caution(Row):
    """What to mind. It rests on what its treatment rests on, unless it says something of its own."""

    text: Text
    applies_if: CautionIf | None = Field(default=None, alias="if")
    source: Code | None = None
    locator: Name | None = None
    basis: Basis | None = Field(default_factory=lambda row: "study" if row.get("source") else None)

    @model_validator(mode="after")
    def _says_where_in_its_source(self) -> Self:
        if self.basis == "study" and (self.source is None or self.locator is None):
            raise ValueError(
                "a caution of its own source needs source and locator, or basis: expert_estimate"
            )
        if self.locator is not None and self.source is None:
            raise ValueError("a locator without its source; name the source")
        return self


class TreatmentOfCondition(Claim):
    """A treatment at a stage of care for one condition."""

    treatment: Code
    stage: Literal["first_line", "second_line", "surgical", "adjunct"]
    note: Text | None = None
    outcome: Text | None = None
    cautions: tuple[Caution, ...] = ()
    recovery_weeks: WeekRange | None = None


class ConditionTreatment(TreatmentOfCondition):
    condition: Code


class Treatment(Row):
    code: Code
    name: Name
    description: Text | None = None
    addresses: Text | None = None


class Rule(Claim):
    """A red flag: deterministic, over raw observations, shown whatever the shares are."""

    code: Code
    name: Name
    condition: Code | None = None
    urgency: Literal["immediate", "same_day", "days", "caution"]
    when: Expression
    action: Text


PainLimit = Annotated[int, Field(ge=0, le=9)]
StopSign = Literal["next_morning_worse", "start_up_longer", "nerve_symptoms"]


class Stops(Row):
    """Those of the stop rules that a log of runs can tell: pain above a number of 10, and signs."""

    pain_during_above: PainLimit | None = None
    pain_after_above: PainLimit | None = None
    pain_next_morning_above: PainLimit | None = None
    signs: tuple[StopSign, ...] = ()


class Step(Row):
    """`stop_rules` are for people; `stops` says again what of them can be checked, and nothing else."""

    title: Name
    text: Text
    entry_criteria: tuple[Text, ...] = ()
    stop_rules: tuple[Text, ...] = ()
    stops: Stops | None = None


class Programme(Claim):
    """Steps back to running, each with what lets a patient enter and what stops them."""

    code: Code
    name: Name
    conditions: Codes = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


__all__ = [
    "Caution",
    "CautionIf",
    "Condition",
    "ConditionTreatment",
    "Dispute",
    "Evidence",
    "EvidenceOfCondition",
    "Exclusion",
    "IcdCode",
    "Position",
    "Positive",
    "Prior",
    "PriorOfCondition",
    "Programme",
    "PublishedRatio",
    "Recovery",
    "Rule",
    "Step",
    "StopSign",
    "Stops",
    "Treatment",
    "TreatmentOfCondition",
]
