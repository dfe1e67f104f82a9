"""Golden cases: worked cases whose place in the ranking must not be lost unnoticed. Not accuracy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.schema import GoldenCase
from triage.ranking import CompiledModel, rank, read_case

FIRST_THREE = 3


@dataclass(frozen=True)
class Verdict:
    """How a case fared: each unmet expectation as a sentence; without one it passed."""

    code: str
    first: str
    share: float
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


def judge_cases(
    model: CompiledModel, cases: Iterable[GoldenCase], *, without_each: bool = False
) -> Iterator[Verdict]:
    """Rank each case; `without_each` also takes away one observation at a time: first three is enough."""
    for case in cases:
        plain = case.case.plain()
        ranking = ranked(model, plain)
        failures = list(unmet(case, ranking))
        if without_each and case.expect.first:
            failures += _unsteady(model, plain, case.expect.first)
        top = ranking["hypotheses"][0]
        yield Verdict(case.code, top["condition"], top["share"], tuple(failures))


def ranked(model: CompiledModel, case: Mapping[str, Any]) -> dict[str, Any]:
    """The ranking of a case file; raises the engine's InvalidCase."""
    return rank(model, read_case({"age_years": None, "sex": None, **case}, model)).to_dict()


def unmet(case: GoldenCase, ranking: Mapping[str, Any]) -> Iterator[str]:
    """Each expectation that a ranking does not meet, as a sentence."""
    expect = case.expect
    order = [row["condition"] for row in ranking["hypotheses"]]
    if expect.first and order[0] != expect.first:
        yield f"{expect.first} must be first, it is {_place(order, expect.first)}; first is {order[0]}"
    for condition in expect.first_three:
        if condition not in order[:FIRST_THREE]:
            yield f"{condition} must be in the first three, it is {_place(order, condition)}"
    for condition in expect.not_first:
        if order[0] == condition:
            yield f"{condition} must not be first"
    fired = bool((ranking.get("misfit") or {}).get("fired"))
    if expect.misfit is not None and fired != expect.misfit:
        yield f"misfit must {'' if expect.misfit else 'not '}be said"
    flags = {flag["rule"] for flag in ranking["red_flags"]}
    for rule in expect.red_flags:
        if rule not in flags:
            yield f"the red flag {rule} must be shown"


def _unsteady(model: CompiledModel, case: Mapping[str, Any], expected: str) -> list[str]:
    failures = []
    observations = list(case.get("observations", []))
    for position, observation in enumerate(observations):
        rest = [*observations[:position], *observations[position + 1 :]]
        ranking = ranked(model, {**case, "observations": rest})
        order = [row["condition"] for row in ranking["hypotheses"]]
        if expected not in order[:FIRST_THREE]:
            failures.append(f"without {observation['finding']} {expected} falls to {_place(order, expected)}")
    return failures


def _place(order: list[str], condition: str) -> str:
    return f"number {order.index(condition) + 1}" if condition in order else "not in the release"
