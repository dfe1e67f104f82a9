"""A condition with all that a release says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from knowledge.catalogue import STAGES as CARE_STAGES
from knowledge.catalogue import Catalogue
from knowledge.pages.lines import Basis, Group, Item, Line, Link, basis_of, link_to
from knowledge.schema.base import Stage

EXAM_STAGES: tuple[str, ...] = get_args(Stage)
URGENT = ("urgent", "emergency")


@dataclass(frozen=True)
class Dispute:
    topic: str
    positions: tuple[Line, ...]


@dataclass(frozen=True)
class ConditionPage:
    condition: Item
    urgent: bool
    successor: tuple[str, str] | None
    sites: tuple[Link, ...]
    structures: tuple[Link, ...]
    mimics: tuple[Link, ...]
    priors: tuple[Line, ...]
    evidence: tuple[Group, ...]
    risk_factors: tuple[Line, ...]
    exclusions: tuple[Line, ...]
    treatments: tuple[Group, ...]
    recovery: Basis | None
    disputes: tuple[Dispute, ...]
    estimated: bool


def condition_page(known: Catalogue, code: str) -> ConditionPage | None:
    """A condition with all that is said of it; None where the release does not have it."""
    condition = known.condition(code)
    if condition is None:
        return None
    evidence = [_evidence_line(known, row) for row in _of_condition(known, "evidence", code)]
    successor = condition.get("replaced_by")
    return ConditionPage(
        condition=condition,
        urgent=condition.get("urgency") in URGENT,
        successor=(successor, known.name("condition", successor)) if successor else None,
        sites=tuple(link_to(known, "site", site) for site in condition.get("sites", [])),
        structures=tuple(link_to(known, "structure", part) for part in condition.get("structures", [])),
        mimics=tuple(link_to(known, "condition", other) for other in condition.get("mimics", [])),
        priors=tuple(_prior_line(known, row) for row in _of_condition(known, "priors", code)),
        evidence=_by_stage(known, evidence),
        risk_factors=_effects_on(known, code),
        exclusions=tuple(_evidence_line(known, row) for row in condition.get("excluded_by", [])),
        treatments=_treatments(known, code),
        recovery=basis_of(known, condition["recovery"]) if "recovery" in condition else None,
        disputes=tuple(_dispute(known, row) for row in condition.get("disputes", [])),
        estimated=bool(evidence) and all(line.basis.estimate for line in evidence),
    )


def _of_condition(known: Catalogue, key: str, code: str) -> list[dict[str, Any]]:
    return [row for row in known.rows(key) if row["condition"] == code]


def _evidence_line(known: Catalogue, row: Item) -> Line:
    finding = row["finding"]
    counts = row.get("counts", {})
    total = sum(counts.values())
    return Line(
        row=row,
        name=known.name("finding", finding),
        basis=basis_of(known, row),
        label=known.label(finding, row["level"]) if "level" in row else "",
        percent=_percent(row),
        counts=tuple(
            (known.label(finding, level), 100 * count / total)
            for level, count in sorted(counts.items(), key=lambda item: -item[1])
        ),
    )


def _prior_line(known: Catalogue, row: Item) -> Line:
    share = row.get("share", known.document["model"]["prior_classes"].get(row.get("class", "")))
    return Line(
        row, row.get("setting", ""), basis_of(known, row), percent=None if share is None else 100 * share
    )


def _percent(row: Item) -> float | None:
    if "positives" in row:
        return float(100 * row["positives"] / row["n"])
    return 100 * row["probability"] if "probability" in row else None


def _by_stage(known: Catalogue, lines: Iterable[Line]) -> tuple[Group, ...]:
    """Evidence in the order of a visit; in each part studies before estimates, what is frequent first."""
    means = {name: 100 * row["mean"] for name, row in known.document["model"]["class_weights"].items()}

    def place(line: Line) -> tuple[bool, float, str]:
        often = line.percent if line.percent is not None else means.get(line.row.get("class", ""), 100)
        return line.basis.estimate, -often, line.name.casefold()

    stages: dict[str, list[Line]] = {stage: [] for stage in EXAM_STAGES}
    for line in sorted(lines, key=place):
        finding = known.finding(line.row["finding"]) or {}
        stages[finding.get("stage", "exam")].append(line)
    return tuple(Group(stage, tuple(found)) for stage, found in stages.items() if found)


def _effects_on(known: Catalogue, code: str) -> tuple[Line, ...]:
    lines = [
        Line(effect, factor["name"], basis_of(known, effect))
        for factor in known.rows("risk_factors")
        for effect in factor.get("effects", [])
        if effect["condition"] == code
    ]
    return tuple(sorted(lines, key=lambda line: -line.row["odds_ratio"]))


def _treatments(known: Catalogue, code: str) -> tuple[Group, ...]:
    rows = known.treatments_for(code)
    groups = (
        Group(
            stage,
            tuple(Line(row, row["name"], basis_of(known, row)) for row in rows if row["stage"] == stage),
        )
        for stage in CARE_STAGES
    )
    return tuple(group for group in groups if group.lines)


def _dispute(known: Catalogue, row: Item) -> Dispute:
    positions = (
        Line(position, position["claim"], basis_of(known, position)) for position in row["positions"]
    )
    return Dispute(row["topic"], tuple(positions))
