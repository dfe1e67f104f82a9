"""Everything a release holds, to leaf through, or what fits a few letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.catalogue import Catalogue
from knowledge.pages.conditions import URGENT
from knowledge.pages.lines import Item, Link, short_citation

FOUND_MAX = 40


@dataclass(frozen=True)
class Shelf:
    """One kind of thing, in parts: conditions by nature, findings by package, the rest in one."""

    code: str
    title: str
    count: int
    parts: tuple[tuple[str, tuple[Link, ...]], ...]


@dataclass(frozen=True)
class IndexPage:
    query: str
    hits: tuple[Link, ...]
    shelves: tuple[Shelf, ...]


def index_page(known: Catalogue, query: str = "") -> IndexPage:
    """The whole of a release by kind; with letters to look for, what they find comes first."""
    hits = [
        Link(kind, code, name, "" if written == name else written)
        for kind, code, name, written, _ in known.search(query, FOUND_MAX)
        if kind != "structure"
    ]
    return IndexPage(query, tuple(hits), (_conditions(known), _findings(known), *_plain(known)))


def _conditions(known: Catalogue) -> Shelf:
    rows = [row for row in known.rows("conditions") if "replaced_by" not in row]
    natures: dict[str, list[Link]] = {}
    for row in sorted(rows, key=lambda row: row["name"].casefold()):
        urgent = row.get("urgency") in URGENT
        link = Link("condition", row["code"], row["name"], f"! {row['urgency']}" if urgent else "")
        natures.setdefault(row.get("nature", "other").replace("_", " "), []).append(link)
    parts = tuple((nature, tuple(links)) for nature, links in sorted(natures.items()))
    return Shelf("conditions", "Conditions", len(rows), parts)


def _findings(known: Catalogue) -> Shelf:
    parts = tuple(
        (package, tuple(Link("finding", item["code"], item["name"]) for _, items in groups for item in items))
        for package, groups in known.packages()
    )
    return Shelf("findings", "Findings", sum(len(links) for _, links in parts), parts)


def _plain(known: Catalogue) -> Iterable[Shelf]:
    for kind, title in (("treatment", "Treatments"), ("site", "Sites"), ("source", "Sources")):
        links = sorted(
            (_named(kind, row) for row in known.rows(f"{kind}s")), key=lambda link: link.name.casefold()
        )
        yield Shelf(f"{kind}s", title, len(links), (("", tuple(links)),))


def _named(kind: str, row: Item) -> Link:
    if kind != "source":
        return Link(kind, row["code"], row["name"])
    marked = "" if row.get("status") == "verified" else f"! {row.get('status')}"
    return Link(kind, row["code"], short_citation(row["citation"]), marked)
