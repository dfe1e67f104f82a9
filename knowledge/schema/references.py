"""What rows say of one another: every code that is named must exist, fit, and still be in use.

`flaws(document)` gives every flaw at once as (row, path inside the row, problem, remedy); the caller knows
where the row stands in a file or table. Source: docs/knowledge-format.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rapidfuzz import fuzz, process

from knowledge.schema.base import Claim, Row
from knowledge.schema.conditions import Condition, ConditionTreatment, Evidence, Prior, Rule
from knowledge.schema.document import Document, GoldenCase
from knowledge.schema.expressions import expression_references
from knowledge.schema.findings import ContributingFactor, Finding, RiskFactor

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Flaw:
    row: Row
    path: Path
    problem: str
    remedy: str
    unknown: str = ""


class Coded(Protocol):
    @property
    def code(self) -> str: ...


def nearest(code: str, known: Collection[str]) -> str:
    """ "did you mean a, b or c" for a code that does not exist, else a list's size."""
    matches = [
        match
        for match, _, _ in process.extract(code, sorted(known), scorer=fuzz.WRatio, limit=3, score_cutoff=60)
    ]
    if not matches:
        return f"none of the {len(known)} known codes is near; add it, or correct the spelling"
    return f"did you mean {' or '.join(matches)}?"


@dataclass
class Book:
    """The document by code, with the flaws found so far."""

    document: Document
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: list[Flaw] = field(default_factory=list)

    def __post_init__(self) -> None:
        lists: Mapping[str, Iterable[Coded]] = {
            "site": self.document.sites,
            "structure": self.document.structures,
            "cluster": self.document.clusters,
            "finding": self.document.findings,
            "condition": self.document.conditions,
            "risk factor": self.document.risk_factors,
            "contributing factor": self.document.contributing_factors,
            "rule": self.document.rules,
            "treatment": self.document.treatments,
            "programme": self.document.programmes,
            "source": self.document.sources,
        }
        for kind, rows in lists.items():
            self.codes[kind] = {row.code: row for row in rows}

    def flaw(self, row: Row, path: Path, problem: str, remedy: str, unknown: str = "") -> None:
        self.found.append(Flaw(row, path, problem, remedy, unknown))

    def known(self, row: Row, path: Path, kind: str, code: str | None) -> bool:
        """Whether the code exists; adds a flaw where it does not. None is nobody's fault."""
        if code is None:
            return False
        if code in self.codes[kind]:
            return True
        self.flaw(row, path, f"there is no {kind} {code}", nearest(code, self.codes[kind]), unknown=code)
        return False

    def known_all(self, row: Row, key: str, kind: str, codes: Iterable[str]) -> None:
        for code in codes:
            self.known(row, (key,), kind, code)

    def known_level(self, row: Row, path: Path, finding_code: str, levels: Iterable[str]) -> None:
        """Whether the finding exists and has these levels; `path` points to the finding's key."""
        if not self.known(row, path, "finding", finding_code):
            return
        existing = [level.code for level in self.codes["finding"][finding_code].levels]
        for level in levels:
            if level not in existing:
                self.flaw(
                    row,
                    (*path[:-1], "level"),
                    f"finding {finding_code} has no level {level}",
                    f"its levels are {', '.join(existing)}",
                )


def flaws(document: Document, cases: Iterable[GoldenCase] = ()) -> list[Flaw]:
    """Every flaw between the rows of a document, and of its golden cases."""
    book = Book(document)
    _doubles(book)
    _places(book)
    for finding in document.findings:
        _finding(book, finding)
    _hierarchy(book, document.findings, "parents", lambda row: row.parents)
    for condition in document.conditions:
        _condition(book, condition)
    _claims(book)
    for row in document.evidence:
        _evidence(book, row)
    _rest(book)
    _sources(book)
    for case in cases:
        _case(book, case)
    return book.found


def _doubles(book: Book) -> None:
    doc = book.document
    spaces: Mapping[str, list[Any]] = {
        "finding, risk factor or contributing factor": [
            *doc.findings,
            *doc.risk_factors,
            *doc.contributing_factors,
        ],
        "site": [*doc.sites],
        "structure": [*doc.structures],
        "cluster": [*doc.clusters],
        "condition": [*doc.conditions],
        "rule": [*doc.rules],
        "treatment": [*doc.treatments],
        "programme": [*doc.programmes],
        "source": [*doc.sources],
    }
    for kind, rows in spaces.items():
        seen: set[str] = set()
        for row in rows:
            if row.code in seen:
                book.flaw(
                    row,
                    ("code",),
                    f"the code {row.code} is already used by another {kind}",
                    "give it a code of its own",
                )
            seen.add(row.code)


