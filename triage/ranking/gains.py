"""The gain of every finding at once, for releases of any size (docs/ranking.md, step 9).

A small release is computed exactly. In a large corpus the information is about "which of the best, or none
of these": the best hypotheses one by one, all others as one with their mean rate (untempered, this can only
underrate). The cost is that of the closure of the hierarchy times the few hypotheses kept, not conditions ×
findings. Findings of many levels are given 0 there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from triage.ranking.corpus import CorpusTable
from triage.ranking.explain import Differential
from triage.ranking.model import CompiledModel
from triage.ranking.next_finding import outlook
from triage.ranking.table import Floats

Singles = NDArray[np.float32]
EXACT = 4_000_000  # conditions × columns up to which every gain is exact: 32 MB of doubles
KEPT = 10  # hypotheses told apart in a large corpus
FAINT = 1e-5  # shares below this do not move the expected rate of a finding


def expected_gains(model: CompiledModel, differential: Differential, log_p: Floats) -> Floats:
    """Expected information gain of every finding (F,), nats; recorded ones included. `log_p` (H + 1, n)."""
    table = model.table
    if isinstance(table, CorpusTable) and not every_gain_is_exact(model):
        return sparse_gains(model, table, differential)
    return outlook(model, differential, range(len(model.findings)), log_p).gain


def every_gain_is_exact(model: CompiledModel) -> bool:
    """Whether the release is small enough, or a clinic's."""
    table = model.table
    return not isinstance(table, CorpusTable) or table.columns * (len(model.conditions) + 1) <= EXACT


def sparse_gains(model: CompiledModel, table: CorpusTable, differential: Differential) -> Floats:
    """Gains of a large corpus, (F,): the kept hypotheses, and all others with Other as one."""
    p, rate, shares, untempered = _kept_hypotheses(model, table, differential)
    others = np.maximum(rate - untempered.astype(np.float32) @ p[:-1], 0)
    p[-1] = np.clip(others / np.float32(max(1 - float(untempered.sum()), 1e-9)), 1e-7, 1 - 1e-7)
    rest = np.float32(max(1 - float(shares.sum()), 1e-9))
    gain = _gain(p, np.append(shares, rest).astype(np.float32), rate, model)
    return np.where(table.binary, gain, 0.0)


@dataclass(frozen=True)
class Spread:
    """Sparse parts of p(q | h) of a corpus. `mixture` (F, F): v_a by (q, a); `scaled` (H, F): F(h,
    a)/b_a^η.
    """

    mixture: csr_matrix
    scaled: csr_matrix


def _spread(model: CompiledModel, table: CorpusTable) -> Spread:
    """Kept with the model; the cost is that of the non-zeros, once."""
    kept = model.cache.get("spread")
    if isinstance(kept, Spread):
        return kept
    hierarchy, findings = model.hierarchy, len(model.findings)
    size = np.diff(hierarchy.start)
    between = 1 - model.constants.v_q - model.constants.v_root
    v = np.repeat(between / np.maximum(1, size - 1), size)
    v[hierarchy.start[:-1]] = model.constants.v_q + np.where(size == 1, between, 0.0)
    mixture = csr_matrix((v.astype(np.float32), hierarchy.index, hierarchy.start), shape=(findings, findings))
    column = np.repeat(np.arange(findings), np.diff(table.start))
    values = (table.largest / table.divisor[column]).astype(np.float32)
    scaled = csr_matrix((values, (table.condition, column)), shape=(len(model.conditions), findings))
    spread = model.cache["spread"] = Spread(mixture, scaled)
    return spread


def _kept_hypotheses(
    model: CompiledModel, table: CorpusTable, differential: Differential
) -> tuple[Singles, Singles, Floats, Floats]:
    """p(present) of the kept, and a row for the others to be filled in (m + 1, F); of all (F,); and the kept
    hypotheses' shares: tempered, untempered (m,).
    """
    spread = _spread(model, table)
    now, plain = _softmax(differential.scores), _softmax(differential.scores * model.constants.temperature)
    count = min(KEPT, len(model.conditions))
    kept = np.sort(np.argpartition(-now[:-1], count - 1)[:count])
    heard = np.flatnonzero(plain[:-1] > FAINT)
    expected = spread.scaled[heard].T @ plain[heard].astype(np.float32)
    columns = np.column_stack([spread.scaled[kept].toarray().T, expected])
    floor = np.append(np.full(count, model.constants.v_root), model.constants.v_root * plain[:-1].sum())
    p = np.ascontiguousarray((spread.mixture @ columns).T)
    p += floor.astype(np.float32)[:, None]
    p *= table.b.astype(np.float32)
    rate = np.clip(p[-1] + plain[-1] * table.rate, 1e-7, 1 - 1e-7).astype(np.float32)
    return np.clip(p, 1e-7, 1 - 1e-7, out=p), rate, now[kept], plain[kept]


def _gain(p: Singles, shares: Singles, rate: Singles, model: CompiledModel) -> Floats:
    """Gain (F,) of binary findings from p(present) (m, F) of hypotheses with shares (m,) that sum to 1."""
    temperature = model.constants.temperature
    log_shares = np.log(np.maximum(shares, 1e-30))[:, None]
    before = -float((shares * log_shares[:, 0]).sum())
    heard: Singles = np.log(p)
    heard *= np.float32(1 / temperature)
    heard += log_shares
    after: Singles = rate * _entropy(heard)
    quiet = model.constants.absent_weight / model.constants.temperature
    if quiet:
        after += (1 - rate) * _entropy(log_shares + np.log1p(-p) * np.float32(quiet))
    else:
        after += (1 - rate) * np.float32(before)
    gain: Floats = np.maximum(before - after, 0.0).astype(np.float64)
    return gain


def _entropy(log_weight: Singles) -> Singles:
    """Entropy of normalised exp(log_weight) over the first axis: ln Z − Σ w ln w / Z."""
    weight = np.exp(log_weight)
    total = weight.sum(axis=0)
    log_weight *= weight
    entropy: Singles = np.log(total) - log_weight.sum(axis=0) / total
    return entropy


def _softmax(scores: Floats) -> Floats:
    likelihood = np.exp(scores - scores.max())
    shares: Floats = likelihood / likelihood.sum()
    return shares
