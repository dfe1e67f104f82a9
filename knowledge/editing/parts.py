"""What can be changed on its own: a coded row, or one row of a table that hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from knowledge import schema
from knowledge.editing import conditions, findings
from knowledge.editing.keys import Section
from knowledge.mapping import SHAPES, Branch, Plain, Shape, plain_of, related_names
from knowledge.schema.conditions import Dispute
from knowledge.schema.document import canonical_text
from knowledge.schema.findings import Effect


@dataclass(frozen=True)
class Part:
    """One form: the shape and the schema of its row, what it asks, and the branch it hangs on."""

    kind: str
    word: str
    shape: Shape
    schema: type[schema.Row]
    asks: tuple[Section, ...]
    branch: Branch | None = None
    is_claim: bool = True

    @property
    def slug(self) -> str:
        return self.branch.related if self.branch else ""

    def rows(self, code: str = "") -> Any:
        """Its rows, those of one entity for a branch, ready to be read as plain data."""
        found = self.shape.model._default_manager.prefetch_related(*related_names(self.shape))
        return found.filter(**{self.branch.owner: code}) if self.branch else found

    def plain(self, row: Any) -> Plain:
        return plain_of(self.shape, row)


@dataclass(frozen=True)
class Entity:
    """A kind of coded row with the tables that hang on it."""

    kind: str
    main: Part
    tables: tuple[Part, ...] = ()

    @property
    def word(self) -> str:
        return self.main.word

    def table(self, slug: str) -> Part | None:
        return next((part for part in self.tables if part.slug == slug), None)


def token_of(plain: Mapping[str, Any]) -> str:
    """Which state of a row a form was made from: the SHA-256 of its canonical plain data."""
    return sha256(canonical_text(plain).encode()).hexdigest()


def _entity(
    kind: str, word: str, of: type[schema.Row], asks: tuple[Section, ...],
    tables: Mapping[str, tuple[str, type[schema.Row], tuple[Section, ...]]] | None = None,
) -> Entity:  # fmt: skip
    shape = SHAPES[kind]
    apart = {branch.related: branch for branch in shape.branches if branch.related in (tables or {})}
    own = replace(shape, branches=tuple(b for b in shape.branches if b.related not in apart))
    main = Part(kind, word, own, of, asks, is_claim=issubclass(of, schema.Claim))
    return Entity(
        kind,
        main,
        tuple(
            Part(
                kind,
                row_word,
                apart[slug].shape,
                row_of,
                row_asks,
                apart[slug],
                issubclass(row_of, schema.Claim),
            )
            for slug, (row_word, row_of, row_asks) in (tables or {}).items()
        ),
    )


ENTITIES: Mapping[str, Entity] = {
    entity.kind: entity
    for entity in (
        _entity(
            "conditions", "condition", schema.Condition, conditions.CONDITION,
            {
                "priors": ("line on how common it is", schema.PriorOfCondition, conditions.PRIOR),
                "evidence": ("line of evidence", schema.EvidenceOfCondition, conditions.EVIDENCE),
                "treatments": ("treatment", schema.TreatmentOfCondition, conditions.TREATMENT),
                "disputes": ("dispute", Dispute, conditions.DISPUTE),
            },
        ),
        _entity("findings", "finding", schema.Finding, findings.FINDING),
        _entity(
            "risk_factors", "risk factor", schema.RiskFactor, findings.RISK_FACTOR,
            {"effects": ("effect", Effect, findings.EFFECT)},
        ),
        _entity(
            "contributing_factors", "contributing factor", schema.ContributingFactor, findings.CONTRIBUTING
        ),
        _entity("rules", "red flag", schema.Rule, findings.RULE),
        _entity("treatments", "treatment", schema.Treatment, findings.TREATMENT),
        _entity("sources", "source", schema.Source, findings.SOURCE),
        _entity("sites", "site", schema.Site, findings.SITE),
        _entity("structures", "structure", schema.Structure, findings.STRUCTURE),
        _entity("clusters", "cluster", schema.Cluster, findings.CLUSTER),
        _entity("programmes", "programme", schema.Programme, findings.PROGRAMME),
    )
}  # fmt: skip
