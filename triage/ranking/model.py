"""The compiled model: a release ready to be ranked against (docs/ranking.md, "The compiled model")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.ranking.cells import Cells
from triage.ranking.constants import Constants
from triage.ranking.findings import BINARY, Finding
from triage.ranking.hierarchy import Hierarchy
from triage.ranking.priors import Priors
from triage.ranking.risk import RiskFactor
from triage.ranking.rows import Rows
from triage.ranking.rules import Rule
from triage.ranking.table import Knowledge, Table

Floats = NDArray[np.float64]
OTHER = "other"


@dataclass(frozen=True)
class CompiledModel:
    """Everything later steps read. H conditions in document order then Other; F voting findings in document
    order.

    Never changed after compiling; `cache` holds draws and the like, which depend on the release alone.
    """

    release: str  # SHA-256 of the canonical document
    name: str
    kind: str  # clinic | corpus
    constants: Constants
    conditions: tuple[str, ...]
    condition_at: Mapping[str, int]
    urgent: NDArray[np.bool_]  # (H,) urgency urgent or emergency
    findings: tuple[Finding, ...]
    finding_at: Mapping[str, int]
    contributing: frozenset[str]  # codes that may be recorded but never vote
    cluster_phi: Mapping[str, float]
    hierarchy: Hierarchy
    rows: Rows
    cells: Cells
    knowledge: Knowledge
    table: Table
    priors: Priors
    population: tuple[Floats, ...]  # b by finding, (K,), before recording error
    information: Floats  # (F,) IC = −ln b(present), nats; for many levels the entropy of b
    risk_factors: tuple[RiskFactor, ...]
    risk_factor_at: Mapping[str, int]
    rules: tuple[Rule, ...]
    panel: tuple[PanelEntry, ...]
    asked_if: Mapping[str, tuple[str, str]]  # finding -> (finding, level) its question hangs on
    cache: dict[str, object]
    clinic_model: str = ""  # SHA-256 of the clinic's settings laid over the release; empty: none

    @property
    def observable(self) -> tuple[str, ...]:
        """Every code an observation may carry."""
        return (*self.finding_at, *self.risk_factor_at, *sorted(self.contributing))

    def levels_of(self, code: str) -> tuple[str, ...] | None:
        """Levels of an observable code, None when unknown. Risk and contributing factors are binary."""
        at = self.finding_at.get(code)
        if at is not None:
            return self.findings[at].levels
        return BINARY if code in self.risk_factor_at or code in self.contributing else None


@dataclass(frozen=True, slots=True)
class PanelEntry:
    """An urgent condition: its alert threshold and the (finding, level) pairs that exclude it."""

    condition: int
    urgency: str
    threshold: float
    excluded_by: tuple[tuple[str, str], ...]
