"""What every row of the knowledge is made of: codes, texts, claims, and the plain form of a row.

Units: probabilities and shares are 0 to 1, times are weeks unless the name says minutes, odds ratios are
ratios. Errors: pydantic's `ValidationError`; `knowledge.loading` turns each into a sentence with its
remedy. Source: docs/knowledge-format.md.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

CODE_PATTERN = r"^[a-z][a-z0-9_]*$"
CODE_LENGTH = 63
NAME_LENGTH = 200
TEXT_LENGTH = 8000


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} is given more than once; keep one")
    return values


def _sorted_distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(_distinct(values)))


def _number_as_text(value: Any) -> Any:
    """A PubMed number is written without quotes by everybody; it is a name, not a quantity."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_written(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """A number as it was written: 36 stays 36 and is not turned into 36.0."""
    checked = check(value)
    return value if type(value) is int else checked


def _unchanged(value: Any) -> Any:
    return value


def _printable(text: str) -> str:
    """Control characters are no writing, and the database cannot keep all of them."""
    hidden = next(
        (sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t"), ""
    )
    if hidden:
        raise ValueError(f"holds the control character {hidden!a}; take it out")
    return text


Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN, max_length=CODE_LENGTH)]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME_LENGTH, strip_whitespace=True),
    AfterValidator(_printable),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TEXT_LENGTH, strip_whitespace=True),
    AfterValidator(_printable),
]
Reference = Annotated[Name, BeforeValidator(_number_as_text)]
Codes = Annotated[tuple[Code, ...], AfterValidator(_sorted_distinct)]
Names = Annotated[tuple[Name, ...], AfterValidator(_distinct)]
Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
PEOPLE_MOST = 10_000_000
_AS_WRITTEN = WrapValidator(_as_written)
_UNCHANGED = PlainSerializer(_unchanged, return_type=int | float)
Count = Annotated[float, Field(ge=0, le=PEOPLE_MOST), _AS_WRITTEN, _UNCHANGED]
People = Annotated[float, Field(gt=0, le=PEOPLE_MOST), _AS_WRITTEN, _UNCHANGED]

Basis = Literal["study", "expert_estimate"]
Setting = Literal["runners", "sports_clinic", "primary_care"]
Stage = Literal["intake", "exam", "investigation"]
Package = Literal["history", "standing", "sitting", "supine", "prone", "investigations", "response"]
Frequency = Literal["always", "very_frequent", "frequent", "occasional", "rare", "never"]
PriorClass = Literal["common", "uncommon", "rare", "very_rare"]

SETTINGS: tuple[str, ...] = get_args(Setting)  # those of a release that declares none
FREQUENCIES: tuple[str, ...] = get_args(Frequency)  # those of a clinic's release


class Row(BaseModel):
    """One record of the knowledge. Frozen; unknown keys are faults; numbers are never read from text."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True
    )

    def plain(self) -> dict[str, Any]:
        """The row as plain JSON data with the keys of the release document, without null and empty fields."""
        return dict(_pruned(self.model_dump(mode="json", by_alias=True)).items())


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _pruned(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner is not None and inner not in ("", [], {})}
    if isinstance(value, list):
        return [_pruned(inner) for inner in value]
    return value


class Claim(Row):
    """A row that says something about the world: it names the place in a source, or says expert estimate.

    `basis` left out means "study" where a source is named. An estimate may name the source that inspired it.
    """

    source: Code | None = None
    locator: Name | None = None
    basis: Basis | None = Field(default_factory=lambda row: "study" if row.get("source") else None)

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> Self:
        if self.basis == "expert_estimate":
            return self
        if self.source is None:
            raise ValueError(
                "a claim without a source; give source and locator, or write basis: expert_estimate"
            )
        if self.locator is None:
            raise ValueError(
                f"source {self.source} without a locator; say where in it (page, table, section),"
                " or write basis: expert_estimate"
            )
        return self


def check_weeks(weeks: tuple[float, float] | None) -> tuple[float, float] | None:
    if weeks is not None and weeks[0] > weeks[1]:
        raise ValueError("the first number of weeks is above the second; write [shortest, longest]")
    return weeks


WeekRange = Annotated[
    tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]], AfterValidator(check_weeks)
]
