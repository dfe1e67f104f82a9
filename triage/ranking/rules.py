"""Red-flag rules: deterministic, over raw observations (docs/ranking.md, step 8.1).

Three-valued logic: an expression is true, false or unknown. Silence is unknown, so `not` is true only where
the inner expression is recorded otherwise. No share and no weight is looked at; nothing here can clear a rule
that fired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from triage.ranking.case import Case, Observation
from triage.ranking.errors import Problem, nearest
from triage.ranking.risk import person_satisfies

URGENCIES = ("immediate", "same_day", "days", "caution")  # most urgent first
GROUPS = ("all", "any", "of")
PERSON = frozenset({"age_at_least", "age_below", "sex"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One red flag: code, condition it points to (if one), urgency and its expression.

    `reads`: findings and risk factors; with none of them on record the expression is unknown. Empty when it
    reads the person too, and may be true of a case with nothing on record.
    """

    code: str
    condition: str | None
    urgency: str
    when: Mapping[str, Any]
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RedFlag:
    """A fired rule with the observations that made it true, sorted."""

    rule: str
    condition: str | None
    urgency: str
    matched: tuple[Observation, ...]


@dataclass(frozen=True)
class Facts:
    """What rules may read: raw observations on the complaint's side or without side, and the person."""

    observations: Mapping[str, tuple[Observation, ...]]
    risk_factors: frozenset[str]  # present
    risk_factors_absent: frozenset[str]  # recorded or derived as absent
    case: Case


class Verdict(NamedTuple):
    """Truth of an expression (None: unknown) and the observations it rests on."""

    truth: bool | None
    matched: frozenset[Observation] = frozenset()


UNKNOWN = Verdict(None)


def fired(rules: Sequence[Rule], facts: Facts) -> tuple[RedFlag, ...]:
    """Every rule that is true, most urgent first, then by code."""
    flags = []
    on_record = facts.observations.keys() | facts.risk_factors | facts.risk_factors_absent
    for rule in rules:
        if rule.reads and rule.reads.isdisjoint(on_record):
            continue
        verdict = judge(rule.when, facts)
        if verdict.truth:
            matched = tuple(sorted(verdict.matched, key=lambda observation: observation.order))
            flags.append(RedFlag(rule.code, rule.condition, rule.urgency, matched))
    return tuple(sorted(flags, key=lambda flag: (URGENCIES.index(flag.urgency), flag.rule)))


def judge(expression: Mapping[str, Any], facts: Facts) -> Verdict:
    """Truth of an expression of the release's rule grammar."""
    if "finding" in expression:
        return _judge_finding(expression, facts)
    if "risk_factor" in expression:
        code = expression["risk_factor"]
        return Verdict(
            True if code in facts.risk_factors else False if code in facts.risk_factors_absent else None
        )
    if "not" in expression:
        inner = judge(expression["not"], facts)
        return Verdict(None if inner.truth is None else not inner.truth, inner.matched)
    key = next((key for key in GROUPS if key in expression), None)
    if key is None:
        return Verdict(person_satisfies(expression, facts.case))
    parts = [judge(part, facts) for part in expression[key]]
    needed = len(parts) if key == "all" else 1 if key == "any" else expression["at_least"]
    return _at_least(needed, parts)


def _judge_finding(expression: Mapping[str, Any], facts: Facts) -> Verdict:
    """True when any raw observation has one of the levels; false when it was recorded otherwise."""
    seen = facts.observations.get(expression["finding"], ())
    if not seen:
        return UNKNOWN
    wanted = expression["level"] if isinstance(expression["level"], list) else [expression["level"]]
    matching = frozenset(observation for observation in seen if observation.level in wanted)
    if matching:
        return Verdict(True, matching)
    return Verdict(False, frozenset(seen))


def _at_least(needed: int, parts: Sequence[Verdict]) -> Verdict:
    """Kleene logic of "at least `needed` of these"; `all` and `any` are its ends."""
    held = [part for part in parts if part.truth]
    refuted = [part for part in parts if part.truth is False]
    if len(held) >= needed:
        return Verdict(True, frozenset().union(*[part.matched for part in held]))
    if len(parts) - len(refuted) < needed:
        return Verdict(False, frozenset().union(*[part.matched for part in refuted]))
    return UNKNOWN


def read_rules(
    rows: Sequence[Mapping[str, Any]],
    levels: Mapping[str, tuple[str, ...]],
    risk_factors: Mapping[str, int],
    conditions: Mapping[str, int],
) -> tuple[list[Rule], list[Problem]]:
    """Rules in document order, and every fault."""
    rules, problems = [], []
    for row in rows:
        where = f"rules[{row.get('code')}]"
        problems += expression_problems(row.get("when"), f"{where}.when", levels, risk_factors)
        if row.get("urgency") not in URGENCIES:
            value = str(row.get("urgency"))
            problems.append(Problem(f"{where}.urgency", "unknown_value", value, nearest(value, URGENCIES)))
        code = row.get("condition")
        if code is not None and code not in conditions:
            problems.append(
                Problem(f"{where}.condition", "unknown_condition", code, nearest(code, conditions))
            )
        when = row.get("when") or {}
        rules.append(Rule(str(row.get("code")), code, str(row.get("urgency")), when, codes_read(when)))
    return rules, problems


def codes_read(expression: Any) -> frozenset[str]:
    """Findings and risk factors of a whole expression; none at all when it also reads the person."""
    codes: set[str] = set()
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        inner = part if isinstance(part, Mapping) else {}
        code = inner.get("finding") or inner.get("risk_factor")
        parts = [inner["not"]] if "not" in inner else inner.get("all") or inner.get("any") or inner.get("of")
        if code is None and not parts:
            return frozenset()
        codes |= {str(code)} if code is not None else set()
        waiting += parts if code is None and isinstance(parts, list) else []
    return frozenset(codes)


def expression_problems(  # noqa: PLR0911
    expression: Any, where: str, levels: Mapping[str, tuple[str, ...]], risk_factors: Mapping[str, int]
) -> list[Problem]:
    """Faults of an expression, nested ones included."""
    if not isinstance(expression, Mapping) or not expression:
        return [Problem(where, "not_an_expression")]
    if "finding" in expression:
        return _finding_problems(expression, where, levels)
    if "risk_factor" in expression:
        code = str(expression["risk_factor"])
        known = code in risk_factors
        return [] if known else [Problem(where, "unknown_risk_factor", code, nearest(code, risk_factors))]
    if "not" in expression:
        return expression_problems(expression["not"], f"{where}.not", levels, risk_factors)
    key = next((key for key in ("all", "any", "of") if key in expression), None)
    if key is None and expression.keys() <= PERSON:
        return []
    parts = expression[key] if key else None
    counted = key != "of" or _is_count(expression.get("at_least"))
    if not isinstance(parts, list) or not parts or not counted:
        return [Problem(where, "not_an_expression", ", ".join(sorted(expression)))]
    nested = [
        expression_problems(p, f"{where}.{key}[{n}]", levels, risk_factors) for n, p in enumerate(parts)
    ]
    return [problem for problems in nested for problem in problems]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _finding_problems(
    expression: Mapping[str, Any], where: str, levels: Mapping[str, tuple[str, ...]]
) -> list[Problem]:
    code = str(expression["finding"])
    if code not in levels:
        return [Problem(where, "unknown_finding", code, nearest(code, levels))]
    wanted = expression.get("level")
    wanted = wanted if isinstance(wanted, list) else [wanted]
    return [
        Problem(where, "unknown_level", str(level), nearest(str(level), levels[code]))
        for level in wanted
        if level not in levels[code]
    ]
