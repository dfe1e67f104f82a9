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
    """s² (n, n), zero diagonal: φ within a cluster, (IC of the best common ancestor / larger IC)² in is-a."""
    if model.kind == "clinic":
        return all_similarities(model)[np.ix_(findings, findings)]
    return _similarities(model, findings)


def all_similarities(model: CompiledModel) -> Floats:
    """s² of every two findings of a clinic release, (F, F); kept with the model."""
    kept = model.cache.get("similarity")
    if not isinstance(kept, np.ndarray):
        kept = model.cache["similarity"] = _similarities(model, range(len(model.findings)))
    return kept


def _similarities(model: CompiledModel, findings: Sequence[int]) -> Floats:
    """s² (n, n) of the larger of hierarchy and cluster; zero diagonal."""
    result = _by_hierarchy(model, findings)
    members: dict[str, list[int]] = {}
    for place, finding in enumerate(findings):
        cluster = model.findings[finding].cluster
        if cluster is not None:
            members.setdefault(cluster, []).append(place)
    for cluster, places in members.items():
        block = np.ix_(places, places)
        result[block] = np.maximum(result[block], model.cluster_phi[cluster])
    np.fill_diagonal(result, 0.0)
    return result


def _by_hierarchy(model: CompiledModel, findings: Sequence[int]) -> Floats:
    """s² of findings that share an ancestor; shape (n, n)."""
    common = np.zeros((len(findings), len(findings)))
    below: dict[int, list[int]] = {}
    for place, finding in enumerate(findings):
        for ancestor in model.hierarchy.closure(finding).tolist():
            below.setdefault(ancestor, []).append(place)
    for ancestor, places in below.items():
        if len(places) > 1:
            block = np.ix_(places, places)
            common[block] = np.maximum(common[block], model.information[ancestor])
    own = model.information[np.asarray(findings, dtype=np.int64)]
    larger = np.maximum(own[:, None], own[None, :])
    similarity = np.divide(common, larger, out=np.zeros_like(common), where=larger > 0)
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
