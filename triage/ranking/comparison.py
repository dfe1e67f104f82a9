"""What changed between two rankings, and why (docs/following.md).

The reasons are differences of the bars of two decompositions. As the bars of each sum to its score, the
differences of a condition sum to the difference of its scores: nothing is calculated a second time.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.ranking.explain import LOG_DECIMALS

Bar = Mapping[str, Any]
Output = Mapping[str, Any]  # of `Ranking.to_dict()`, with bars for the conditions that are compared
CaseFile = Mapping[str, Any]
Key = tuple[str, str]
PERSON = ("age_years", "sex", "side", "setting")


class Change(enum.StrEnum):
    """How a bar of one condition changed."""

    NEW = "new"
    ANSWER = "answer"  # another level, status or side
    WITHDRAWN = "withdrawn"
    WEIGHT = "weight"  # the same answer weighs otherwise


@dataclass(frozen=True)
class Reason:
    """One bar that changed. `log_difference`: its contribution after, less that before (nats, 9 decimals)."""

    kind: str  # prior | risk_factor | observation | silence | breadth
    finding: str
    change: Change
    before: Bar | None
    after: Bar | None
    log_difference: float


@dataclass(frozen=True)
class Move:
    """One condition before and after. Without bars on both sides (*Other* has none) there are no reasons.

    `log_unattributed`: the part of the difference of scores that no new, changed or withdrawn answer or risk
    factor explains: the sum of the reasons of kind WEIGHT (nats).
    """

    condition: str
    rank_before: int
    rank_after: int
    share_before: float
    share_after: float
    score_difference: float
    reasons: tuple[Reason, ...]

    @property
    def log_unattributed(self) -> float:
        return sum(reason.log_difference for reason in self.reasons if reason.change is Change.WEIGHT)


@dataclass(frozen=True)
class Comparison:
    """Conditions that moved, in the order of the later list, and what changed besides the findings."""

    moves: tuple[Move, ...]
    other_release: bool
    other_engine: bool
    other_clinic_model: bool
    person: tuple[str, ...]  # keys of the case file that differ, of PERSON
    factors_new: tuple[str, ...]
    factors_gone: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        return self == Comparison((), False, False, False, (), (), ())


def compare(
    before: Output,
    after: Output,
    *,
    cases: tuple[CaseFile, CaseFile],
    conditions: Collection[str] | None = None,
) -> Comparison:
    """The later ranking against the earlier; `cases` are the two case files. With `conditions` only these are
    compared.
    """
    earlier = {row["condition"]: row for row in before["hypotheses"]}
    rows = [row for row in after["hypotheses"] if conditions is None or row["condition"] in conditions]
    moves = [_move(earlier[row["condition"]], row) for row in rows if row["condition"] in earlier]
    factors = [set(case.get("risk_factors") or ()) for case in cases]
    return Comparison(
        moves=tuple(move for move in moves if move is not None),
        other_release=before["release"] != after["release"],
        other_engine=before["engine"] != after["engine"],
        other_clinic_model=before.get("clinic_model", "") != after.get("clinic_model", ""),
        person=tuple(key for key in PERSON if cases[0].get(key) != cases[1].get(key)),
        factors_new=tuple(sorted(factors[1] - factors[0])),
        factors_gone=tuple(sorted(factors[0] - factors[1])),
    )


def _move(before: Mapping[str, Any], after: Mapping[str, Any]) -> Move | None:
    """None where neither place nor share nor score is another."""
    if all(before[key] == after[key] for key in ("rank", "share", "score")):
        return None
    told = bool(before["bars"]) and bool(after["bars"])
    return Move(
        condition=after["condition"],
        rank_before=before["rank"],
        rank_after=after["rank"],
        share_before=before["share"],
        share_after=after["share"],
        score_difference=round(after["score"] - before["score"], LOG_DECIMALS),
        reasons=_reasons(before["bars"], after["bars"]) if told else (),
    )


def _reasons(before: Sequence[Bar], after: Sequence[Bar]) -> tuple[Reason, ...]:
    """The bars that differ, the heaviest first. A finding has one bar at most."""
    earlier, later = _by_key(before), _by_key(after)
    found = [_reason(key, earlier.get(key), later.get(key)) for key in sorted(earlier.keys() | later.keys())]
    told = [reason for reason in found if reason.log_difference or reason.change is not Change.WEIGHT]
    return tuple(sorted(told, key=lambda reason: -abs(reason.log_difference)))


def _by_key(bars: Sequence[Bar]) -> dict[Key, Bar]:
    return {(bar["kind"], bar["finding"] or ""): bar for bar in bars}


def _reason(key: Key, before: Bar | None, after: Bar | None) -> Reason:
    difference = _contribution(after) - _contribution(before)
    return Reason(*key, _change(before, after), before, after, round(difference, LOG_DECIMALS))


def _contribution(bar: Bar | None) -> float:
    return float(bar["log_contribution"]) if bar else 0.0


def _change(before: Bar | None, after: Bar | None) -> Change:
    if before is None:
        return Change.NEW
    if after is None:
        return Change.WITHDRAWN
    same = all(before[key] == after[key] for key in ("level", "side", "status"))
    return Change.WEIGHT if same else Change.ANSWER
