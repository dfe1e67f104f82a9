"""What the pages of a condition and of a source show, put together from one release: named, not coded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from knowledge.catalogue import STAGES as CARE_STAGES
from knowledge.catalogue import Catalogue
from knowledge.schema.base import Stage

Item = Mapping[str, Any]
EXAM_STAGES: tuple[str, ...] = get_args(Stage)
URGENT = ("urgent", "emergency")
WORDS_WITHOUT_YEAR = 6


@dataclass(frozen=True)
class Basis:
    """What a row rests on: a place in a source, an estimate, or an estimate that a source inspired."""

    code: str = ""
    short: str = ""
    citation: str = ""
    locator: str = ""
    estimate: bool = False


@dataclass(frozen=True)
class Line:
    """One row of a table: the row itself, the names it needs, and what it rests on."""

    row: Item
    name: str
    basis: Basis
    label: str = ""
    percent: float | None = None
    counts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Group:
    code: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Dispute:
    topic: str
    positions: tuple[Line, ...]


@dataclass(frozen=True)
class ConditionPage:
    condition: Item
    urgent: bool
    successor: tuple[str, str] | None
    sites: tuple[str, ...]
    structures: tuple[str, ...]
    mimics: tuple[tuple[str, str], ...]
    priors: tuple[Line, ...]
    evidence: tuple[Group, ...]
    risk_factors: tuple[Line, ...]
    exclusions: tuple[Line, ...]
    treatments: tuple[Group, ...]
    recovery: Basis | None
    disputes: tuple[Dispute, ...]
    estimated: bool


@dataclass(frozen=True)
class SourcePage:
    source: Item
    short: str
    uses: tuple[Group, ...]


def short_citation(citation: str) -> str:
    """First name and last year, enough to recognise a source: “Rose 2003”; a few words without a year."""
    spaced = citation.translate(dict.fromkeys(map(ord, ";.(),"), " ")).split()
    years = [word for word in spaced if len(word) == 4 and word.isdigit() and word[:2] in ("19", "20")]
    return f"{spaced[0]} {years[-1]}" if years else " ".join(citation.split()[:WORDS_WITHOUT_YEAR])


def basis_of(known: Catalogue, row: Item) -> Basis:
    estimate = row.get("basis") == "expert_estimate"
    source = known.source(row.get("source", ""))
    if source is None:
        return Basis(estimate=estimate)
    citation = source["citation"]
    return Basis(source["code"], short_citation(citation), citation, row.get("locator", ""), estimate)


# -- a condition ---------------------------------------------------------------------------------------------


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
        sites=tuple(known.name("site", site) for site in condition.get("sites", [])),
        structures=tuple(known.name("structure", part) for part in condition.get("structures", [])),
        mimics=tuple((other, known.name("condition", other)) for other in condition.get("mimics", [])),
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


# -- a source ------------------------------------------------------------------------------------------------


def source_page(known: Catalogue, code: str) -> SourcePage | None:
    """A source and every row that rests on it, by kind; None where the release does not have it."""
    source = known.source(code)
    if source is None:
        return None
    groups = (
        Group(kind, tuple(_use(known, row, name(row)) for row in rows if row.get("source") == code))
        for kind, rows, name in _claims(known)
    )
    return SourcePage(
        source, short_citation(source["citation"]), tuple(group for group in groups if group.lines)
    )


def _use(known: Catalogue, row: Item, name: str) -> Line:
    """A line whose label names the condition it speaks of, where it speaks of one."""
    condition = row.get("condition", "")
    return Line(row, name, basis_of(known, row), known.name("condition", condition) if condition else "")


def _claims(known: Catalogue) -> Sequence[tuple[str, Iterable[Item], Callable[[Item], str]]]:
    """(kind, its rows, how a row is called) of everything in a release that names a source."""

    def name(row: Item) -> str:
        return str(row["name"])

    return (
        ("evidence", known.rows("evidence"), lambda row: known.name("finding", row["finding"])),
        ("priors", known.rows("priors"), lambda row: str(row.get("setting", "")).replace("_", " ")),
        ("default_rates", _inside(known, "findings", "default"), name),
        ("risk_factors", _inside(known, "risk_factors", "effects"), name),
        ("rules", known.rows("rules"), name),
        (
            "treatments",
            known.rows("condition_treatments"),
            lambda row: known.name("treatment", row["treatment"]),
        ),
        ("contributing_factors", known.rows("contributing_factors"), name),
        ("programmes", known.rows("programmes"), name),
        ("recovery", _of_conditions(known, "recovery"), lambda row: str(row["text"])),
        (
            "exclusions",
            _of_conditions(known, "excluded_by"),
            lambda row: known.name("finding", row["finding"]),
        ),
        ("disputes", _positions(known), lambda row: f"{row['topic']}: {row['claim']}"),
    )


def _inside(known: Catalogue, key: str, inner: str) -> list[Item]:
    """Claims inside coded rows, each with the name of its row."""
    return [
        {**claim, "name": row["name"]}
        for row in known.rows(key)
        if inner in row
        for claim in _listed(row[inner])
    ]


def _of_conditions(known: Catalogue, inner: str) -> list[Item]:
    """Claims inside conditions, each with the code of its condition."""
    return [
        {**claim, "condition": row["code"]}
        for row in known.rows("conditions")
        if inner in row
        for claim in _listed(row[inner])
    ]


def _positions(known: Catalogue) -> list[Item]:
    return [
        {**position, "topic": dispute["topic"], "condition": dispute["condition"]}
        for dispute in _of_conditions(known, "disputes")
        for position in dispute["positions"]
    ]


def _listed(value: Any) -> list[Item]:
    return value if isinstance(value, list) else [value]
