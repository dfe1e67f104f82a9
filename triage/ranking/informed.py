"""Draws in the light of the case itself (docs/ranking.md, step 6).

An observation also says something of the parameters: where a condition is the truth, its cell has just seen
one more patient. So every draw takes a truth – hypotheses take draws in proportion to their shares – and each
observed finding, and the prior, is read from a draw chosen again with weight p'(level | truth), or π(truth).
The draws themselves stay those of the release; the choice is monotone, so that a new answer moves few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from triage.ranking.draws import Draws, drawn_log_prior, drawn_log_ratios
from triage.ranking.findings import record
from triage.ranking.model import CompiledModel
from triage.ranking.table import Floats

Ints = NDArray[np.int64]


def truths(shares: Floats, count: int) -> Ints:
    """The hypothesis that each of `count` draws takes as the truth, (D,), given shares (H + 1,)."""
    ladder = np.cumsum(shares)
    taken: Ints = np.minimum(np.searchsorted(ladder, _places(count) * ladder[-1]), len(shares) - 1)
    return taken


def prior_rows(model: CompiledModel, setting: str, truth: Ints) -> Ints:
    """The draw of π that each draw reads, (D,)."""
    key = f"informed:prior:{setting}"
    if key not in model.cache:
        ratios = np.exp(drawn_log_prior(model, setting))
        whole = np.concatenate([ratios, np.ones((len(ratios), 1))], axis=1)
        model.cache[key] = _chosen(whole / whole.sum(axis=1, keepdims=True))
    return _read(model, key, truth)


def finding_rows(model: CompiledModel, finding: int, level: int, truth: Ints) -> Ints:
    """The draw of a finding observed at a level that each draw reads, (D,)."""
    key = f"informed:{finding}:{level}"
    if key not in model.cache:
        epsilon = model.findings[finding].epsilon
        other = record(Draws(model).default(finding), epsilon)[:, level : level + 1]
        ratios = np.exp(drawn_log_ratios(model, finding)[level].astype(np.float64))
        model.cache[key] = _chosen(np.concatenate([ratios * other, other], axis=1))
    return _read(model, key, truth)


def _read(model: CompiledModel, key: str, truth: Ints) -> Ints:
    kept = model.cache[key]
    assert isinstance(kept, np.ndarray)
    rows: Ints = kept.take(truth * len(truth) + np.arange(len(truth)))
    return rows


def _chosen(weights: Floats) -> NDArray[np.int32]:
    """Systematic resampling of D draws by the weights (D, H + 1) of each column; a rising row for each,
    (H + 1, D): truths come in runs, and a run is read from one place.
    """
    ladder = np.cumsum(weights, axis=0)
    places, last = _places(len(weights)), len(weights) - 1
    columns = [np.minimum(np.searchsorted(steps, places * steps[-1]), last) for steps in ladder.T]
    return np.stack(columns).astype(np.int32)


def _places(count: int) -> Floats:
    """The middles of `count` equal steps from 0 to 1."""
    places: Floats = (np.arange(count) + 0.5) / count
    return places
