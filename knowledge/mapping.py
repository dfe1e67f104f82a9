"""How a row of the schema lies in the tables: one table of shapes, read in both directions.

`plain` data are what `Row.plain()` gives: keys of the release document without null and empty fields. A key
path such as "recovery.text" names a nested key; columns are named after it (`recovery_text`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from knowledge import models as tables

Plain = dict[str, Any]


@dataclass(frozen=True)
class Branch:
    """A list under a key, one row of `shape` for each entry, hanging on the parent by `owner`."""

    key: str
    related: str
    owner: str
    shape: Shape
    positioned: bool = True


@dataclass(frozen=True)
class Numbers:
    """A mapping of codes to numbers under a key path, one row for each."""

    key: str
    related: str
    owner: str
    model: type[models.Model]
    code: str = "level"
    value: str = "value"


@dataclass(frozen=True)
class Shape:
    """A table; `groups` are the nested keys whose parts stand in columns of their own."""

    model: type[models.Model]
    groups: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)  # key path → many-to-many field
    branches: tuple[Branch, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    skip: tuple[str, ...] = ()

    def columns(self) -> dict[str, models.Field[Any, Any]]:
        """Key path → column, for every column that says something."""
        owned = {"id", "position", "only", *self.skip}
        named = {}
        for column in self.model._meta.concrete_fields:
            if column.name not in owned:
                named[self._key(column.name)] = column
        return named

    def _key(self, name: str) -> str:
        renamed = {"frequency_class": "class"}.get(name, name)
        for group in self.groups:
            if renamed.startswith(f"{group}_"):
                return f"{group}.{renamed.removeprefix(f'{group}_')}"
        return renamed


POSITION = Shape(tables.Position, skip=("dispute",))
CAUTION = Shape(tables.Caution, groups=("if",), skip=("use",))

SITE = Shape(tables.Site)
STRUCTURE = Shape(tables.Structure, links={"sites": "sites"})
CLUSTER = Shape(tables.Cluster)
SOURCE = Shape(tables.Source)
TREATMENT = Shape(tables.Treatment)
FINDING = Shape(
    tables.Finding,
    groups=("asked_if", "default", "block"),
    links={
        "parents": "parents",
        "sites": "sites",
        "structures": "structures",
        "block.structures": "block_structures",
    },
    branches=(
        Branch("levels", "levels", "finding", Shape(tables.Level, skip=("finding",))),
        Branch("avoid_if", "avoid_if", "finding", Shape(tables.Avoidance, skip=("finding",))),
    ),
    numbers=(
        Numbers("default.rates", "default_rates", "finding", tables.DefaultRate),
        Numbers("block.others", "block_others", "finding", tables.BlockRelief),
    ),
)
PRIOR = Shape(tables.Prior, skip=("condition",))
EVIDENCE = Shape(
    tables.Evidence,
    groups=("published_lr",),
    skip=("condition",),
    numbers=(Numbers("counts", "counts", "evidence", tables.EvidenceCount),),
)
CONDITION_TREATMENT = Shape(
    tables.ConditionTreatment,
    skip=("condition",),
    branches=(Branch("cautions", "cautions", "use", CAUTION),),
)
CONDITION = Shape(
    tables.Condition,
    groups=("recovery",),
    links={"sites": "sites", "structures": "structures", "mimics": "mimics"},
    branches=(
        Branch("icd10cm", "icd10cm", "condition", Shape(tables.IcdCode, skip=("condition",))),
        Branch("excluded_by", "excluded_by", "condition", Shape(tables.Exclusion, skip=("condition",))),
        Branch(
            "disputes", "disputes", "condition",
            Shape(
                tables.Dispute, skip=("condition",),
                branches=(Branch("positions", "positions", "dispute", POSITION),),
            ),
        ),
        Branch("priors", "priors", "condition", PRIOR, positioned=False),
        Branch("evidence", "evidence", "condition", EVIDENCE, positioned=False),
        Branch("condition_treatments", "treatments", "condition", CONDITION_TREATMENT, positioned=False),
    ),
    numbers=(Numbers("pain_from", "pain_from", "condition", tables.PainSource, "structure_id", "share"),),
)  # fmt: skip
RISK_FACTOR = Shape(
    tables.RiskFactor,
    groups=("applies_if",),
    branches=(
        Branch(
            "effects", "effects", "risk_factor", Shape(tables.Effect, skip=("risk_factor",)), positioned=False
        ),
    ),
)
CONTRIBUTING_FACTOR = Shape(tables.ContributingFactor, links={"addressed_by": "addressed_by"})
RULE = Shape(tables.Rule)
STEP = Shape(tables.Step, groups=("stops",), skip=("programme",))
PROGRAMME = Shape(
    tables.Programme,
    links={"conditions": "conditions"},
    branches=(Branch("steps", "steps", "programme", STEP),),
)
GOLDEN_CASE = Shape(tables.GoldenCase)
WORKING_COPY = Shape(tables.WorkingCopy, groups=("symptom_free",))

# Lists of the document → shape, in an order in which a person would read them.
SHAPES: Mapping[str, Shape] = {
    "sources": SOURCE,
    "sites": SITE,
    "structures": STRUCTURE,
    "clusters": CLUSTER,
    "treatments": TREATMENT,
    "findings": FINDING,
    "conditions": CONDITION,
    "risk_factors": RISK_FACTOR,
    "contributing_factors": CONTRIBUTING_FACTOR,
    "rules": RULE,
    "programmes": PROGRAMME,
    "cases": GOLDEN_CASE,
}


def get_path(data: Mapping[str, Any], path: str) -> Any:
    """The value under "a.b", None where there is none."""
    value: Any = data
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def set_path(data: Plain, path: str, value: Any) -> None:
    """Set "a.b", unless the value is null or empty."""
    if value is None or value in ("", [], {}):
        return
    *groups, last = path.split(".")
    for group in groups:
        data = data.setdefault(group, {})
    data[last] = value


def empty(column: models.Field[Any, Any]) -> Any:
    """What a column holds where the plain data say nothing."""
    if column.null:
        return None
    if column.has_default():
        return column.get_default()
    return "" if column.empty_strings_allowed else None


def column_values(shape: Shape, plain: Mapping[str, Any]) -> Plain:
    """Attribute → value of every column of a row."""
    values = {}
    for path, column in shape.columns().items():
        given = get_path(plain, path)
        values[column.attname] = empty(column) if given is None else given
    return values


def related_names(shape: Shape) -> Sequence[str]:
    """What to prefetch to read rows of a shape without a query for each."""
    names = [*shape.links.values(), *(numbers.related for numbers in shape.numbers)]
    for branch in shape.branches:
        names += [branch.related, *(f"{branch.related}__{name}" for name in related_names(branch.shape))]
    return names


def plain_of(shape: Shape, row: Any) -> Plain:
    """A row with all that hangs on it as plain data."""
    plain: Plain = {}
    for path, column in shape.columns().items():
        set_path(plain, path, getattr(row, column.attname))
    for path, name in shape.links.items():
        set_path(plain, path, sorted(linked.pk for linked in getattr(row, name).all()))
    for numbers in shape.numbers:
        rows = getattr(row, numbers.related).all()
        set_path(plain, numbers.key, {getattr(n, numbers.code): getattr(n, numbers.value) for n in rows})
    for branch in shape.branches:
        rows = list(getattr(row, branch.related).all())
        if branch.positioned:
            rows.sort(key=lambda entry: entry.position)
        set_path(plain, branch.key, [plain_of(branch.shape, entry) for entry in rows])
    return plain
