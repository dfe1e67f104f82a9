"""A folder of content files as one document, or all their faults at once. Needs no Django.

`python -m knowledge.loading PATH` prints the faults, or a summary. Formats: docs/knowledge-format.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

from pydantic import ValidationError

from knowledge.faults import ContentFaults, Fault, Path, faults_of_validation
from knowledge.reading import Page, read_page
from knowledge.schema import (
    Cluster,
    Condition,
    ConditionTreatment,
    ContributingFactor,
    Document,
    Evidence,
    Finding,
    GoldenCase,
    Model,
    Prior,
    Programme,
    RiskFactor,
    Row,
    Rule,
    Site,
    Source,
    Structure,
    Treatment,
)
from knowledge.schema.base import Name
from knowledge.schema.references import flaws

SINGLE: dict[str, dict[str, type[Row]]] = {
    "sites.yaml": {"sites": Site, "structures": Structure},
    "clusters.yaml": {"clusters": Cluster},
    "risk_factors.yaml": {"risk_factors": RiskFactor},
    "contributing_factors.yaml": {"contributing_factors": ContributingFactor},
    "rules.yaml": {"rules": Rule},
    "treatments.yaml": {"treatments": Treatment},
    "programmes.yaml": {"programmes": Programme},
    "sources.yaml": {"sources": Source},
}
FOLDERS = ("findings", "conditions", "cases")
SHIPPED = FilePath(__file__).parent / "content"  # the knowledge that comes with Tinel
NESTED: dict[str, tuple[str, type[Row]]] = {
    "prior": ("priors", Prior),
    "evidence": ("evidence", Evidence),
    "treatments": ("condition_treatments", ConditionTreatment),
}
FILE_DEFAULTS = ("stage", "package", "group", "kind")


class ReleaseFile(Row):
    """release.yaml: the name, the kind and every constant of the model."""

    name: Name
    kind: Literal["clinic", "corpus"]
    model: Model


@dataclass(frozen=True)
class Content:
    """A document without what publishing measures, and golden cases; one document alone brings none."""

    document: Document
    cases: tuple[GoldenCase, ...]
    has_cases: bool = True


@dataclass
class _Reader:
    """Rows read so far, where each stands, and the faults."""

    root: FilePath
    rows: dict[str, list[Any]] = field(default_factory=dict)
    places: dict[int, tuple[Page, Path]] = field(default_factory=dict)
    release: ReleaseFile | None = None
    faults: list[Fault] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def add(self, page: Page, path: Path, kind: str, shape: type[Row], data: Any) -> None:
        row = self.validated(page, path, shape, data)
        if row is not None:
            self.rows.setdefault(kind, []).append(row)
            self.places[id(row)] = (page, path)
        elif isinstance(data, dict) and isinstance(data.get("code"), str):
            self.broken.add(data["code"])

    def validated(self, page: Page, path: Path, shape: type[Row], data: Any) -> Any:
        try:
            return shape.model_validate_json(json.dumps(data))
        except ValidationError as error:
            for inner, problem, remedy in faults_of_validation(error):
                self.faults.append(page.fault((*path, *inner), problem, remedy))
        return None

    def entries(self, page: Page, path: Path, data: Any) -> list[tuple[int, dict[str, Any]]]:
        """The mappings of a list; anything else becomes a fault."""
        if not isinstance(data, list):
            self.faults.append(page.fault(path, "must be a list", 'write "- " before each entry'))
            return []
        for index, entry in enumerate(data):
            if not isinstance(entry, dict):
                self.faults.append(
                    page.fault((*path, index), "must be a mapping", "write code: … and its other keys")
                )
        return [(index, entry) for index, entry in enumerate(data) if isinstance(entry, dict)]

    def keys_known(self, page: Page, known: Sequence[str]) -> dict[str, Any]:
        """The top level of a file as a mapping; unknown keys become faults."""
        if page.data is None:
            return {}
        if not isinstance(page.data, dict):
            self.faults.append(page.fault((), "must be a mapping", f"begin with {known[-1]}:"))
            return {}
        for key in page.data:
            if key not in known:
                self.faults.append(
                    page.fault((key,), "this key is not part of the format", f"use {', '.join(known)}")
                )
        return page.data


def load(root: FilePath | str) -> Content:
    """Read and check every file under `root`; raises ContentFaults with all faults of all files."""
    reader = _Reader(FilePath(root))
    if not reader.root.is_dir():
        raise ContentFaults(
            [Fault(str(root), 0, "", "there is no such folder", "give the folder that holds release.yaml")]
        )
    for page in _pages(reader):
        _read(reader, page)
    if reader.release is None:
        if not any(fault.file == "release.yaml" for fault in reader.faults):
            reader.faults.append(
                Fault("release.yaml", 0, "", "the file is missing", "write it with name, kind and model")
            )
        raise ContentFaults(reader.faults)
    return _content(reader, reader.release)


def _pages(reader: _Reader) -> Iterator[Page]:
    for path in sorted(reader.root.rglob("*")):
        if path.is_dir() or any(part.startswith(".") for part in path.relative_to(reader.root).parts):
            continue
        name = path.relative_to(reader.root).as_posix()
        folder = name.rpartition("/")[0]
        if path.suffix != ".yaml" and folder in ("", *FOLDERS):
            if path.suffix == ".yml":
                reader.faults.append(Fault(name, 0, "", "the name ends in .yml", "rename it to .yaml"))
            continue
        if folder not in FOLDERS and name not in (*SINGLE, "release.yaml"):
            if path.suffix == ".yaml":
                reader.faults.append(
                    Fault(
                        name,
                        0,
                        "",
                        "this file is not part of the format",
                        f"use {', '.join(('release.yaml', *SINGLE, *(f + '/*.yaml' for f in FOLDERS)))}",
                    )
                )
            continue
        try:
            yield read_page(path, name)
        except ContentFaults as error:
            reader.faults.extend(error.faults)


def _read(reader: _Reader, page: Page) -> None:
    folder = page.file.partition("/")[0]
    if page.file == "release.yaml":
        reader.release = reader.validated(page, (), ReleaseFile, page.data)
        if reader.release is not None:
            reader.places[id(reader.release.model)] = (page, ("model",))
    elif folder == "findings":
        _read_findings(reader, page)
    elif folder == "conditions":
        _read_condition(reader, page)
    elif folder == "cases":
        _read_cases(reader, page)
    else:
        shapes = SINGLE[page.file]
        data = reader.keys_known(page, list(shapes))
        for kind in shapes:
            for index, entry in reader.entries(page, (kind,), data.get(kind) or []):
                reader.add(page, (kind, index), kind, shapes[kind], entry)


def _read_findings(reader: _Reader, page: Page) -> None:
    """Stage, package, group and kind of the file hold where a finding has none; order is the file's."""
    data = reader.keys_known(page, [*FILE_DEFAULTS, "findings"])
    defaults = {key: data[key] for key in FILE_DEFAULTS if key in data}
    for index, entry in reader.entries(page, ("findings",), data.get("findings") or []):
        whole = {"order": 10 * (index + 1), **defaults, **entry}
        reader.add(page, ("findings", index), "findings", Finding, whole)


