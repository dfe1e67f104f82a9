"""Where silence means something: corpora of published cases (docs/ranking.md, step 12).

Silence: an unmentioned typical finding is weak evidence against. Breadth: the mean information that a
condition's own findings share with what was observed. A clinic release has both at 0, and neither is
computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from triage.ranking.explain import Term
from triage.ranking.hierarchy import Hierarchy
from triage.ranking.model import CompiledModel
from triage.ranking.table import Floats

Ints = NDArray[np.int64]
SCALE = (
    0.1,
    4.0,
)  # silence counts at least a tenth and at most four times, however little or much was recorded


@dataclass(frozen=True)
class OwnFindings:
    """Binary cells of every condition. `quiet` (M,): ln(1 − s·p) by cell, 0 for other findings; `mean` (H,
    F).
    """

    quiet: Floats
    quiet_total: Floats  # (H,)
    mean: csr_matrix
    below: Ints  # findings of which each finding is an ancestor or itself, ragged by `below_start` (F + 1,)
    below_start: Ints


def own_findings(model: CompiledModel) -> OwnFindings:
    """What conditions have of their own; kept with the model."""
    kept = model.cache.get("own")
    if isinstance(kept, OwnFindings):
        return kept
    cells = model.cells
    binary = np.array([finding.binary for finding in model.findings], dtype=np.bool_)[cells.finding]
    share = cells.alpha[cells.start[1:] - 1] / np.add.reduceat(cells.alpha, cells.start[:-1])
    quiet = np.where(binary, np.log1p(-model.constants.silence * share), 0.0)
    count = np.maximum(1, np.bincount(cells.condition[binary], minlength=len(model.conditions)))
    shape = (len(model.conditions), len(model.findings))
    each = 1.0 / count[cells.condition[binary]]
    mean = csr_matrix((each, (cells.condition[binary], cells.finding[binary])), shape=shape)
    total = np.bincount(cells.condition, quiet, minlength=len(model.conditions)).astype(np.float64)
    own = model.cache["own"] = OwnFindings(quiet, total, mean, *_below(model.hierarchy))
    return own


def _below(hierarchy: Hierarchy) -> tuple[Ints, Ints]:
    """The closure turned round: members and starts of every finding's descendants, itself among them."""
    member = np.repeat(np.arange(len(hierarchy.start) - 1), np.diff(hierarchy.start))
    order = np.argsort(hierarchy.index, kind="stable")
    return member[order], np.searchsorted(hierarchy.index[order], np.arange(len(hierarchy.start)))


def corpus_terms(model: CompiledModel, observations: Sequence[Term]) -> tuple[list[Term], list[Floats]]:
    """Terms of silence and breadth and their brackets (H,), for what the release switches on."""
    present = [t.vote.finding for t in observations if t.vote is not None and t.vote.level == 1]
    terms: list[Term] = []
    brackets: list[Floats] = []
    if model.constants.silence and present:
        terms.append(Term("silence"))
        brackets.append(silence(model, present))
    if model.constants.breadth and present:
        terms.append(Term("breadth", weight=model.constants.breadth))
        brackets.append(breadth(model, present))
    return terms, brackets


def silence(model: CompiledModel, present: Sequence[int]) -> Floats:
    """Σ ln(1 − s·p) over a condition's findings that nothing observed implies, times how much was recorded;
    (H,).
    """
    own, cells = own_findings(model), model.cells
    quiet = own.quiet_total.copy()
    for finding in np.unique(np.concatenate([model.hierarchy.closure(f) for f in present])).tolist():
        here = cells.of(finding)
        quiet[cells.condition[here]] -= own.quiet[here]
    scale = float(np.clip(len(present) / model.constants.silence_scale, *SCALE))
    result: Floats = scale * quiet
    return result


def breadth(model: CompiledModel, present: Sequence[int]) -> Floats:
    """Mean over a condition's own findings of the IC of the best ancestor shared with what is present;
    nats, (H,).
    """
    own = own_findings(model)
    implied = np.unique(np.concatenate([model.hierarchy.closure(finding) for finding in present]))
    best = np.zeros(len(model.findings))
    for ancestor in implied[np.argsort(model.information[implied], kind="stable")].tolist():
        best[own.below[own.below_start[ancestor] : own.below_start[ancestor + 1]]] = model.information[
            ancestor
        ]
    result: Floats = own.mean @ best
    return result
