"""One release document, as JSON or as YAML, from outside: read as content, or refused in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from knowledge.exporting import as_yaml
from knowledge.faults import ContentFaults, Fault, Path, faults_of_validation
from knowledge.loading import Content
from knowledge.reading import LIMIT_BYTES, Page, parse_page
from knowledge.reading_json import parse_json
from knowledge.schema import SCHEMA, Document, canonical_text, read_document
from knowledge.schema.references import flaws

SUFFIXES = (".json", ".yaml")


def read_document_file(path: FilePath) -> Content:
    """A .json or .yaml file as content without golden cases; raises ContentFaults."""
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ContentFaults(
            [Fault(path.name, 0, "", problem, "check the path and its permissions")]
        ) from error
    return parse_document(raw, path.name)


def parse_document(raw: bytes, name: str) -> Content:
    """Bytes as content without golden cases, which are no part of a document; raises ContentFaults."""
    suffix = FilePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        problem = "is neither a .yaml nor a .json file"
        raise ContentFaults([Fault(name[:80], 0, "", problem, "give one release document")])
    page = parse_json(raw, name) if suffix == ".json" else parse_page(raw, name)
    document = _document(page)
    places = _places(document)
    found = [
        page.fault((*places.get(id(flaw.row), ("model",)), *flaw.path), flaw.problem, flaw.remedy)
        for flaw in flaws(document)
    ]
    if found:
        raise ContentFaults(found)
    return Content(document, (), has_cases=False)


def _document(page: Page) -> Document:
    if not isinstance(page.data, dict) or page.data.get("schema") != SCHEMA:
        raise ContentFaults([page.fault((), "is not a release document", f"begin with schema: {SCHEMA}")])
    model = page.data.get("model")
    if isinstance(model, dict):
        model.pop("misfit", None)  # measured when publishing, never written by hand
    try:
        return read_document(page.data)
    except ValidationError as error:
        raise ContentFaults(page.fault(*fault) for fault in faults_of_validation(error)) from error


def _places(document: Document) -> dict[int, Path]:
    """Where each row of the document's lists stands in the file."""
    places: dict[int, Path] = {}
    for kind in Document.model_fields:
        rows = getattr(document, kind)
        if isinstance(rows, tuple):
            places |= {id(row): (kind, index) for index, row in enumerate(rows)}
    return places


def document_text(document: Mapping[str, Any], suffix: str) -> str:
    """A plain document as one JSON (canonical) or YAML file."""
    return canonical_text(document) if suffix == ".json" else as_yaml(dict(document))
