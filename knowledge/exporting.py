"""The working copy as a document, and a document as content files.

`export(import(x)) == x`: what is loaded from exported files equals what was imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError

from knowledge.faults import ContentFaults, Fault, Path, faults_of_validation, key_path
from knowledge.loading import Content
from knowledge.mapping import SHAPES, WORKING_COPY, Plain, plain_of, related_names
from knowledge.models import WorkingCopy
from knowledge.models.base import PACKAGES
from knowledge.reading import plain_value
from knowledge.schema import SCHEMA, GoldenCase, in_order, read_document
from knowledge.schema.document import canonical_text
from knowledge.schema.references import flaws

NESTED = {"priors": "prior", "evidence": "evidence", "condition_treatments": "treatments"}
IN_FILES = {
    "sites.yaml": ("sites", "structures"),
    **{
        f"{kind}.yaml": (kind,)
        for kind in (
            "clusters",
            "risk_factors",
            "contributing_factors",
            "rules",
            "treatments",
            "programmes",
            "sources",
        )
    },
}
LINE_WIDTH = 110
WORKING_COPY_NAME = "working copy"


class NothingImported(LookupError):
    """The working copy is empty."""

    def __init__(self) -> None:
        super().__init__("the working copy is empty; run: manage.py kb import")


def working_rows() -> dict[str, list[Plain]]:
    """Every coded row of the working copy as plain data, by list of the document (golden cases too)."""
    rows = {}
    for kind, shape in SHAPES.items():
        found = shape.model._default_manager.prefetch_related(*related_names(shape)).order_by("pk")
        rows[kind] = [plain_of(shape, row) for row in found]
    return rows


def release_block() -> Plain:
    """Name, kind and model of the working copy; raises NothingImported."""
    row = WorkingCopy.objects.first()
    if row is None:
        raise NothingImported
    constants = plain_of(WORKING_COPY, row)
    return {"name": constants.pop("name"), "kind": constants.pop("kind"), "model": constants}


def working_document() -> tuple[Plain, list[Plain]]:
    """The working copy as a plain document in order, and its golden cases; raises NothingImported."""
    block = release_block()
    rows = working_rows()
    cases = rows.pop("cases")
    return assemble(block, rows), sorted(cases, key=lambda case: str(case["code"]))


def assemble(block: Mapping[str, Any], rows: Mapping[str, Sequence[Plain]]) -> Plain:
    """The document of the release block and rows whose conditions carry their claims."""
    document: Plain = {"schema": SCHEMA, **block}
    for kind, entries in rows.items():
        document[kind] = [dict(entry) for entry in entries]
    for condition in document.get("conditions", []):
        for kind in NESTED:
            claims = condition.pop(kind, [])
            document.setdefault(kind, []).extend(
                {**claim, "condition": condition["code"]} for claim in claims
            )
    return in_order({key: value for key, value in document.items() if value not in ([], {}, None)})


def working_content() -> Content:
    """The working copy as checked content; raises NothingImported, or ContentFaults with all its faults."""
    document, cases = working_document()
    try:
        golden = tuple(GoldenCase.model_validate_json(canonical_text(case)) for case in cases)
        content = Content(read_document(document), golden)
    except ValidationError as error:
        raise ContentFaults(
            Fault(WORKING_COPY_NAME, 0, _place(document, path), problem, remedy)
            for path, problem, remedy in faults_of_validation(error)
        ) from error
    found = flaws(content.document, content.cases)
    if found:
        raise ContentFaults(
            Fault(
                WORKING_COPY_NAME,
                0,
                f"{_words(flaw.row.plain())} {key_path(flaw.path)}",
                flaw.problem,
                flaw.remedy,
            )
            for flaw in found
        )
    return content


def _place(document: Plain, path: Path) -> str:
    """The place of a fault in words: the row by its code, then the key inside it."""
    row = document
    for depth, part in enumerate(path[:2]):
        row = row[part] if isinstance(row, list) or part in row else {}
        if depth and isinstance(row, dict):
            return f"{path[0]} {_words(row)} {key_path(path[2:])}"
    return key_path(path)


def _words(row: Plain) -> str:
    named = [
        str(row[key])
        for key in ("code", "condition", "finding", "treatment")
        if isinstance(row.get(key), str)
    ]
    return " ".join(named[:1] if "code" in row else named)


def write_content(content: Content, root: FilePath) -> list[FilePath]:
    """Write content files under `root`; returns the paths written, in order."""
    written = []
    for name, data in content_files(content):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_yaml(data), encoding="utf-8")
        written.append(path)
    return written


def content_files(content: Content) -> Iterable[tuple[str, Plain]]:
    """File name → data, of the whole content."""
    document = content.document.plain()
    yield "release.yaml", {key: document[key] for key in ("name", "kind", "model")}
    for name, kinds in IN_FILES.items():
        if any(document.get(kind) for kind in kinds):
            yield name, {kind: document[kind] for kind in kinds if document.get(kind)}
    for package, _ in PACKAGES:
        found = [row for row in document.get("findings", []) if row["package"] == package]
        if found:
            yield (
                f"findings/{package}.yaml",
                {"findings": sorted(found, key=lambda row: (row["order"], row["code"]))},
            )
    yield from _condition_files(document)
    for case in content.cases:
        yield f"cases/{case.code}.yaml", case.plain()


def _condition_files(document: Plain) -> Iterable[tuple[str, Plain]]:
    for condition in document.get("conditions", []):
        whole = dict(condition)
        for kind, key in NESTED.items():
            claims = [row for row in document.get(kind, []) if row["condition"] == condition["code"]]
            if claims:
                whole[key] = [{k: v for k, v in row.items() if k != "condition"} for row in claims]
        yield f"conditions/{condition['code']}.yaml", whole


class _Dumper(yaml.SafeDumper):
    """Quotes every text that a reader would take for a number or a constant."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text_node(self, text: str) -> yaml.ScalarNode:
        style = None if plain_value(text) is text else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.text_node)


def as_yaml(data: Plain) -> str:
    """One spelling for one content: the same data always give the same text."""
    text: str = yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=LINE_WIDTH,
        default_flow_style=False,
    )
    return text
