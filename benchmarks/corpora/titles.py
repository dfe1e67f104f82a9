"""What a disease's title tells: the findings it names, and the series it belongs to.

"Seckel syndrome 11" is described by no paper of its own yet, but it is one of a series whose others are;
"Neurodevelopmental disorder with spasticity" says what it comes with. Both are knowledge that does not come
from a case's own paper.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Row = tuple[str, float]  # term code, share of the series with it
CUT = re.compile(r"\b(?:with|without|plus|due to)\b")
NUMBERING = re.compile(
    r"\b(?:type|autosomal|dominant|recessive|x linked|y linked|familial|hereditary|primary|idiopathic"
    r"|syndromic|[0-9]+[a-z]*|[ivx]+|[a-z])\b"
)
LONGEST = 6  # words of a finding's name looked for in a title
CODE, NAME, ROWS = 0, 1, 2
GENERAL = 3  # a finding of fewer ancestors says what kind of finding it is, not which


def words(text: str) -> list[str]:
    """Lower-case words without a plural s."""
    return [_singular(word) for word in re.findall(r"[a-z0-9]+", text.lower())]


def _singular(word: str) -> str:
    plural = len(word) > 4 and word.endswith("s") and word[-2] not in "suio"
    return word[:-1] if plural else word


def series_of(title: str) -> str:
    """A title without its number, mode of inheritance and what it comes with."""
    plain = " ".join(re.findall(r"[a-z0-9]+", CUT.split(title.lower())[0]))
    return " ".join(NUMBERING.sub(" ", plain).split())


@dataclass(frozen=True)
class Titles:
    """Titles of the diseases of a knowledge file, and the names of its terms."""

    raw: Mapping[str, Any]

    @cached_property
    def terms(self) -> dict[tuple[str, ...], str]:
        """Words of a finding's name -> its code; what has too few ancestors is left out."""
        above = {term[0]: term[2] for term in self.raw["terms"]}

        def depth(code: str) -> int:
            count = 0
            while above[code]:
                code, count = above[code][0], count + 1
            return count

        return {tuple(words(t[NAME])): t[CODE] for t in self.raw["terms"] if depth(t[CODE]) >= GENERAL}

    @cached_property
    def members(self) -> dict[str, list[Sequence[Any]]]:
        """Series -> its diseases."""
        found: dict[str, list[Sequence[Any]]] = defaultdict(list)
        for disease in self.raw["diseases"]:
            found[series_of(disease[NAME])].append(disease)
        return found

    def named(self, title: str) -> list[str]:
        """Codes of the findings a title names, the longest match first; no word is read twice."""
        text, at, found = words(title), 0, []
        while at < len(text):
            size = next((n for n in range(LONGEST, 0, -1) if tuple(text[at : at + n]) in self.terms), 0)
            if size:
                found.append(self.terms[tuple(text[at : at + size])])
            at += size or 1
        return sorted(set(found))

    def borrowed(self, disease: Sequence[Any], without: int | None = None) -> Iterator[Row]:
        """Findings of the other diseases of the series: the mean of their shares. `without` is the number of
        a reference whose rows do not take part.
        """
        others = [d for d in self.members[series_of(disease[NAME])] if d[CODE] != disease[CODE]]
        total: dict[int, float] = defaultdict(float)
        used = 0
        for other in others:
            largest = self.shares(other, without)
            used += bool(largest)
            for term, share in largest.items():
                total[term] += share
        for term, share in sorted(total.items()):
            yield self.raw["terms"][term][CODE], share / used

    def shares(self, disease: Sequence[Any], without: int | None) -> dict[int, float]:
        """Term number -> the largest share any row of a disease states."""
        found: dict[int, float] = {}
        references = self.raw["refs_by_row"][disease[CODE]]
        for (term, kind, x, y), reference in zip(disease[ROWS], references, strict=True):
            if reference != without:
                share = {"f": x / y if y else 0.0, "n": 0.5}.get(kind, x)
                found[term] = max(found.get(term, 0.0), share)
        return found
