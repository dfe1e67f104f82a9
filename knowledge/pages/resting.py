"""Everything that rests on a source, in the working copy and in the current release, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.catalogue import Catalogue
from knowledge.exporting import NothingImported, working_document
from knowledge.models import Release
from knowledge.withdrawing import resting_on

KINDS = {"condition": "condition", "finding": "finding", "treatment": "treatment"}


@dataclass(frozen=True)
class RestingRow:
    """The list a row is in, what it is about, and where in it the source is named."""

    kind: str
    name: str
    inside: str


def resting_page(code: str) -> dict[str, Any]:
    current = Release.objects.current()
    try:
        document, _ = working_document()
    except NothingImported:
        document = {}
    return {
        "resting": _rows(document, code),
        "resting_in_release": len(_rows(current.document, code)) if current else 0,
        "current": current,
    }


def _rows(document: Mapping[str, Any], code: str) -> list[RestingRow]:
    known = Catalogue(dict(document))
    return [
        RestingRow(row.kind.replace("_", " "), _name(known, row.row), row.inside.replace("_", " "))
        for row in resting_on(document, code)
    ]


def _name(known: Catalogue, row: Mapping[str, Any]) -> str:
    """ "Plantar fasciitis: first-step pain", or the name of a coded row."""
    if "code" in row:
        return str(row.get("name") or row["code"])
    return ": ".join(known.name(kind, row[key]) for key, kind in KINDS.items() if key in row)