def _read_condition(reader: _Reader, page: Page) -> None:
    if not isinstance(page.data, dict):
        reader.faults.append(page.fault((), "must be a mapping", "begin with code: and name:"))
        return
    own = {key: value for key, value in page.data.items() if key not in NESTED}
    reader.add(page, (), "conditions", Condition, own)
    code = own.get("code")
    if isinstance(code, str) and page.file != f"conditions/{code}.yaml":
        reader.faults.append(
            page.fault(("code",), f"the file of {code} has another name", f"name it {code}.yaml")
        )
    for key, (kind, shape) in NESTED.items():
        value = page.data.get(key)
        single = key == "prior" and isinstance(value, dict)
        for index, entry in reader.entries(page, (key,), ([value] if single else value) or []):
            path: Path = (key,) if single else (key, index)
            if "condition" in entry:
                reader.faults.append(
                    page.fault((*path, "condition"), "the condition is the file's own", "take this key out")
                )
            reader.add(
                page, path, kind, shape, {**entry, "condition": code if isinstance(code, str) else "unknown"}
            )


def _read_cases(reader: _Reader, page: Page) -> None:
    if isinstance(page.data, dict) and "cases" not in page.data:
        reader.add(page, (), "cases", GoldenCase, page.data)
        return
    data = reader.keys_known(page, ["cases"])
    for index, entry in reader.entries(page, ("cases",), data.get("cases") or []):
        reader.add(page, ("cases", index), "cases", GoldenCase, entry)


def _content(reader: _Reader, release: ReleaseFile) -> Content:
    cases = reader.rows.pop("cases", [])
    lists: dict[str, Any] = {kind: tuple(rows) for kind, rows in reader.rows.items()}
    document = Document(name=release.name, kind=release.kind, model=release.model, **lists)
    seen: set[str] = set()
    for case in cases:
        if case.code in seen:
            page, path = reader.places[id(case)]
            reader.faults.append(
                page.fault((*path, "code"), f"the case {case.code} stands twice", "rename one")
            )
        seen.add(case.code)
    for flaw in flaws(document, cases):
        if flaw.unknown in reader.broken:
            continue
        page, path = reader.places.get(id(flaw.row), (Page("release.yaml"), ()))
        reader.faults.append(page.fault((*path, *flaw.path), flaw.problem, flaw.remedy))
    if reader.faults:
        raise ContentFaults(reader.faults)
    return Content(document, tuple(sorted(cases, key=lambda case: case.code)))


def summary(content: Content) -> str:
    document = content.document
    total = len(document.evidence)
    studied = sum(row.basis == "study" for row in document.evidence)
    share = f"{100 * studied / total:.0f} %" if total else "none"
    return (
        f"{len(document.conditions)} conditions, {len(document.findings)} findings, {total} evidence rows "
        f"({share} from a study, {total - studied} expert estimates), "
        f"{len(document.risk_factors)} risk factors, {len(document.rules)} rules, "
        f"{len(document.treatments)} treatments, {len(document.sources)} sources, "
        f"{len(content.cases)} golden cases"
    )


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m knowledge.loading PATH", file=sys.stderr)
        return 2
    try:
        content = load(arguments[0])
    except ContentFaults as error:
        print(error)
        print(
            f"{len(error.faults)} faults; nothing can be imported until all are put right.", file=sys.stderr
        )
        return 1
    print(summary(content))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
