"""Findings that say the same thing twice count less than twice (docs/ranking.md, step 4).

ω_i = 1 / (1 + Σ_{j≠i} s_ij² · min(1, r_j/r_i)), r = range of the observation's log p over hypotheses (1 in
corpora).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.ranking.model import CompiledModel

Floats = NDArray[np.float64]


def weights(model: CompiledModel, findings: Sequence[int], log_p: Floats) -> Floats:
    """ω (n,) in (0, 1] of n observed findings, given their log p' (H + 1, n) at the observed level."""
    if not findings:
        return np.ones(0)
    shared = similarity_squared(model, findings)
    if model.kind == "corpus":
        result: Floats = 1 / (1 + shared.sum(axis=1))
        return result
    spread = log_p.max(axis=0) - log_p.min(axis=0)
    return omega(shared, spread)


def omega(shared: Floats, spread: Floats) -> Floats:
    """ω (n,) from s² (n, n) with a zero diagonal and ranges r (n,). An observation without range is never
    weighed."""
    ratio = np.divide(spread[None, :], spread[:, None], out=np.ones_like(shared), where=spread[:, None] > 0)
    result: Floats = 1 / (1 + (shared * np.minimum(1.0, ratio)).sum(axis=1))
    return result


def similarity_squared(model: CompiledModel, findings: Sequence[int]) -> Floats:
    """s² (n, n), zero diagonal: φ within a declared cluster, (IC of the best common ancestor / larger IC)² in
    is-a."""
    result = _by_hierarchy(model, findings)
    clusters = [model.findings[finding].cluster for finding in findings]
    for i, cluster in enumerate(clusters):
        for j in range(i):
            if cluster is not None and cluster == clusters[j]:
                phi = model.cluster_phi[cluster]
                result[i, j] = result[j, i] = max(phi, result[i, j])
    return result


def _by_hierarchy(model: CompiledModel, findings: Sequence[int]) -> Floats:
    """s² of findings that share an ancestor; shape (n, n)."""
    closures = [model.hierarchy.closure(finding) for finding in findings]
    n = len(findings)
    if all(len(closure) == 1 for closure in closures):
        return np.zeros((n, n))
    union, column = np.unique(np.concatenate(closures), return_inverse=True)
    member = np.zeros((n, len(union)))
    member[np.repeat(np.arange(n), [len(closure) for closure in closures]), column] = model.information[
        union[column]
    ]
    common = np.minimum(member[:, None, :], member[None, :, :]).max(axis=2)
    own = model.information[np.asarray(findings)]
    larger = np.maximum(own[:, None], own[None, :])
    similarity = np.divide(common, larger, out=np.zeros_like(common), where=larger > 0)
    np.fill_diagonal(similarity, 0.0)
    result: Floats = np.minimum(similarity, 1.0) ** 2
    return result


def disagreeing_clusters(
    model: CompiledModel, levels: Sequence[tuple[int, int | None]]
) -> list[tuple[str, list[str]]]:
    """Clusters in which one examination test was positive and another negative: (cluster, codes), sorted."""
    seen: dict[str, list[tuple[str, bool]]] = {}
    for finding, level in levels:
        spec = model.findings[finding]
        if spec.cluster is None or level is None:
            continue
        if spec.binary and spec.stage == "exam":  # words and many-level answers need no repeat
            seen.setdefault(spec.cluster, []).append((spec.code, level > 0))
    return [
        (cluster, sorted(code for code, _ in seen[cluster]))
        for cluster in sorted(seen)
        if len({positive for _, positive in seen[cluster]}) == 2
    ]
