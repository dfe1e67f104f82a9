"""Every claim of a document, and whether its source may carry it. Source: docs/knowledge-format.md."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.schema.base import Claim, Row
from knowledge.schema.book import Book, Path
from knowledge.schema.conditions import Condition
from knowledge.schema.document import Document


def check_sources(book: Book) -> None:
    for row, path, claim in all_claims(book.document):
        _check_source(book, row, path, claim.source)
    for treatment in book.document.condition_treatments:
        for index, caution in enumerate(treatment.cautions):
            _check_source(book, treatment, ("cautions", index), caution.source)


def _check_source(book: Book, row: Row, path: Path, source: str | None) -> None:
    if source is None or not book.known(row, (*path, "source"), "source", source):
        return
    status = book.codes["source"][source].status
    if status != "verified":
        book.flaw(
            row,
            (*path, "source"),
            f"source {source} is {status} and must not be used",
            "name a verified source, or write basis: expert_estimate without it",
        )


def all_claims(document: Document) -> Iterator[tuple[Row, Path, Claim]]:
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
