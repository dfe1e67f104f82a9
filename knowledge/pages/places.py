"""A site: where it lies, what runs through it, what hurts there and what is looked for there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.catalogue import Catalogue
from knowledge.pages.lines import Item, Link, link_to


@dataclass(frozen=True)
class SitePage:
    site: Item
    path: tuple[Link, ...]
    parts: tuple[Link, ...]
    structures: tuple[Item, ...]
    conditions: tuple[Link, ...]
    findings: tuple[Link, ...]


def site_page(known: Catalogue, code: str) -> SitePage | None:
    """A site with everything in it and in its parts; None where the release does not have it."""
    site = known.row("site", code)
    if site is None:
        return None
    inside = _with_parts(known, code)
    return SitePage(
        site=site,
        path=_path(known, site),
        parts=_links("site", [row for row in known.rows("sites") if row.get("parent") == code]),
        structures=tuple(row for row in known.rows("structures") if inside & set(row.get("sites", []))),
        conditions=_links("condition", _lying_in(known, "conditions", inside)),
        findings=_links("finding", _lying_in(known, "findings", inside)),
    )


def _with_parts(known: Catalogue, code: str) -> set[str]:
    inside = {code}
    while more := {row["code"] for row in known.rows("sites") if row.get("parent") in inside} - inside:
        inside |= more
    return inside


def _path(known: Catalogue, site: Item) -> tuple[Link, ...]:
    """The larger sites it is part of, the largest first."""
    path: list[Link] = []
    parent = site.get("parent")
    while parent:
        path.insert(0, link_to(known, "site", parent))
        parent = (known.row("site", parent) or {}).get("parent")
    return tuple(path)


def _lying_in(known: Catalogue, key: str, inside: set[str]) -> list[Item]:
    return [row for row in known.rows(key) if inside & set(row.get("sites", [])) and "replaced_by" not in row]


def _links(kind: str, rows: Sequence[Item]) -> tuple[Link, ...]:
    return tuple(Link(kind, row["code"], row["name"]) for row in sorted(rows, key=lambda row: row["name"]))
