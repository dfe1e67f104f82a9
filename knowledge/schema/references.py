"""What rows say of one another: every code that is named must exist, fit, and still be in use.

`flaws(document)` gives every flaw at once as (row, path inside the row, problem, remedy); the caller knows
where the row stands in a file or table. Source: docs/knowledge-format.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from knowledge.schema.book import Book, Flaw, nearest
from knowledge.schema.claims import check_sources
from knowledge.schema.conditions import Condition, ConditionTreatment, Evidence, Prior, Rule
from knowledge.schema.declared import check_declared
from knowledge.schema.document import Document, GoldenCase
from knowledge.schema.expressions import expression_references
from knowledge.schema.findings import ContributingFactor, Finding, RiskFactor
from knowledge.schema.golden import check_case


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
    check_declared(book)
    check_sources(book)
    for case in cases:
        check_case(book, case)
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
