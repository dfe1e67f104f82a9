"""How often each condition was proven here, beside what the release expects of such a clinic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from triage.evaluation import Proportion, proportion
from triage.figures.complaints import Complaints
from triage.ranking import CompiledModel
from triage.ranking.model import OTHER


@dataclass(frozen=True)
class BaseRate:
    """`condition` '' stands for what the release does not hold. `expected`: the release's prior, mixed by the
    clinic's own settings. `used`: the base rate in force, None where the release's prior counts.
    """

    condition: str
    proven: Proportion
    expected: float
    used: float | None


@dataclass(frozen=True)
class BaseRates:
    """Most often proven first. `settings`: complaints by setting, by which the release's priors are mixed."""

    rates: tuple[BaseRate, ...]
    settings: Mapping[str, int]


def base_rates_of(complaints: Complaints, model: CompiledModel, used: Mapping[str, float]) -> BaseRates:
    """`model`: the release without the clinic's own numbers; `used`: base rates of these, if any."""
    settings: dict[str, int] = {}
    proven: dict[str, int] = {}
    for row in complaints.counted:
        settings[row["setting"]] = settings.get(row["setting"], 0) + row["cases"]
        if row["condition"] is not None:
            code = row["condition"] if row["condition"] in model.condition_at else ""
            proven[code] = proven.get(code, 0) + row["cases"]
    total = sum(proven.values())
    expected = expected_shares(model, settings)
    rates = [
        BaseRate(code, proportion(proven.get(code, 0), total), expected[code], used.get(code))
        for code in expected
    ]
    ordered = sorted(rates, key=lambda row: (-row.proven.count, -row.expected, row.condition))
    return BaseRates(tuple(ordered), settings)


def expected_shares(model: CompiledModel, settings: Mapping[str, int]) -> dict[str, float]:
    """The priors of the settings, weighted by how many complaints came in each; their mean without any."""
    priors = model.priors
    known = {name: many for name, many in settings.items() if name in priors.by_setting}
    mixed = priors.reference
    if known:
        mixed = np.average([priors.by_setting[name] for name in known], axis=0, weights=list(known.values()))
    codes = (*model.conditions, OTHER)
    return {code if code != OTHER else "": float(part) for code, part in zip(codes, mixed, strict=True)}
