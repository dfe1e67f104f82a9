"""The slope of logistic recalibration: are claims too sure, or too timid? (docs/evaluation.md, "Slope")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from triage.evaluation.reliability import ENOUGH
from triage.evaluation.wilson import Z

EDGE = 1e-6  # a share is kept to six decimals; nearer to 0 or 1 its log odds would be rounding alone
STEPS = 50  # of Newton's method, which needs about six
CLOSE = 1e-10
FAR = 50.0  # log odds; beyond it right and wrong are told apart completely, and there is no maximum

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """`slope` of 1: as sure as it should be; below: too sure; above: too timid. 95 % Wald interval."""

    slope: float
    low: float
    high: float
    cases: int


def recalibration(claims: Sequence[tuple[float, bool]]) -> Slope | None:
    """Fit logit P(right) = a + b · logit(share claimed for the first hypothesis); b is the slope.

    None with fewer than `ENOUGH` right or wrong ones, where all claims are alike, and where right and wrong
    are told apart completely.
    """
    return recalibration_of([share for share, _ in claims], [was for _, was in claims])


def recalibration_of(claimed: Sequence[float], rights: Sequence[bool]) -> Slope | None:
    """The same of two columns: thousands of pairs would keep the collector of garbage busy."""
    right = np.array(rights, dtype=float)
    if min(right.sum(), len(right) - right.sum()) < ENOUGH:
        return None
    shares = np.clip(np.array(claimed, dtype=float), EDGE, 1 - EDGE)
    log_odds = np.log(shares / (1 - shares))
    if np.ptp(log_odds) < EDGE:
        return None
    return _fit(np.column_stack([np.ones_like(log_odds), log_odds]), right)


def _fit(design: Floats, right: Floats) -> Slope | None:
    """Newton's method from the line of no correction, a = 0 and b = 1; `design` (n, 2), `right` (n,)."""
    line = np.array([0.0, 1.0])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ line, -FAR, FAR)))
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (right - chance))
        except np.linalg.LinAlgError:
            return None
        line = line + step
        if not np.isfinite(line).all() or abs(line).max() > FAR:
            return None
        if abs(step).max() < CLOSE:
            return _slope(line, information, len(right))
    return None


def _slope(line: Floats, information: Floats, cases: int) -> Slope | None:
    variance = float(np.linalg.inv(information)[1, 1])
    if not (isfinite(variance) and variance > 0):
        return None
    slope, reach = float(line[1]), Z * sqrt(variance)
    return Slope(slope, slope - reach, slope + reach, cases)
