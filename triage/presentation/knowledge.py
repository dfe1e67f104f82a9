"""What pages need of a release beyond its catalogue: evidence by cell, short labels of sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from knowledge.catalogue import Catalogue, catalogue
from knowledge.pages.lines import short_citation


@dataclass(frozen=True)
class SourceLink:
    """A source as it stands behind a line: one click away, its place in the source named."""

    code: str
    short: str
    citation: str
    locator: str
    release: str  # the page of the source shows it as this release has it


@dataclass(frozen=True)
class Shelf:
    """One release, ready for the pages."""

    sha256: str
    catalogue: Catalogue
    evidence: Mapping[str, Mapping[str, tuple[Mapping[str, Any], ...]]]
    telling: Mapping[str, tuple[Mapping[str, Any], ...]]  # by condition: findings with evidence, in order
    telling_codes: Mapping[str, frozenset[str]]
    rules: Mapping[str, Mapping[str, Any]]
    clusters: Mapping[str, str]

    def source_link(self, row: Mapping[str, Any]) -> SourceLink | None:
        """The link of any row with `source` and `locator`; None where it has none."""
        code = row.get("source")
        source = self.catalogue.source(code) if code else None
        if not code or source is None:
            return None
        citation = source.get("citation", code)
        return SourceLink(code, short_citation(citation), citation, row.get("locator") or "", self.sha256)

    def source_links(self, rows: Iterable[Mapping[str, Any]]) -> tuple[SourceLink, ...]:
        """One link per source and locator, in order."""
        return tuple(dict.fromkeys(link for row in rows if (link := self.source_link(row))))

    def cells(self, condition: str, finding: str) -> tuple[Mapping[str, Any], ...]:
        return self.evidence.get(condition, {}).get(finding, ())


@lru_cache(maxsize=4)
def shelf(release_sha256: str) -> Shelf:
    """The shelf of a release; a release never changes, so neither does this."""
    known = catalogue(release_sha256)
    document = known.document
    evidence: dict[str, dict[str, tuple[Mapping[str, Any], ...]]] = {}
    for row in document.get("evidence", []):
        cells = evidence.setdefault(row["condition"], {})
        cells[row["finding"]] = (*cells.get(row["finding"], ()), row)
    findings = document.get("findings", [])
    telling = {
        condition: tuple(
            item for row in findings if row["code"] in cells and (item := known.finding(row["code"]))
        )
        for condition, cells in evidence.items()
    }
    return Shelf(
        sha256=release_sha256,
        catalogue=known,
        evidence=evidence,
        telling=telling,
        telling_codes={code: frozenset(row["code"] for row in rows) for code, rows in telling.items()},
        rules={row["code"]: row for row in document.get("rules", [])},
        clusters={row["code"]: row["name"] for row in document.get("clusters", [])},
    )
