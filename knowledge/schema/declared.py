"""The words a release declares for itself, and what a corpus may say that a clinic's release may not.

A corpus names its own frequency classes and settings in its model block, and counts parts of people. The
working copy with its pages and forms holds six classes, three settings and whole people. Errors: none; a flaw
is a value. Source: docs/knowledge-format.md, sections 5 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.schema.base import FREQUENCIES, SETTINGS
from knowledge.schema.book import Book, Flaw, nearest
from knowledge.schema.conditions import Evidence
from knowledge.schema.document import Document, Model


def check_declared(book: Book) -> None:
    """Every class and setting that a row names must be declared; a clinic's release adds none."""
    document = book.document
    settings, classes = document.model.settings or SETTINGS, document.model.class_weights
    for prior in document.priors:
        if prior.setting is not None and prior.setting not in settings:
            problem = f"there is no setting {prior.setting}"
            book.flaw(prior, ("setting",), problem, f"the release has {', '.join(settings)}")
    for row in document.evidence:
        if row.frequency_class is not None and row.frequency_class not in classes:
            problem = f"class {row.frequency_class} has no weight in the model block"
            book.flaw(row, ("class",), problem, nearest(row.frequency_class, classes))
    if document.kind == "clinic":
        book.found += clinic_flaws(document)


def clinic_flaws(document: Document) -> list[Flaw]:
    """What of a document the working copy, its pages and forms cannot hold."""
    found = [*_own_words(document.model)]
    for prior in document.priors:
        if prior.setting is not None and prior.setting not in SETTINGS:
            found.append(Flaw(prior, ("setting",), f"{prior.setting!r} is {_ELSEWHERE}", _one_of(SETTINGS)))
    return [*found, *(flaw for row in document.evidence for flaw in clinic_row_flaws(row))]


def clinic_row_flaws(row: Evidence) -> Iterator[Flaw]:
    """The same for one row of evidence."""
    if row.frequency_class is not None and row.frequency_class not in FREQUENCIES:
        yield Flaw(row, ("class",), f"{row.frequency_class!r} is {_ELSEWHERE}", _one_of(FREQUENCIES))
    for key, value in (("positives", row.positives), ("n", row.n)):
        if isinstance(value, float):
            problem, remedy = f"{value} is not a whole number", "only a corpus counts parts of people"
            yield Flaw(row, (key,), problem, remedy)


_ELSEWHERE = "not one of the choices"


def _own_words(model: Model) -> Iterator[Flaw]:
    for name in model.class_weights:
        if name not in FREQUENCIES:
            yield Flaw(model, ("class_weights", name), f"{name!r} is {_ELSEWHERE}", _one_of(FREQUENCIES))
    if model.settings:
        yield Flaw(model, ("settings",), "only a corpus declares its settings", "take the key out")


def _one_of(choices: tuple[str, ...]) -> str:
    *rest, last = (repr(choice) for choice in choices)
    return f"choose {', '.join(rest)} or {last}"
