"""Draws of every cell, default rate and prior of a release (docs/ranking.md, step 6).

Made once per release and cell, seeded by the release hash and the cell's code, and reused for every case: a
band does not jitter from one answer to the next, and a new answer moves it only by what the answer says.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from triage.ranking.clinic import ClinicTable
from triage.ranking.model import CompiledModel
from triage.ranking.table import Floats

Singles = NDArray[np.float32]
SMALLEST = 1e-9  # a drawn probability is never 0, whatever the Beta: gamma draws of tiny parameters underflow


class Draws:
    """`Values` of a table drawn D times; leading axis of everything is the draw."""

    def __init__(self, model: CompiledModel) -> None:
        self.model = model
        self.count = model.constants.draws

    def cells(self, finding: int) -> Floats:
        """(D, cells of the finding, K)."""
        here = self.model.cells.of(finding)
        code = self.model.findings[finding].code
        names = [self.model.conditions[h] for h in self.model.cells.condition[here]]
        alphas = self.model.cells.parameters(finding)
        return np.stack([self.draw(f"{n}:{code}", a) for n, a in zip(names, alphas, strict=True)], axis=1)

    def default(self, finding: int) -> Floats:
        """(D, K). One draw for all hypotheses that take the default, so that they stay level with Other."""
        spec = self.model.findings[finding]
        return self.draw(f":{spec.code}", np.array(spec.rates) * max(spec.strength, 1.0))

    def block(self, finding: int, rates: Floats) -> Floats:
        """(D, n, K): as strong as the block's pseudo-counts of the other levels."""
        spec = self.model.findings[finding]
        strength = sum(spec.block.others.values()) if spec.block else 1.0
        return np.stack(
            [self.draw(f"block:{spec.code}:{n}", r * strength) for n, r in enumerate(rates)], axis=1
        )

    def prior(self, setting: str) -> Floats:
        """π ~ Dirichlet(κ π), (D, H + 1)."""
        return self.draw(
            f"prior:{setting}", self.model.constants.kappa * self.model.priors.by_setting[setting]
        )

    def draw(self, name: str, alpha: Floats) -> Floats:
        """D draws of a Dirichlet, (D, K), strictly positive."""
        digest = hashlib.sha256(f"{self.model.release}:{name}".encode()).digest()
        random = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
        drawn = random.standard_gamma(alpha, size=(self.count, len(alpha)))
        drawn = np.maximum(drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1e-300), SMALLEST)
        result: Floats = drawn / drawn.sum(axis=1, keepdims=True)
        return result


def drawn_log_ratios(model: CompiledModel, finding: int) -> Singles:
    """log p'(level|h) − log p'(level|Other) under every draw, (K, D, H), single precision; kept with the
    model.
    """
    key = f"draws:{finding}"
    if key not in model.cache:
        table = model.table
        if not isinstance(table, ClinicTable):
            raise TypeError("only a clinic release has draws")
        log_p = np.log(table.recorded(finding, Draws(model)))
        ratios = log_p[:, :-1, :] - log_p[:, -1:, :]
        model.cache[key] = np.ascontiguousarray(np.moveaxis(ratios, 2, 0), dtype=np.float32)
    kept = model.cache[key]
    assert isinstance(kept, np.ndarray)
    return kept


def drawn_log_prior(model: CompiledModel, setting: str) -> Floats:
    """log π(h)/π(Other) under every draw, (D, H); kept with the model."""
    key = f"draws:prior:{setting}"
    if key not in model.cache:
        prior = Draws(model).prior(setting)
        model.cache[key] = np.log(prior[:, :-1] / prior[:, -1:])
    kept = model.cache[key]
    assert isinstance(kept, np.ndarray)
    return kept
