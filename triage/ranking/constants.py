"""The constants of a release: its `model` block, read and checked (docs/ranking.md, "Constants").

Nothing is tuned in code. A constant that changes a result must be written in the release; only those whose
absence means "off" (silence, breadth, absent weight, temperature, own control, misfit) have a neutral value
here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from triage.ranking.errors import Problem

REQUIRED = (
    "epsilon", "beta_prior", "n_max", "defaults", "class_weights", "prior_classes", "other_prior", "kappa",
    "phi", "v_q", "v_root", "eta", "odds_cap", "pair_factor", "draws",
)  # fmt: skip
NEUTRAL = {"temperature": 1.0, "silence": 0.0, "silence_scale": 1.0, "breadth": 0.0, "absent_weight": 1.0}

Check = Callable[[Any], bool]


def is_number(value: Any) -> bool:
    """A finite real number; bool is not one."""
    if type(value) is float or type(value) is int:  # the usual case, several times quicker than isinstance
        return math.isfinite(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _share(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1


def _inside(value: Any) -> bool:
    return is_number(value) and 0 < value < 1


def _positive(value: Any) -> bool:
    return is_number(value) and value > 0


def _not_negative(value: Any) -> bool:
    return is_number(value) and value >= 0


def _pair(inner: Check) -> Check:
    return lambda value: isinstance(value, list | tuple) and len(value) == 2 and all(inner(x) for x in value)


def _table(inner: Check) -> Check:
    return lambda value: isinstance(value, Mapping) and all(inner(x) for x in value.values())


def _mean_and(strength: str, mean: str) -> Check:
    def check(value: Any) -> bool:
        return isinstance(value, Mapping) and _inside(value.get(mean)) and _positive(value.get(strength))

    return check


def _odds_cap(value: Any) -> bool:
    return _pair(_positive)(value) and bool(value[0] <= 1 <= value[1])


def _is_utilities(value: Any) -> bool:
    """Laid over a release by a clinic, never part of one."""
    return (
        isinstance(value, Mapping)
        and value.keys() == {"conditions", "test_harm"}
        and _table(_pair(_positive))(value["conditions"])
        and _table(_not_negative)(value["test_harm"])
    )


CHECKS: dict[str, Check] = {
    "epsilon": _share,
    "beta_prior": _pair(_positive),
    "n_max": _positive,
    "defaults": _table(_mean_and("n", "rate")),
    "class_weights": _table(_mean_and("strength", "mean")),
    "prior_classes": _table(_positive),
    "other_prior": _inside,
    "kappa": _positive,
    "temperature": _positive,
    "phi": _share,
    "v_q": _share,
    "v_root": _inside,
    "eta": _share,
    "silence": _not_negative,
    "silence_scale": _positive,
    "breadth": _not_negative,
    "absent_weight": _share,
    "odds_cap": _odds_cap,
    "pair_factor": _positive,
    "draws": lambda value: isinstance(value, int) and value > 0,
    "bias_weights": _table(lambda value: is_number(value) and 0 < value <= 1),
    "comorbidity": lambda value: isinstance(value, list) and all(_is_comorbidity(row) for row in value),
    "utilities": _is_utilities,
}


def _is_comorbidity(row: Any) -> bool:
    return (
        isinstance(row, Mapping)
        and _pair(lambda c: isinstance(c, str))(row.get("conditions"))
        and _positive(row.get("odds"))
    )


@dataclass(frozen=True)
class Constants:
    """The checked `model` block. Probabilities in [0, 1], strengths in patients, logs natural."""

    epsilon: float
    beta_prior: tuple[float, float]  # pseudo-present, pseudo-absent
    n_max: float
    defaults: Mapping[str, Mapping[str, float]]
    class_weights: Mapping[str, Mapping[str, float]]
    prior_classes: Mapping[str, float]
    other_prior: float
    kappa: float
    temperature: float
    phi: float
    v_q: float
    v_root: float
    eta: float
    silence: float
    silence_scale: float
    breadth: float
    absent_weight: float
    odds_cap: tuple[float, float]
    pair_factor: float
    draws: int
    bias_weights: Mapping[str, float]
    comorbidity: tuple[tuple[str, str, float], ...]  # (condition, condition, odds ratio of having both)
    symptom_free: tuple[str, str] | None  # (finding, level)
    misfit_minimum: int
    utilities: Mapping[str, Any]  # condition -> (B, C) and finding -> R of a clinic; empty: none set
    misfit_centiles: Mapping[int, float]  # observations -> 95th centile; empty: misfit is not judged


def read_constants(block: Any) -> tuple[Constants | None, list[Problem]]:
    """Constants of a `model` block, or None with every problem found."""
    if not isinstance(block, Mapping):
        return None, [Problem("model", "missing")]
    problems = [Problem(f"model.{key}", "missing") for key in REQUIRED if key not in block]
    problems += [
        Problem(f"model.{key}", "bad_value", repr(block[key]))
        for key, check in CHECKS.items()
        if key in block and not check(block[key])
    ]
    problems += _problems_between(block)
    if problems:
        return None, problems
    return _constants(block), []


def _problems_between(block: Mapping[str, Any]) -> list[Problem]:
    """Faults that involve several keys, or a nested block."""
    problems = []
    if _share(block.get("v_q")) and _share(block.get("v_root")) and block["v_q"] + block["v_root"] > 1:
        problems.append(Problem("model.v_root", "v_q_and_v_root_exceed_one"))
    free = block.get("symptom_free")
    if free is not None and not (isinstance(free, Mapping) and {"finding", "level"} <= free.keys()):
        problems.append(Problem("model.symptom_free", "bad_value", repr(free)))
    misfit = block.get("misfit")
    if misfit is not None and not _is_misfit(misfit):
        problems.append(Problem("model.misfit", "bad_value"))
    return problems


def _is_misfit(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("minimum"), int)
        and isinstance(value.get("centile95"), Mapping)
        and all(str(key).isdigit() and is_number(x) for key, x in value["centile95"].items())
    )


def _constants(block: Mapping[str, Any]) -> Constants:
    plain = {key: block[key] for key in REQUIRED} | {key: block.get(key, off) for key, off in NEUTRAL.items()}
    plain["beta_prior"] = tuple(block["beta_prior"])
    plain["odds_cap"] = tuple(block["odds_cap"])
    free = block.get("symptom_free")
    misfit = block.get("misfit") or {"minimum": 0, "centile95": {}}
    return Constants(
        **plain,
        bias_weights=block.get("bias_weights", {}),
        comorbidity=tuple((*row["conditions"], float(row["odds"])) for row in block.get("comorbidity", ())),
        symptom_free=(free["finding"], free["level"]) if free else None,
        utilities=block.get("utilities") or {},
        misfit_minimum=misfit["minimum"],
        misfit_centiles={int(key): float(value) for key, value in misfit["centile95"].items()},
    )
