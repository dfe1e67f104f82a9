"""Which findings may be proposed next (docs/ranking.md, step 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triage.ranking.case import Case
from triage.ranking.explain import Differential
from triage.ranking.model import CompiledModel
from triage.ranking.rules import Facts, RedFlag
from triage.ranking.votes import Votes

Guard = tuple[Mapping[str, Any], set[int]]


def candidates(
    model: CompiledModel,
    case: Case,
    *,
    votes: Votes,
    facts: Facts,
    differential: Differential,
    flags: Sequence[RedFlag],
) -> list[int]:
    """Findings not recorded yet, not settled by the hierarchy, whose question arises, and that nothing
    forbids.
    """
    recorded = {o.finding for o in case.observations if o.status != "not_tested"}
    out = _settled(model, votes)
    for guard, guarded in _guards(model):
        if not guarded <= out and forbids(model, guard, case, differential, flags):
            out |= guarded
    return [
        at
        for at, finding in enumerate(model.findings)
        if at not in out
        and finding.code not in recorded
        and (finding.code not in model.asked_if or _arises(model.asked_if[finding.code], facts))
    ]


def _guards(model: CompiledModel) -> list[Guard]:
    """Each `avoid_if` entry once, with the findings that have it; kept with the model."""
    kept = model.cache.get("guards")
    if isinstance(kept, list):
        return kept
    found: dict[str, Guard] = {}
    for at, finding in enumerate(model.findings):
        for guard in finding.avoid_if:
            found.setdefault(repr(sorted(guard.items())), (guard, set()))[1].add(at)
    model.cache["guards"] = guards = list(found.values())
    return guards


def forbids(
    model: CompiledModel,
    guard: Mapping[str, Any],
    case: Case,
    differential: Differential,
    flags: Sequence[RedFlag],
) -> bool:
    """Whether one `avoid_if` entry forbids: a condition at or above a share, a fired rule, or an allergy."""
    if "condition" in guard:
        share = float(differential.shares[model.condition_at[guard["condition"]]])
        return share >= float(guard.get("share", 0.0))
    if "rule" in guard:
        return any(flag.rule == guard["rule"] for flag in flags)
    return guard.get("allergy") in case.allergies


def _settled(model: CompiledModel, votes: Votes) -> set[int]:
    """Ancestors of what is present and descendants of what is absent: asking would tell nothing."""
    present = {v.finding for v in votes.votes if v.level == 1 and model.findings[v.finding].binary}
    absent = {v.finding for v in votes.votes if v.level == 0 and model.findings[v.finding].binary}
    above = {int(a) for at in present for a in model.hierarchy.ancestors(at)}
    return above.union(*(_descendants(model)[at] for at in absent))


def _descendants(model: CompiledModel) -> list[set[int]]:
    """Everything below each finding; kept with the model."""
    kept = model.cache.get("descendants")
    if isinstance(kept, list):
        return kept
    below: list[set[int]] = [set() for _ in model.findings]
    for at in range(len(below)):
        for ancestor in model.hierarchy.ancestors(at).tolist():
            below[ancestor].add(at)
    model.cache["descendants"] = below
    return below


def _arises(gate: tuple[str, str], facts: Facts) -> bool:
    """False when the question hangs on another finding's level and that finding was recorded otherwise."""
    seen = facts.observations.get(gate[0], ())
    return not seen or any(observation.level == gate[1] for observation in seen)
