"""Read access to a release for pages: by code, by examination package, by search that forgives typos."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_args

from knowledge.compiled import document_of
from knowledge.schema.base import Package
from knowledge.searching import NameIndex

Item = Mapping[str, Any]
Hit = tuple[str, str, str, str, float]

PACKAGES: tuple[str, ...] = get_args(Package)
STAGES = ("first_line", "adjunct", "second_line", "surgical")
SEARCHED = {
    "finding": "findings",
    "risk_factor": "risk_factors",
    "contributing_factor": "contributing_factors",
    "condition": "conditions",
    "site": "sites",
    "structure": "structures",
    "treatment": "treatments",
}
LEAST_LETTERS = 2
RISK_FACTORS = "Risk factors"


class Catalogue:
    """One release document, indexed. What is retired is known by code, but neither offered nor found."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._by_code = {
            kind: {row["code"]: row for row in document.get(key, [])}
            for kind, key in {
                **SEARCHED,
                "source": "sources",
                "rule": "rules",
                "programme": "programmes",
            }.items()
        }
        for kind in ("risk_factor", "contributing_factor"):
            rows = self._by_code[kind]
            self._by_code[kind] = {code: {"role": kind, **row} for code, row in rows.items()}
        self._packages = self._in_packages()
        self._names = self._searchable()
        self._index = NameIndex([written for _, _, written in self._names])

    def row(self, kind: str, code: str) -> Item | None:
        """Any coded row by its kind: "finding", "site", "programme" …"""
        return self._by_code[kind].get(code)

    def finding(self, code: str) -> Item | None:
        return self._by_code["finding"].get(code)

    def condition(self, code: str) -> Item | None:
        return self._by_code["condition"].get(code)

    def source(self, code: str) -> Item | None:
        return self._by_code["source"].get(code)

    def risk_factor(self, code: str) -> Item | None:
        return self._by_code["risk_factor"].get(code)

    def contributing_factor(self, code: str) -> Item | None:
        return self._by_code["contributing_factor"].get(code)

    def treatment(self, code: str) -> Item | None:
        return self._by_code["treatment"].get(code)

    def rule(self, code: str) -> Item | None:
        return self._by_code["rule"].get(code)

    def name(self, kind: str, code: str) -> str:
        """The name of a coded row, or its code in words where the release does not have it."""
        return str(self._by_code[kind].get(code, {}).get("name") or code.replace("_", " "))

    def rows(self, key: str) -> list[dict[str, Any]]:
        """A list of the document; empty where it has none."""
        found: list[dict[str, Any]] = self.document.get(key, [])
        return found

    def packages(self) -> list[tuple[str, list[tuple[str, list[Item]]]]]:
        """What can be recorded: packages in the order of an examination, groups and items in their own."""
        return self._packages

    def label(self, code: str, level: str) -> str:
        """The name of a level; yes and no of factors that have no levels of their own."""
        item = self._by_code["finding"].get(code, {})
        names = {row["code"]: row["name"] for row in item.get("levels", [])}
        return str(names.get(level) or {"present": "yes", "absent": "no"}.get(level, level.replace("_", " ")))

    def treatments_for(self, condition: str) -> list[Item]:
        """What is done for a condition, by stage, each with the treatment's own name and description."""
        rows = [row for row in self.rows("condition_treatments") if row["condition"] == condition]
        whole = [{**self._by_code["treatment"].get(row["treatment"], {}), **row} for row in rows]
        return sorted(whole, key=lambda row: (STAGES.index(row["stage"]), row.get("name", "")))

    def search(self, text: str, limit: int = 10) -> list[Hit]:
        """The best (kind, code, name, matched text, score 0 to 100) for a few letters; one hit per code.

        What begins with the letters, or has a word that does, stands before what only resembles them.
        """
        if len(text.strip()) < LEAST_LETTERS:
            return []
        best: dict[tuple[str, str], tuple[float, str]] = {}
        for index, score in self._index.scores(text).items():
            kind, code, written = self._names[index]
            if score > best.get((kind, code), (0.0, ""))[0]:
                best[kind, code] = (score, written)
        hits = [
            (kind, code, self.name(kind, code), written, round(score, 1))
            for (kind, code), (score, written) in best.items()
        ]
        kinds = list(SEARCHED)
        hits.sort(key=lambda hit: (-hit[4], kinds.index(hit[0]), hit[2].casefold()))
        return hits[:limit]

    def _searchable(self) -> list[tuple[str, str, str]]:
        """(kind, code, as written) of every name and synonym in use, and of every level of a longer list:
        "arch pain" leads to the place of pain.
        """
        return [
            (kind, code, text)
            for kind in SEARCHED
            for code, row in self._by_code[kind].items()
            if "replaced_by" not in row and "applies_if" not in row
            for text in (row["name"], *row.get("synonyms", []), *_levels_in_full(row))
        ]

    def _in_packages(self) -> list[tuple[str, list[tuple[str, list[Item]]]]]:
        packages: dict[str, dict[str, list[Item]]] = {name: {} for name in PACKAGES}
        for item in self._offered():
            groups = packages.setdefault(item.get("package", "history"), {})
            # A risk factor's own group is its mechanism, which the ranking needs and a reader does not.
            group = RISK_FACTORS if item.get("role") == "risk_factor" else item.get("group", "")
            groups.setdefault(group, []).append(item)
        return [(name, list(groups.items())) for name, groups in packages.items() if groups]

    def _offered(self) -> list[Item]:
        """Findings in their order, then contributing factors, then the risk factors that have to be asked."""
        findings = sorted(
            self._by_code["finding"].values(), key=lambda row: (row.get("order", 0), row["code"])
        )
        rest = [*self._by_code["contributing_factor"].values(), *self._by_code["risk_factor"].values()]
        return [row for row in [*findings, *rest] if "replaced_by" not in row and "applies_if" not in row]


def _levels_in_full(row: Item) -> list[str]:
    """Such as "Main place of pain: inner arch"; yes and no need no search."""
    levels = row.get("levels", [])
    return [f"{row['name']}: {level['name']}" for level in levels] if len(levels) > 2 else []


@lru_cache(maxsize=4)
def catalogue(sha256: str) -> Catalogue:
    """The catalogue of the release with this hash; a release never changes, so neither does this."""
    return Catalogue(document_of(sha256))
