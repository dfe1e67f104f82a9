"""The differential and its explanation: one object (docs/ranking.md, step 5).

The score of a condition *is* the sum of its bars; shares are computed from the scores. There is no second
calculation that could drift from the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.cells import published_ratio
from triage.ranking.model import OTHER, CompiledModel
from triage.ranking.table import Match
from triage.ranking.votes import Vote

Floats = NDArray[np.float64]
LOG_DECIMALS = 9  # contributions and scores, nats
SHARE_DECIMALS = 6
RATIO_DECIMALS = 6


@dataclass(frozen=True)
class Term:
    """What one column of contributions stands for."""

    kind: str  # prior | risk_factor | observation | silence | breadth
    vote: Vote | None = None
    risk_factor: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Differential:
    """Scores of H conditions and Other from B terms, and how to say why.

    `brackets` (H, B): log ratio against Other, untempered and unweighted. `contributions` (H, B): ω·bracket/T
    rounded to 9 decimals. `scores` (H + 1,): row sums, Other = 0 last. `shares` (H + 1,): their softmax.
    `order`: best first.
    """

    model: CompiledModel
    setting: str
    terms: tuple[Term, ...]
    brackets: Floats
    contributions: Floats
    scores: Floats
    shares: Floats
    columns: dict[str, Floats] = field(default_factory=dict)  # further numbers by hypothesis, (H + 1,)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Hypotheses best first, ties by code, (H + 1,)."""
        return np.lexsort((code_places(self.model), -self.scores))

    @cached_property
    def ratios(self) -> Floats:
        """Likelihood ratio of each term against Other, untempered and unweighted, (H, B)."""
        ratios: Floats = np.exp(self.brackets)
        return np.round(ratios, RATIO_DECIMALS)

    def hypotheses(self, explained: Collection[str] | None = None) -> list[dict[str, Any]]:
        """All hypotheses, best first, with their bars – or with those of the `explained` alone."""
        told = self.model.conditions if explained is None else explained
        bars = self._bars([at for at, code in enumerate(self.model.conditions) if code in told])
        order = self.order
        numbers = {"share": self.shares, "score": self.scores, **self.columns}
        rows = zip(*(values[order].tolist() for values in numbers.values()), strict=True)
        return [
            {
                "condition": code,
                "rank": place,
                **dict(zip(numbers, row, strict=True)),
                "bars": bars.get(at, []),
            }
            for place, (code, at, row) in enumerate(
                zip(self.first(len(order)), order.tolist(), rows, strict=True), start=1
            )
        ]

    def weights(self) -> list[dict[str, Any]]:
        """How much each observation was allowed to say."""
        return [
            {
                **_place(term.vote),
                "weight": round(term.weight, RATIO_DECIMALS),
                "cluster": self.model.findings[term.vote.finding].cluster,
            }
            for term in self.terms
            if term.vote is not None
        ]

    def first(self, count: int) -> list[str]:
        """Codes of the best hypotheses."""
        codes = (*self.model.conditions, OTHER)
        return [codes[at] for at in self.order[:count].tolist()]

    def _bars(self, conditions: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        """Bars of the conditions, in the order of the terms."""
        logs = self.contributions[conditions].tolist()
        ratios = self.ratios[conditions].tolist()
        bars: dict[int, list[dict[str, Any]]] = {condition: [] for condition in conditions}
        for column, term in enumerate(self.terms):
            for row, condition in enumerate(conditions):
                if term.risk_factor is None or logs[row][column]:
                    bar = reason_of(self.model, self.setting, term, condition)
                    bar["likelihood_ratio"] = ratios[row][column]
                    bar["log_contribution"] = logs[row][column]
                    bars[condition].append(bar)
        return bars


def decompose(model: CompiledModel, setting: str, terms: Sequence[Term], brackets: Floats) -> Differential:
    """Contributions, scores and shares from the brackets (H, B) of the terms."""
    weight = np.array([term.weight for term in terms])
    contributions = np.round(brackets * weight / model.constants.temperature, LOG_DECIMALS) + 0.0
    scores = np.append(np.round(contributions.sum(axis=1), LOG_DECIMALS) + 0.0, 0.0)
    likelihood = np.exp(scores - scores.max())
    shares = np.round(likelihood / likelihood.sum(), SHARE_DECIMALS)
    return Differential(model, setting, tuple(terms), brackets, contributions, scores, shares)


def code_places(model: CompiledModel) -> NDArray[np.int64]:
    """Alphabetical place of each hypothesis' code, (H + 1,), by which ties are broken; kept."""
    kept = model.cache.get("places")
    if not isinstance(kept, np.ndarray):
        codes = np.array([*model.conditions, OTHER])
        kept = model.cache["places"] = np.argsort(np.argsort(codes))
    return kept


def _place(vote: Vote) -> dict[str, Any]:
    return {
        "finding": vote.observation.finding,
        "level": vote.observation.level,
        "side": vote.observation.side,
    }


def reason_of(model: CompiledModel, setting: str, term: Term, condition: int) -> dict[str, Any]:
    """Everything of a bar but its numbers."""
    if term.vote is not None:
        return _observation(model, term, term.vote, condition)
    if term.risk_factor is not None:
        return _risk_factor(model, term.risk_factor, condition)
    if term.kind == "prior":
        basis, sources = model.priors.basis[setting], model.priors.sources[setting]
        return _reason("prior", basis=basis[condition], sources=sources[condition])
    return _reason(term.kind, weight=term.weight)


def _reason(kind: str, **known: Any) -> dict[str, Any]:
    """A bar with every key; what does not apply is None."""
    bar: dict[str, Any] = {
        "kind": kind, "finding": None, "level": None, "side": None, "status": None, "weight": 1.0, "match":
        None, "basis": None, "sources": [], "published_lr": None, "sources_disagree": False, "own_control":
        False,
    }  # fmt: skip
    bar.update(known)
    bar["sources"] = list(bar["sources"])
    bar["weight"] = round(bar["weight"], RATIO_DECIMALS)
    return bar


def _risk_factor(model: CompiledModel, at: int, condition: int) -> dict[str, Any]:
    factor = model.risk_factors[at]
    effect = factor.effects.get(condition)
    sources = [effect.source] if effect and effect.source else []
    return _reason(
        "risk_factor", finding=factor.code, basis=effect.basis if effect else None, sources=sources
    )


def _observation(model: CompiledModel, term: Term, vote: Vote, condition: int) -> dict[str, Any]:
    """Reason of an observation's bar: the match, the sources behind it and the source's own ratio."""
    raw = vote.own_control and bool(model.urgent[condition])
    bar = _support(model, vote.finding, vote.raw_level, condition)
    bar |= _place(vote)
    bar["status"] = "equivocal" if vote.level is None and not raw else "observed"
    bar["weight"] = round(term.weight, RATIO_DECIMALS)
    bar["own_control"] = vote.own_control and not raw
    return bar


def _support(model: CompiledModel, finding: int, level: int | None, condition: int) -> dict[str, Any]:
    """What a bar says of the release alone, for the caller to fill; a clinic release keeps it."""
    key = f"support:{finding}:{level}:{condition}"
    kept = model.cache.get(key)
    if isinstance(kept, dict):
        return {**kept, "sources": list(kept["sources"])}
    match = Match(int(model.table.match(finding)[condition]))
    rows = model.table.rows(finding, condition) if match else []
    spec = model.findings[finding]
    found = [model.rows.source[row] for row in rows] if rows else [spec.default_source]
    exact = match == Match.EXACT
    support = _reason(
        "observation",
        match=match.name.lower(),
        basis=_basis(model, rows) if rows else spec.default_basis,
        sources=sorted({source for source in found if source}),
        published_lr=_published(model, rows, level) if exact else None,
        sources_disagree=exact and _disagree(model, finding, condition),
    )
    if model.kind == "clinic":
        model.cache[key] = {**support, "sources": list(support["sources"])}
    return support


def _basis(model: CompiledModel, rows: Sequence[int]) -> str:
    """`study` when any row behind a probability is one."""
    bases = {model.rows.basis[row] for row in rows}
    return "study" if "study" in bases else sorted(bases)[0]


def _published(model: CompiledModel, rows: Sequence[int], level: int | None) -> float | None:
    """The first printed ratio for the level seen, by document order."""
    if level is None:
        return None
    ratios = (published_ratio(model.rows.ratio.get(row, {}), level == 0) for row in rows)
    return next((ratio for ratio in ratios if ratio is not None), None)


def _disagree(model: CompiledModel, finding: int, condition: int) -> bool:
    here = model.cells.of(finding)
    at = np.searchsorted(model.cells.condition[here], condition)
    return bool(model.cells.disagree[here][at])
