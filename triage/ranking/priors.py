"""Priors by setting (docs/ranking.md, step 11).

A sourced case-mix share of the setting where there is one (several sources: mean weighted by their size),
else the condition's class, else its sourced shares of the other settings. Other keeps its own prior;
conditions share the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.constants import Constants, is_number
from triage.ranking.errors import Problem, nearest

Floats = NDArray[np.float64]
SETTINGS = ("runners", "sports_clinic", "primary_care")


@dataclass(frozen=True)
class Priors:
    """π (H + 1,) by setting, Other last, each summing to 1; `reference` is their mean, used where no setting
    is known.

    `basis` and `sources` are by setting, one entry per condition.
    """

    by_setting: Mapping[str, Floats]
    reference: Floats
    basis: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, tuple[tuple[str, ...], ...]]


def read_priors(
    rows: Sequence[Mapping[str, Any]], condition_at: Mapping[str, int], constants: Constants, kind: str
) -> tuple[Priors | None, list[Problem]]:
    """Priors of every setting, or None with every fault. Without any row a corpus is uniform."""
    problems = [
        problem
        for number, row in enumerate(rows)
        for problem in _faults(number, row, condition_at, constants)
    ]
    settings = (*SETTINGS, *sorted({row["setting"] for row in rows if "setting" in row} - set(SETTINGS)))
    by_condition: list[list[Mapping[str, Any]]] = [
        [] for _ in range(1 + max(condition_at.values(), default=-1))
    ]
    for row in rows:
        if row.get("condition") in condition_at:
            by_condition[condition_at[row["condition"]]].append(row)
    if rows or kind == "clinic":
        problems += [
            Problem(f"priors[{code}]", "missing") for code, h in condition_at.items() if not by_condition[h]
        ]
    if problems:
        return None, problems
    chosen = {setting: [_choose(mine, setting) for mine in by_condition] for setting in settings}
    return _normalised(chosen, constants), []


def _faults(
    number: int, row: Mapping[str, Any], condition_at: Mapping[str, int], constants: Constants
) -> list[Problem]:
    where, found = f"priors[{number}]", []
    code = str(row.get("condition"))
    if code not in condition_at:
        found.append(Problem(f"{where}.condition", "unknown_condition", code, nearest(code, condition_at)))
    if "share" in row:
        if not (is_number(row["share"]) and 0 < row["share"] < 1):
            found.append(Problem(f"{where}.share", "bad_figure"))
        if not row.get("setting"):
            found.append(Problem(f"{where}.setting", "missing"))
    elif row.get("class") not in constants.prior_classes:
        value = str(row.get("class"))
        found.append(
            Problem(f"{where}.class", "unknown_class", value, nearest(value, constants.prior_classes))
        )
    return found


def _choose(rows: Sequence[Mapping[str, Any]], setting: str) -> list[Mapping[str, Any]]:
    """The rows that speak for a condition in a setting."""
    shares = [row for row in rows if "share" in row]
    here = [row for row in shares if row["setting"] == setting]
    return here or [row for row in rows if "share" not in row][:1] or shares


def _raw(rows: Sequence[Mapping[str, Any]], constants: Constants) -> float:
    """Unnormalised prior: the class, or the mean of shares weighted by the size of their source."""
    if not rows:
        return 1.0
    if "share" not in rows[0]:
        return float(constants.prior_classes[rows[0]["class"]])
    sizes = [float(row.get("n") or 1) for row in rows]
    return float(np.average([row["share"] for row in rows], weights=sizes))


def _normalised(chosen: Mapping[str, list[list[Mapping[str, Any]]]], constants: Constants) -> Priors:
    by_setting = {}
    for setting, rows in chosen.items():
        raw = np.array([_raw(mine, constants) for mine in rows])
        by_setting[setting] = np.append((1 - constants.other_prior) * raw / raw.sum(), constants.other_prior)
    return Priors(
        by_setting=by_setting,
        reference=np.mean(list(by_setting.values()), axis=0),
        basis={s: tuple(_basis(mine) for mine in rows) for s, rows in chosen.items()},
        sources={s: tuple(_sources(mine) for mine in rows) for s, rows in chosen.items()},
    )


def _basis(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "uniform"
    return str(rows[0].get("basis") or ("study" if rows[0].get("source") else "expert_estimate"))


def _sources(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({row["source"] for row in rows if row.get("source")}))