def _places(book: Book) -> None:
    for site in book.document.sites:
        book.known(site, ("parent",), "site", site.parent)
    _hierarchy(book, book.document.sites, "parent", lambda row: [row.parent] if row.parent else [])
    for structure in book.document.structures:
        book.known_all(structure, "sites", "site", structure.sites)


def _hierarchy(book: Book, rows: Iterable[Any], key: str, parents_of: Any) -> None:
    """A flaw for each row that is its own ancestor."""
    parents = {row.code: list(parents_of(row)) for row in rows}
    for row in rows:
        seen: set[str] = set()
        queue = list(parents[row.code])
        while queue:
            code = queue.pop()
            if code == row.code:
                book.flaw(row, (key,), f"{row.code} is its own ancestor", f"break the circle in {key}")
                break
            if code not in seen:
                seen.add(code)
                queue.extend(parents.get(code, []))


def _finding(book: Book, finding: Finding) -> None:
    if finding.kind not in book.document.model.defaults:
        book.flaw(
            finding,
            ("kind",),
            f"kind {finding.kind} has no default rate in the model block",
            nearest(finding.kind, book.document.model.defaults) + " Or add it to model.defaults",
        )
    book.known(finding, ("cluster",), "cluster", finding.cluster)
    book.known_all(finding, "sites", "site", finding.sites)
    book.known_all(finding, "structures", "structure", finding.structures)
    for parent in finding.parents:
        known = book.known(finding, ("parents",), "finding", parent)
        if known and not (finding.is_binary and book.codes["finding"][parent].is_binary):
            book.flaw(
                finding,
                ("parents",),
                f"{finding.code} or its parent {parent} is not absent/present",
                "only findings with the levels absent and present have parents",
            )
    if finding.asked_if is not None:
        book.known_level(finding, ("asked_if", "finding"), finding.asked_if.finding, [finding.asked_if.level])
    for index, avoidance in enumerate(finding.avoid_if):
        book.known(finding, ("avoid_if", index, "condition"), "condition", avoidance.condition)
        book.known(finding, ("avoid_if", index, "rule"), "rule", avoidance.rule)
    if finding.block is not None:
        for code in finding.block.structures:
            book.known(finding, ("block", "structures"), "structure", code)
    _retirement(book, finding, "finding")
    _retired_levels(book, finding)


def _retirement(book: Book, row: Finding | Condition | RiskFactor | ContributingFactor, kind: str) -> None:
    """A retired code names a successor of its kind that is not retired itself."""
    if row.replaced_by is None or not book.known(row, ("replaced_by",), kind, row.replaced_by):
        return
    if book.codes[kind][row.replaced_by].replaced_by is not None:
        book.flaw(
            row,
            ("replaced_by",),
            f"the successor {row.replaced_by} is retired itself",
            "name the one that is in use",
        )
    if row.replaced_by == row.code:
        book.flaw(row, ("replaced_by",), f"{row.code} replaces itself", "name another code, or take it out")


def _retired_levels(book: Book, finding: Finding) -> None:
    in_use = [level.code for level in finding.levels if level.replaced_by is None]
    for index, level in enumerate(finding.levels):
        if level.replaced_by is not None and level.replaced_by not in in_use:
            book.flaw(
                finding,
                ("levels", index, "replaced_by"),
                f"level {level.code} is replaced by {level.replaced_by}, which is no level in use",
                f"its levels in use are {', '.join(in_use)}",
            )


def _condition(book: Book, condition: Condition) -> None:
    for key, kind in (("sites", "site"), ("structures", "structure"), ("mimics", "condition")):
        book.known_all(condition, key, kind, getattr(condition, key))
    for code in condition.pain_from:
        book.known(condition, ("pain_from",), "structure", code)
    for index, exclusion in enumerate(condition.excluded_by):
        book.known_level(condition, ("excluded_by", index, "finding"), exclusion.finding, [exclusion.level])
    _retirement(book, condition, "condition")
    if book.document.kind == "clinic" and condition.replaced_by is None:
        for key in ("definition", "nature"):
            if getattr(condition, key) is None:
                book.flaw(condition, (), f"condition {condition.code} has no {key}", f"write its {key}")
        if not any(prior.condition == condition.code for prior in book.document.priors):
            book.flaw(
                condition,
                (),
                f"condition {condition.code} has no prior",
                "give prior: a share with setting and source, or a class with basis: expert_estimate",
            )


def _evidence(book: Book, row: Evidence) -> None:
    for kind in ("risk factor", "contributing factor"):
        if row.finding in book.codes[kind]:
            book.flaw(
                row,
                ("finding",),
                f"{row.finding} is a {kind} and does not vote",
                "write its odds ratio under effects of the risk factor"
                if kind == "risk factor"
                else "take the row out, or make it a finding",
            )
            return
    levels = list(row.counts) if row.counts else [row.level or "present"]
    book.known_level(row, ("finding",), row.finding, levels)
    finding = book.codes["finding"].get(row.finding)
    if finding is not None and finding.replaced_by is not None:
        book.flaw(row, ("finding",), f"finding {row.finding} is retired", f"use {finding.replaced_by}")


