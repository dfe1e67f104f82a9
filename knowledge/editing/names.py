"""Codes and names of the working copy: what a person writes is understood as a code, typos are answered."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError

from knowledge.mapping import SHAPES
from knowledge.models import Level
from knowledge.searching import NameIndex

LIMIT = 8
LEAST_LETTERS = 2


class Names:
    """Read once for each kind and request."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._unique: dict[str, dict[str, str]] = {}

    def rows(self, kind: str) -> list[tuple[str, str, tuple[str, ...]]]:
        """(code, name, other words) of every row of a kind."""
        if kind not in self._rows:
            self._rows[kind] = [(row["code"], *_words(row)) for row in _columns(kind)]
        return self._rows[kind]

    def name(self, kind: str, code: str) -> str:
        return self._names(kind).get(code, code.replace("_", " "))

    def shown(self, kind: str, code: str) -> str:
        """The name where it says which row is meant, else the code."""
        name = self.name(kind, code)
        return name if kind != "sources" and self._by_name(kind).get(name.casefold()) == code else code

    def code(self, kind: str, text: str) -> str:
        """The code that is meant. Raises ValidationError with what is near."""
        text = text.strip()
        if text in self._names(kind):
            return text
        code = self._by_name(kind).get(text.casefold().removeprefix("https://doi.org/"))
        if code:
            return code
        near = self.search(kind, text)
        meant = " or ".join(f"“{self.shown(kind, code)}”" for code, _ in near[:3])
        what = kind.removesuffix("s").replace("_", " ")
        raise ValidationError(
            f"There is no {what} “{text[:60]}”. " + (f"Did you mean {meant}?" if meant else "Add it first.")
        )

    def search(self, kind: str, text: str) -> list[tuple[str, str]]:
        """The best (code, name) for a few letters, slips forgiven."""
        if len(text.strip()) < LEAST_LETTERS:
            return []
        written = [(code, word) for code, name, words in self.rows(kind) for word in (name, *words)]
        scores = NameIndex([word for _, word in written]).scores(text[:80])
        best: dict[str, float] = {}
        for at, score in scores.items():
            code = written[at][0]
            best[code] = max(score, best.get(code, 0.0))
        found = sorted(best, key=lambda code: (-best[code], self.name(kind, code)))[:LIMIT]
        return [(code, self.name(kind, code)) for code in found]

    @cached_property
    def levels(self) -> dict[str, dict[str, str]]:
        """finding → level → name, of every finding."""
        found: dict[str, dict[str, str]] = {}
        for finding, code, name in Level.objects.order_by("finding", "position").values_list(
            "finding_id", "code", "name"
        ):
            found.setdefault(finding, {})[code] = name
        return found

    def _names(self, kind: str) -> dict[str, str]:
        if kind not in self._codes:
            self._codes[kind] = {code: name for code, name, _ in self.rows(kind)}
        return self._codes[kind]

    def _by_name(self, kind: str) -> dict[str, str]:
        """Name in small letters → code, where no other row is called so; a source by its DOI and PubMed."""
        if kind not in self._unique:
            found: dict[str, set[str]] = {}
            for code, name, words in self.rows(kind):
                for word in (name, *(words if kind == "sources" else ())):
                    found.setdefault(word.casefold(), set()).add(code)
            self._unique[kind] = {name: min(codes) for name, codes in found.items() if len(codes) == 1}
        return self._unique[kind]


def _columns(kind: str) -> list[dict[str, Any]]:
    model = SHAPES[kind].model
    known = {column.name for column in model._meta.concrete_fields}
    wanted = known & {"code", "name", "citation", "title", "synonyms", "doi", "pmid"}
    return list(model._default_manager.order_by("code").values(*sorted(wanted)))


def _words(row: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    name = str(row.get("name") or row.get("citation") or row.get("title") or row["code"])
    others = [row["code"], *row.get("synonyms", ()), row.get("doi", ""), row.get("pmid", "")]
    return name, tuple(word for word in others if word)
