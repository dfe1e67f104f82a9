"""Where, what and how: sites, structures, sources, and everything that can be recorded at a visit.

Units: rates and shares 0 to 1, minutes, discomfort and cost 0 (none) to 3 (much). Errors: pydantic
`ValidationError`. Source: docs/knowledge-format.md; docs/ranking.md steps 1 to 3 and 10.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from knowledge.schema.base import (
    Claim,
    Code,
    Codes,
    Name,
    Names,
    Package,
    Positive,
    Probability,
    Reference,
    Row,
    Stage,
    Text,
)

Burden = Annotated[int, Field(ge=0, le=3)]


class Site(Row):
    """A place on the body; `parent` makes the part-of tree."""

    code: Code
    name: Name
    synonyms: Names = ()
    parent: Code | None = None


class Structure(Row):
    """A nerve, tendon, bone … lying in sites; `course` says how it runs."""

    code: Code
    name: Name
    kind: Literal[
        "nerve", "tendon", "bone", "joint", "fascia", "ligament", "muscle", "fat_pad", "vessel", "bursa"
    ]
    sites: Codes = ()
    course: Text | None = None


class Cluster(Row):
    """Findings that say partly the same thing; `phi` is their squared similarity, else the release's own."""

    code: Code
    name: Name
    phi: Probability | None = None


class Source(Row):
    """A publication. No row rests on one `unverified` (never seen), `untraced` (not found) or `withdrawn`."""

    code: Code
    citation: Text
    doi: Annotated[Reference, Field(pattern=r"^10\.\S+/\S+$")] | None = None
    pmid: Annotated[Reference, Field(pattern=r"^[0-9]{1,9}$")] | None = None
    url: Annotated[Name, Field(pattern=r"^https?://\S+$")] | None = None
    kind: Code | None = None
    status: Literal["verified", "unverified", "untraced", "withdrawn"]


class Level(Row):
    """One of the mutually exclusive answers of a finding."""

    code: Code
    name: Name
    replaced_by: Code | None = None


class DefaultRate(Claim):
    """How often each level shows in the same kind of complaint from another cause; `n` is its strength.

    `rates` leaves out the first level of the finding, which takes the rest.
    """

    rates: Annotated[dict[Code, Probability], Field(min_length=1)]
    n: Positive

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if sum(self.rates.values()) > 1:
            raise ValueError("the rates add up to more than 1; the levels exclude one another")
        return self


class AskedIf(Row):
    finding: Code
    level: Code


class Avoidance(Row):
    """When a finding must not be proposed: a condition above a share, a fired rule, or an allergy."""

    condition: Code | None = None
    share: Probability | None = None
    rule: Code | None = None
    allergy: Code | None = None

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        if sum(reason is not None for reason in (self.condition, self.rule, self.allergy)) != 1:
            raise ValueError("give exactly one of condition with share, rule, or allergy")
        if (self.condition is None) != (self.share is None):
            raise ValueError("condition and share belong together: the test is avoided above that share")
        return self


class Block(Row):
    """A diagnostic block: the structures it numbs, and how relief is spread otherwise (step 10)."""

    structures: Annotated[Codes, Field(min_length=1)]
    technical_success: Probability
    placebo: Probability
    complete: Code = "complete"
    others: dict[Code, Positive]


class Finding(Row):
    """A question or test with mutually exclusive levels, that votes. The first is the reference level."""

    code: Code
    name: Name
    question: Text | None = None
    synonyms: Names = ()
    role: Literal["votes"] = "votes"
    kind: Code
    stage: Stage
    package: Package
    group: Name
    order: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    levels: Annotated[tuple[Level, ...], Field(min_length=2, max_length=60)] = (
        Level(code="absent", name="no"),
        Level(code="present", name="yes"),
    )
    side_aware: bool = False
    side_control: bool = False
    parents: Codes = ()
    asked_if: AskedIf | None = None
    cluster: Code | None = None
    sites: Codes = ()
    structures: Codes = ()
    default: DefaultRate | None = None
    epsilon: Annotated[float, Field(ge=0, lt=1)] | None = None
    how_to: Text | None = None
    positive_if: Text | None = None
    minutes: Annotated[float, Field(ge=0, le=600)] | None = None
    discomfort: Burden | None = None
    cost: Burden | None = None
    avoid_if: tuple[Avoidance, ...] = ()
    block: Block | None = None
    replaced_by: Code | None = None

    @property
    def is_binary(self) -> bool:
        return [level.code for level in self.levels] == ["absent", "present"]

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        codes = [level.code for level in self.levels]
        repeated = sorted({code for code in codes if codes.count(code) > 1})
        if repeated:
            raise ValueError(f"level {', '.join(repeated)} is given more than once; keep one")
        if self.side_control and not self.side_aware:
            raise ValueError("side_control needs side_aware: true (the other side is the control)")
        if self.default is not None:
            self._rates_fit(self.default, codes)
        if self.block is not None:
            self._block_fits(self.block, codes)
        return self

    def _rates_fit(self, default: DefaultRate, codes: list[str]) -> None:
        unknown = sorted(set(default.rates) - set(codes))
        if unknown:
            raise ValueError(f"default.rates names {', '.join(unknown)}; the levels are {', '.join(codes)}")
        missing = sorted(set(codes[1:]) - set(default.rates))
        if missing:
            raise ValueError(
                f"default.rates lacks {', '.join(missing)}; give every level but the first, {codes[0]}"
            )
        if codes[0] in default.rates:
            raise ValueError(f"default.rates gives {codes[0]}; leave out the first level, it takes the rest")

    def _block_fits(self, block: Block, codes: list[str]) -> None:
        named = {block.complete, *block.others}
        if named != set(codes) or block.complete in block.others:
            raise ValueError(
                f"block must name each level once: complete and, under others, the rest of {', '.join(codes)}"
            )


class AppliesIf(Row):
    """A risk factor that follows from age (years) or sex and is not asked."""

    age_at_least: Annotated[float, Field(ge=0, le=120)] | None = None
    age_below: Annotated[float, Field(ge=0, le=120)] | None = None
    sex: Literal["female", "male", "other"] | None = None


class Effect(Claim):
    """By how much a risk factor moves the prior odds of one condition; low and high are its 95 % limits."""

    condition: Code
    odds_ratio: Positive
    low: Positive | None = None
    high: Positive | None = None

    @model_validator(mode="after")
    def _inside_its_limits(self) -> Self:
        if not (self.low or self.odds_ratio) <= self.odds_ratio <= (self.high or self.odds_ratio):
            raise ValueError("low, odds_ratio, high are not in rising order")
        return self


class RiskFactor(Row):
    """Moves the prior, never votes. One per mechanism group counts."""

    code: Code
    name: Name
    question: Text | None = None
    synonyms: Names = ()
    group: Name
    applies_if: AppliesIf | None = None
    effects: tuple[Effect, ...] = ()
    replaced_by: Code | None = None


class ContributingFactor(Claim):
    """A deficit found on examination that feeds the plan and never votes."""

    code: Code
    name: Name
    question: Text | None = None
    synonyms: Names = ()
    how_to: Text | None = None
    positive_if: Text | None = None
    package: Package
    group: Name
    side_aware: bool = False
    addressed_by: Codes = ()
    replaced_by: Code | None = None
