"""How well a list of ranks does: shares within the first 1, 3, 10, reciprocal rank, by case and by truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FIRST = (1, 3, 10)
DECIMALS = 4


def rank_of(scores: Floats, truth: int) -> float:
    """Place of the truth: 1 + number better + half of the ties."""
    better = int((scores > scores[truth]).sum())
    ties = int((scores == scores[truth]).sum()) - 1
    return 1 + better + ties / 2


def summary(ranks: Sequence[float], truths: Sequence[str]) -> dict[str, float | dict[str, float]]:
    """Means over cases, and under `macro` means over the means of each truth."""
    measures = np.array([_measures(rank) for rank in ranks])
    groups: dict[str, list[int]] = defaultdict(list)
    for at, truth in enumerate(truths):
        groups[truth].append(at)
    by_truth = np.array([measures[group].mean(axis=0) for group in groups.values()])
    micro, macro = _named(measures.mean(axis=0)), _named(by_truth.mean(axis=0))
    return {"cases": len(ranks), **micro, "macro": macro}


def _measures(rank: float) -> list[float]:
    return [*(float(rank <= first) for first in FIRST), 1 / rank]


def _named(values: Floats) -> dict[str, float]:
    names = [*(f"top{first}" for first in FIRST), "mrr"]
    return {name: round(float(value), DECIMALS) for name, value in zip(names, values, strict=True)}
