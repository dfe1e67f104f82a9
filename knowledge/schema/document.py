"""The release document: one JSON document that is published, exported, imported and read by the engine.

Canonical form: UTF-8 JSON, sorted keys, no spaces, null and empty fields left out, each list sorted by its
code; the hash is the SHA-256 of those bytes. Errors: pydantic `ValidationError`. Source:
docs/knowledge-format.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from knowledge.schema.base import (
    Code,
    Codes,
    Name,
    Positive,
    PriorClass,
    Probability,
    Row,
    Setting,
    Stage,
    Text,
)
from knowledge.schema.conditions import (
    Condition,
    ConditionTreatment,
    Evidence,
    Prior,
    Programme,
    Rule,
    Treatment,
)
from knowledge.schema.findings import (
    Cluster,
    ContributingFactor,
    Finding,
    RiskFactor,
    Site,
    Source,
    Structure,
)

SCHEMA = "tinel.release/1"


class KindDefault(Row):
    rate: Probability
    n: Positive


class ClassWeight(Row):
    mean: Annotated[float, Field(gt=0, lt=1)]
    strength: Positive


class SymptomFree(Row):
    """Which recorded level says that the other side has no symptoms (own control, step 4)."""

    finding: Code
    level: Code


class Misfit(Row):
    """The 95th centile of misfit (nats) by number of observations, from `minimum` on; measured at publish."""

    minimum: Annotated[int, Field(ge=1)]
    centile95: dict[Annotated[str, Field(pattern=r"^[0-9]+$")], float]


class Model(Row):
    """Every constant of the engine (docs/ranking.md); nothing is tuned in code."""

    epsilon: Annotated[float, Field(ge=0, lt=1)]
    beta_prior: tuple[Positive, Positive]
    n_max: Positive
    defaults: dict[Code, KindDefault]
    class_weights: dict[Code, ClassWeight]
    prior_classes: dict[PriorClass, Annotated[float, Field(gt=0, lt=1)]]
    other_prior: Annotated[float, Field(gt=0, lt=1)]
    kappa: Positive
    temperature: Positive
    phi: Probability
    v_q: Probability
    v_root: Probability
    eta: Probability
    silence: Annotated[float, Field(ge=0)]
    silence_scale: Positive
    breadth: Annotated[float, Field(ge=0)]
    absent_weight: Probability
    odds_cap: tuple[Positive, Positive]
    pair_factor: Positive
    draws: Annotated[int, Field(ge=1, le=100_000)]
    settings: Codes = ()  # names that its priors use; none: the three of a clinic
    symptom_free: SymptomFree | None = None
    misfit: Misfit | None = None


class Document(Row):
    """Everything a release says, as typed rows. `plain()` is its JSON with every list in order."""

    schema_name: Literal["tinel.release/1"] = Field(default="tinel.release/1", alias="schema")
    name: Name
    kind: Literal["clinic", "corpus"]
    model: Model
    sites: tuple[Site, ...] = ()
    structures: tuple[Structure, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    findings: tuple[Finding, ...] = ()
    conditions: tuple[Condition, ...] = ()
    priors: tuple[Prior, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    risk_factors: tuple[RiskFactor, ...] = ()
    contributing_factors: tuple[ContributingFactor, ...] = ()
    rules: tuple[Rule, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    condition_treatments: tuple[ConditionTreatment, ...] = ()
    programmes: tuple[Programme, ...] = ()
    sources: tuple[Source, ...] = ()

    def plain(self) -> dict[str, Any]:
        return in_order(super().plain())


ORDER: Mapping[str, tuple[str, ...]] = {
    "priors": ("condition", "setting", "source", "locator"),
    "evidence": ("condition", "finding", "source", "locator", "level"),
    "condition_treatments": ("condition", "treatment", "stage"),
}


def canonical_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def row_order(kind: str) -> Any:
    """The sort key of the rows of one list: its codes, then its whole text, so that the order is total."""
    keys = ORDER.get(kind, ("code",))
    return lambda row: (*(str(row.get(key, "")) for key in keys), canonical_text(row))


def in_order(document: dict[str, Any]) -> dict[str, Any]:
    """The document with each list in its order; risk factors carry their effects ordered by condition."""
    ordered = {
        key: sorted(value, key=row_order(key)) if isinstance(value, list) else value
        for key, value in document.items()
    }
    for factor in ordered.get("risk_factors", []):
        if "effects" in factor:
            factor["effects"] = sorted(
                factor["effects"], key=lambda row: (row["condition"], canonical_text(row))
            )
    return ordered


def canonical_bytes(document: Mapping[str, Any]) -> bytes:
    return canonical_text(document).encode()


def document_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 (64 hex digits) of the canonical bytes."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def read_document(data: Mapping[str, Any]) -> Document:
    """Plain JSON data as a Document; raises pydantic's ValidationError with every fault."""
    return Document.model_validate_json(json.dumps(data))


class CaseObservation(Row):
    finding: Code
    level: Code | None = None
    status: Literal["observed", "equivocal", "not_tested"] = "observed"
    side: Literal["left", "right", "both"] | None = None
    stage: Stage = "exam"


class CaseFile(Row):
    """A visit as `manage.py rank` reads it; age in years."""

    setting: Setting
    age_years: Annotated[float, Field(ge=0, le=120)] | None = None
    sex: Literal["female", "male", "other"] | None = None
    side: Literal["left", "right", "both", "unknown"] = "unknown"
    risk_factors: Codes = ()
    observations: tuple[CaseObservation, ...] = ()


class Shown(Row):
    """What a ranking must show: places, red flags that fired, urgent conditions still open in the panel.

    `not_first` must not lead; `not_below` gives the last place (1 = first) that a condition may take.
    """

    first: Code | None = None
    first_three: Codes = ()
    not_first: Codes = ()
    not_below: dict[Code, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    misfit: bool | None = None
    red_flags: Codes = ()
    cant_miss: Codes = ()


class Expectation(Shown):
    """What a golden case must show with all its facts, and in `after` with those up to a stage."""

    after: dict[Stage, Shown] = Field(default_factory=dict)


class GoldenCase(Row):
    code: Code
    title: Name
    source: Code | None = None
    locator: Name | None = None
    note: Text | None = None
    case: CaseFile
    expect: Expectation
