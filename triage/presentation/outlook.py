"""What stands beside the list: what must not be missed, what would change the order, two at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.presentation import words
from triage.presentation.conditions import name_of
from triage.presentation.knowledge import Shelf
from triage.presentation.reasons import item_of

NEXT_SHOWN = 3
EFFECTS_SHOWN = 3
ALERT, NOT_SCREENED = "alert", "not_screened"


@dataclass(frozen=True)
class Question:
    """A finding to jump to."""

    code: str
    name: str


@dataclass(frozen=True)
class CantMiss:
    """Urgent conditions on alert, those nobody has looked at yet, and the fewest questions that would."""

    alerts: tuple[str, ...]
    unscreened: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Effect:
    """What one answer would do: the condition that would stand first, and its share."""

    answer: str
    first: str
    percent: str


@dataclass(frozen=True)
class NextTest:
    code: str
    name: str
    minutes: str
    effects: tuple[Effect, ...]

    @property
    def told(self) -> str:
        """What its first answers would do, in one line."""
        shown = self.effects[:EFFECTS_SHOWN]
        return "; ".join(f"{effect.answer} → {effect.first} {effect.percent}" for effect in shown)


@dataclass(frozen=True)
class Threshold:
    """When to treat and when to test, by the clinic's own benefit and harm; percentages as words."""

    treat: str
    test: str  # name of the test with most room; empty when none leaves any
    code: str
    low: str
    high: str
    advice: str


def thresholds(ranking: Mapping[str, Any], shelf: Shelf) -> dict[str, Threshold]:
    """By condition; none where the clinic has set no benefit and harm."""
    return {row["condition"]: _threshold(row, shelf) for row in ranking.get("thresholds") or ()}


def _threshold(row: Mapping[str, Any], shelf: Shelf) -> Threshold:
    code = row["finding"] or ""
    return Threshold(
        treat=_unbroken(row["treat"]),
        test=_question(code, shelf).name if code else "",
        code=code,
        low=_unbroken(row["test"]) if code else "",
        high=_unbroken(row["test_treat"]) if code else "",
        advice=words.ADVICE[row["advice"], bool(code)],
    )


def _unbroken(share: float) -> str:
    """A percentage that stays on one line."""
    return words.percent(share).replace(" ", "\N{NO-BREAK SPACE}")


def cant_miss(ranking: Mapping[str, Any], shelf: Shelf) -> CantMiss | None:
    rows: Sequence[Mapping[str, Any]] = ranking.get("cant_miss") or ()
    found = CantMiss(
        alerts=tuple(name_of(row["condition"], shelf) for row in rows if row["state"] == ALERT),
        unscreened=tuple(name_of(row["condition"], shelf) for row in rows if row["state"] == NOT_SCREENED),
        questions=tuple(_question(row["finding"], shelf) for row in ranking.get("screening") or ()),
    )
    return found if found.alerts or found.unscreened else None


def next_tests(ranking: Mapping[str, Any], shelf: Shelf) -> tuple[NextTest, ...]:
    return tuple(_next_test(row, shelf) for row in (ranking.get("next") or ())[:NEXT_SHOWN])


def pair_words(ranking: Mapping[str, Any], shelf: Shelf) -> str:
    """The pair that explains the findings better than any one condition; empty when none does."""
    offered = [row for row in ranking.get("pairs") or () if row.get("offered", True)]
    codes = offered[0].get("conditions", ()) if offered else ()
    return " and ".join(name_of(code, shelf) for code in codes)


def _next_test(row: Mapping[str, Any], shelf: Shelf) -> NextTest:
    item = item_of(shelf, row["finding"]) or {"name": row["finding"]}
    minutes = item.get("minutes")
    return NextTest(
        code=row["finding"],
        name=item["name"],
        minutes=f"{minutes:g} min" if minutes else "",
        effects=tuple(_effect(row["finding"], effect, shelf) for effect in row.get("effects") or ()),
    )


def _effect(finding: str, effect: Mapping[str, Any], shelf: Shelf) -> Effect:
    first = effect["top"][0]
    return Effect(
        shelf.catalogue.label(finding, effect["level"]),
        name_of(first["condition"], shelf),
        words.percent(first["share"]),
    )


def _question(code: str, shelf: Shelf) -> Question:
    item = item_of(shelf, code)
    return Question(code, item["name"] if item else code.replace("_", " "))
