"""Golden cases: worked cases whose place in the ranking must not be lost unnoticed. Not accuracy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.schema import CaseObservation, GoldenCase, Shown
from knowledge.schema.base import Stage
from triage.ranking import CompiledModel, rank_now, read_case

FIRST_THREE = 3
STAGES: tuple[Stage, ...] = ("intake", "exam", "investigation")
STAGE_WORDS = {
    "intake": "at intake",
    "exam": "after examination",
    "investigation": "after investigation",
}
OPEN = ("alert", "not_screened")


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
        failures = [*unmet(case.expect, ranking), *unmet_on_the_way(model, case)]
        if without_each and case.expect.first:
            failures += _unsteady(model, plain, case.expect.first)
        top = ranking["hypotheses"][0]
        yield Verdict(case.code, top["condition"], top["share"], tuple(failures))


def ranked(model: CompiledModel, case: Mapping[str, Any]) -> dict[str, Any]:
    """The ranking of a case file, without bars and what to ask next; raises the engine's InvalidCase."""
    given = read_case({"age_years": None, "sex": None, **case}, model)
    return rank_now(model, given).to_dict(explained=())


def unmet_on_the_way(model: CompiledModel, case: GoldenCase) -> Iterator[str]:
    """What the case expects after a stage and does not show with the facts up to there."""
    for stage, shown in sorted(case.expect.after.items(), key=lambda item: STAGES.index(item[0])):
        ranking = ranked(model, up_to(stage, case, model).case.plain())
        yield from (f"{STAGE_WORDS[stage]}: {sentence}" for sentence in unmet(shown, ranking))


def up_to(stage: str, case: GoldenCase, model: CompiledModel) -> GoldenCase:
    """The case with only what was recorded by the end of a stage."""
    known = STAGES[: STAGES.index(stage) + 1]
    observations = tuple(row for row in case.case.observations if recorded_at(row, model) in known)
    return case.model_copy(update={"case": case.case.model_copy(update={"observations": observations})})


def recorded_at(row: CaseObservation, model: CompiledModel) -> str:
    """The stage of an observation; where the case does not say, that of the finding."""
    if "stage" in row.model_fields_set or row.finding not in model.finding_at:
        return row.stage
    return model.findings[model.finding_at[row.finding]].stage


def unmet(shown: Shown, ranking: Mapping[str, Any]) -> Iterator[str]:
    """Each expectation that a ranking does not meet, as a sentence."""
    yield from _misplaced(shown, [row["condition"] for row in ranking["hypotheses"]])
    fired = bool((ranking.get("misfit") or {}).get("fired"))
    if shown.misfit is not None and fired != shown.misfit:
        yield f"misfit must {'' if shown.misfit else 'not '}be said"
    flags = {flag["rule"] for flag in ranking["red_flags"]}
    for rule in shown.red_flags:
        if rule not in flags:
            yield f"the red flag {rule} must be shown"
    panel = {row["condition"]: row["state"] for row in ranking.get("cant_miss", [])}
    for condition in shown.cant_miss:
        if panel.get(condition) not in OPEN:
            yield f"{condition} must stand open in the can't-miss panel"


def _misplaced(shown: Shown, order: list[str]) -> Iterator[str]:
    if shown.first and order[0] != shown.first:
        yield f"{shown.first} must be first, it is {_place(order, shown.first)}; first is {order[0]}"
    for condition in shown.first_three:
        if condition not in order[:FIRST_THREE]:
            yield f"{condition} must be in the first three, it is {_place(order, condition)}"
    for condition in shown.not_first:
        if order[0] == condition:
            yield f"{condition} must not be first"
    for condition, last in shown.not_below.items():
        if condition not in order[:last]:
            yield f"{condition} must not be below number {last}, it is {_place(order, condition)}"


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
