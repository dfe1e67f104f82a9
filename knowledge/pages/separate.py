"""Which findings tell two conditions apart, as the engine would weigh them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from knowledge.catalogue import Catalogue
from knowledge.pages.lines import Item, Link, link_to
from triage.ranking import CompiledModel

TELLING_RATIO = 1.5  # what moves the odds less is folded away
YES_AND_NO = 2
EXACT = 1  # triage.ranking.table.Match: the condition has evidence of its own


@dataclass(frozen=True)
class Answer:
    """One level: how often in each of the two (per cent), and how far it moves the odds between them."""

    name: str
    first: float
    second: float
    ratio: float  # p(level | first) / p(level | second)

    @property
    def factor(self) -> float:
        return max(self.ratio, 1 / self.ratio)

    @property
    def speaks_for_first(self) -> bool:
        return self.ratio > 1


@dataclass(frozen=True)
class Separator:
    finding: Item
    answers: tuple[Answer, ...]
    known_of: tuple[bool, bool]

    @property
    def shown(self) -> tuple[Answer, ...]:
        """Of a long list of answers only those that tell something."""
        telling = tuple(answer for answer in self.answers if answer.factor >= TELLING_RATIO)
        return telling if telling and len(self.answers) > YES_AND_NO else self.answers

    @property
    def factor(self) -> float:
        return max(answer.factor for answer in self.answers)


@dataclass(frozen=True)
class Separation:
    first: Link
    second: Link
    telling: tuple[Separator, ...]
    rest: tuple[Separator, ...]


def separation(known: Catalogue, model: CompiledModel, first: str, second: str) -> Separation | None:
    """Findings with evidence in either condition, the most telling first; None for an unknown code."""
    if first not in model.condition_at or second not in model.condition_at:
        return None
    pair = model.condition_at[first], model.condition_at[second]
    found = [
        separator
        for code in model.finding_at
        if (separator := _separator(known, model, code, pair)) is not None
    ]
    found.sort(key=lambda separator: (-separator.factor, separator.finding["name"]))
    telling = [separator for separator in found if separator.factor >= TELLING_RATIO]
    return Separation(
        link_to(known, "condition", first),
        link_to(known, "condition", second),
        tuple(telling),
        tuple(found[len(telling) :]),
    )


def _separator(known: Catalogue, model: CompiledModel, code: str, pair: tuple[int, int]) -> Separator | None:
    at = model.finding_at[code]
    match = model.table.match(at)
    own = bool(match[pair[0]] == EXACT), bool(match[pair[1]] == EXACT)
    finding = known.finding(code)
    if not any(own) or finding is None or "replaced_by" in finding:
        return None
    table = model.table.probabilities(at)
    answers = tuple(
        Answer(known.label(code, level), 100 * float(p), 100 * float(q), math.exp(math.log(p) - math.log(q)))
        for level, p, q in zip(model.findings[at].levels, table[pair[0]], table[pair[1]], strict=True)
    )
    return Separator(finding, answers, own)