def _claims(book: Book) -> None:
    """Rows under a condition that name another row by code."""
    doc = book.document
    rows: tuple[Prior | Evidence | ConditionTreatment, ...] = (
        *doc.priors,
        *doc.evidence,
        *doc.condition_treatments,
    )
    for row in rows:
        book.known(row, ("condition",), "condition", row.condition)
    for treatment in doc.condition_treatments:
        book.known(treatment, ("treatment",), "treatment", treatment.treatment)
        for index, caution in enumerate(treatment.cautions):
            if caution.applies_if is not None:
                code = caution.applies_if.risk_factor
                book.known(treatment, ("cautions", index, "if", "risk_factor"), "risk factor", code)


def _rest(book: Book) -> None:
    doc = book.document
    if doc.model.symptom_free is not None:
        free = doc.model.symptom_free
        book.known_level(doc.model, ("symptom_free", "finding"), free.finding, [free.level])
    for factor in doc.risk_factors:
        _retirement(book, factor, "risk factor")
        for index, effect in enumerate(factor.effects):
            book.known(factor, ("effects", index, "condition"), "condition", effect.condition)
    for deficit in doc.contributing_factors:
        _retirement(book, deficit, "contributing factor")
        book.known_all(deficit, "addressed_by", "treatment", deficit.addressed_by)
    for rule in doc.rules:
        _rule(book, rule)
    for programme in doc.programmes:
        book.known_all(programme, "conditions", "condition", programme.conditions)


def _rule(book: Book, rule: Rule) -> None:
    book.known(rule, ("condition",), "condition", rule.condition)
    for path, kind, code, levels in expression_references(rule.when):
        if kind == "finding":
            book.known_level(rule, ("when", *path), code, levels)
        else:
            book.known(rule, ("when", *path), "risk factor", code)


def _sources(book: Book) -> None:
    for row, path, claim in _all_claims(book.document):
        if claim.source is None or not book.known(row, (*path, "source"), "source", claim.source):
            continue
        status = book.codes["source"][claim.source].status
        if status != "verified":
            book.flaw(
                row,
                (*path, "source"),
                f"source {claim.source} is {status} and must not be used",
                "name a verified source, or write basis: expert_estimate without it",
            )


def _all_claims(document: Document) -> Iterator[tuple[Row, Path, Claim]]:
    """Every claim of the document: its row, the path inside it, and the claim itself."""
    for rows in (
        document.priors,
        document.evidence,
        document.condition_treatments,
        document.contributing_factors,
        document.rules,
        document.programmes,
    ):
        for row in rows:
            yield row, (), row
    for finding in document.findings:
        if finding.default is not None:
            yield finding, ("default",), finding.default
    for factor in document.risk_factors:
        for index, effect in enumerate(factor.effects):
            yield factor, ("effects", index), effect
    for condition in document.conditions:
        yield from _condition_claims(condition)


def _condition_claims(condition: Condition) -> Iterator[tuple[Row, Path, Claim]]:
    if condition.recovery is not None:
        yield condition, ("recovery",), condition.recovery
    for index, exclusion in enumerate(condition.excluded_by):
        yield condition, ("excluded_by", index), exclusion
    for index, dispute in enumerate(condition.disputes):
        for inner, position in enumerate(dispute.positions):
            yield condition, ("disputes", index, "positions", inner), position


def _case(book: Book, case: GoldenCase) -> None:
    book.known(case, ("source",), "source", case.source)
    for code in case.case.risk_factors:
        book.known(case, ("case", "risk_factors"), "risk factor", code)
    for index, row in enumerate(case.case.observations):
        _case_observation(book, case, index, row.finding, row.level)
    expect = case.expect
    known = {*book.codes["condition"], "other"}
    named = [
        *([("first", expect.first)] if expect.first else []),
        *(("first_three", code) for code in expect.first_three),
        *(("not_first", code) for code in expect.not_first),
    ]
    for key, code in named:
        if code not in known:
            book.flaw(
                case, ("expect", key), f"there is no condition {code}", nearest(code, known), unknown=code
            )
    for code in expect.red_flags:
        book.known(case, ("expect", "red_flags"), "rule", code)


def _case_observation(book: Book, case: GoldenCase, index: int, code: str, level: str | None) -> None:
    path: Path = ("case", "observations", index, "finding")
    if code in book.codes["contributing factor"]:
        return
    if code in book.codes["risk factor"]:
        book.flaw(case, path, f"{code} is a risk factor", "write it under case.risk_factors")
        return
    book.known_level(case, path, code, [] if level is None else [level])
