"""Findings and their default rates, read and checked (docs/ranking.md, steps 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.constants import Constants, is_number
from triage.ranking.errors import Problem, nearest

Floats = NDArray[np.float64]
BINARY = ("absent", "present")


@dataclass(frozen=True, slots=True)
class Block:
    """A diagnostic block (docs/ranking.md, step 10). Probabilities; `others` are pseudo-counts by level."""

    structures: tuple[str, ...]
    technical_success: float
    placebo: float
    complete: str
    others: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """A voting finding. `rates` (K,) sums to 1 and is what people with another cause show; `strength` in
    patients."""

    code: str
    levels: tuple[str, ...]
    rates: tuple[float, ...]
    strength: float
    epsilon: float
    cluster: str | None
    side_aware: bool
    side_control: bool
    stage: str
    package: str
    block: Block | None
    default_basis: str  # study | expert_estimate | kind | block
    default_source: str | None
    burden: float  # minutes + discomfort + cost; 1 when nothing is said
    avoid_if: tuple[Mapping[str, Any], ...]

    @property
    def binary(self) -> bool:
        """Two levels: the first is the reference, the second counts as present."""
        return len(self.levels) == 2


def read_findings(
    rows: Sequence[Mapping[str, Any]], constants: Constants
) -> tuple[list[Finding], list[Problem]]:
    """Findings in document order, and every fault in them."""
    findings: list[Finding] = []
    problems: list[Problem] = []
    for row in rows:
        finding = _read_finding(row, constants, problems)
        if finding is not None:
            findings.append(finding)
    return findings, problems


def _read_finding(row: Mapping[str, Any], constants: Constants, problems: list[Problem]) -> Finding | None:
    code, levels = row.get("code"), _levels(row)
    where = f"findings[{code}]"
    if not code or len(levels) < 2 or len(set(levels)) < len(levels):
        problems.append(Problem(where, "needs_two_distinct_levels" if code else "missing_code"))
        return None
    epsilon = row.get("epsilon", constants.epsilon)
    if not (is_number(epsilon) and 0 <= epsilon < 1):
        problems.append(Problem(f"{where}.epsilon", "bad_value", repr(epsilon)))
        return None
    block = _block(row.get("block"), levels, where, problems)
    rates, strength, basis = _default(row, levels, block, constants, problems)
    if not rates:
        return None
    plain = {
        "cluster": row.get("cluster"),
        "side_aware": bool(row.get("side_aware", False)),
        "side_control": bool(row.get("side_control", False)),
        "stage": row.get("stage", "exam"),
        "package": row.get("package", ""),
        "default_source": (row.get("default") or {}).get("source"),
        "avoid_if": tuple(row.get("avoid_if") or ()),
        "burden": _burden(row),
    }
    return Finding(code, levels, rates, strength, float(epsilon), block=block, default_basis=basis, **plain)


def _burden(row: Mapping[str, Any]) -> float:
    """Minutes + discomfort + cost; 1 when nothing is said, so that a gain is not divided by nothing."""
    burden = sum(float(row.get(key) or 0) for key in ("minutes", "discomfort", "cost"))
    return burden if burden > 0 else 1.0


def _levels(row: Mapping[str, Any]) -> tuple[str, ...]:
    levels = row.get("levels")
    if not levels:
        return BINARY
    codes = tuple(level["code"] for level in levels)
    return BINARY if codes == BINARY else codes


def _default(
    row: Mapping[str, Any],
    levels: tuple[str, ...],
    block: Block | None,
    constants: Constants,
    problems: list[Problem],
) -> tuple[tuple[float, ...], float, str]:
    """(rates (K,), strength in patients, basis); rates are empty after a fault."""
    where = f"findings[{row['code']}].default"
    given, kind = row.get("default"), row.get("kind", "")
    if given:
        rates = _given_rates(given.get("rates") or {}, levels, where, problems)
        basis = given.get("basis") or ("study" if given.get("source") else "expert_estimate")
        return rates, float(given.get("n", 1)), basis
    if block is not None:
        return block_rates(block, levels, 0.0), sum(block.others.values()), "block"
    if kind not in constants.defaults:
        problems.append(Problem(where, "no_default_rate_for_kind", kind, nearest(kind, constants.defaults)))
        return (), 0.0, ""
    rate, strength = constants.defaults[kind]["rate"], constants.defaults[kind]["n"]
    if len(levels) > 2:
        return tuple(1 / len(levels) for _ in levels), strength, "kind"
    return (1 - rate, rate), strength, "kind"


def _given_rates(
    given: Mapping[str, Any], levels: tuple[str, ...], where: str, problems: list[Problem]
) -> tuple[float, ...]:
    """Rates of all levels; levels not given share what is left equally. Empty after a fault."""
    for level in given.keys() - set(levels):
        problems.append(Problem(where, "unknown_level", level, nearest(level, levels)))
    missing = [level for level in levels if level not in given]
    if not given or not all(is_number(rate) and 0 < rate < 1 for rate in given.values()):
        problems.append(Problem(where, "rates_must_lie_between_0_and_1"))
        return ()
    left = 1 - sum(given.values())
    if (missing and left <= 0) or (not missing and abs(left) > 1e-6):
        problems.append(Problem(where, "rates_must_sum_to_1"))
        return ()
    rates = [given[level] if level in given else left / len(missing) for level in levels]
    return tuple(rate / sum(rates) for rate in rates)


def _block(row: Any, levels: tuple[str, ...], where: str, problems: list[Problem]) -> Block | None:
    if not row:
        return None
    others, complete = row.get("others") or {}, row.get("complete", "complete")
    right = {
        "structures": bool(row.get("structures")),
        "technical_success": _is_share(row.get("technical_success")),
        "placebo": _is_share(row.get("placebo")) and row["placebo"] < 1,
        "complete": complete in levels and complete not in others,
        "others": {complete, *others} == set(levels) and all(is_number(n) and n > 0 for n in others.values()),
    }
    problems += [Problem(f"{where}.block.{key}", "bad_value") for key, fine in right.items() if not fine]
    if not all(right.values()):
        return None
    return Block(tuple(row["structures"]), row["technical_success"], row["placebo"], complete, dict(others))


def _is_share(value: Any) -> bool:
    return is_number(value) and 0 < value <= 1


def block_rates(block: Block, levels: tuple[str, ...], covered: float) -> tuple[float, ...]:
    """p(level) of a block when the share `covered` of the pain comes from the structures it reaches.

    P(complete) = t·g + (1 − t·g)·s; the other levels share the rest as their pseudo-counts do (step 10).
    """
    reached = block.technical_success * min(1.0, covered)
    complete = reached + (1 - reached) * block.placebo
    total = sum(block.others.values())
    return tuple(
        complete if level == block.complete else (1 - complete) * block.others[level] / total
        for level in levels
    )


def record(rates: Floats, epsilon: float) -> Floats:
    """p' = (1 − ε) p + ε/K: what is recorded when ε of the answers are random (step 2). Last axis: levels."""
    recorded: Floats = (1 - epsilon) * rates + epsilon / rates.shape[-1]
    return recorded
