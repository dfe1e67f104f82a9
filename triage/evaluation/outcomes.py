"""What a ranking gave the proven diagnosis of a case, at each stage of the visit (docs/evaluation.md,
"Stages").

Only the shares are computed – by the steps that `rank` takes – since bands, pairs and next findings change
no share; of an urgent truth its state in the can't-miss panel as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray

from triage.ranking import Case, CompiledModel, Observation
from triage.ranking.bands import bands
from triage.ranking.case import STAGES
from triage.ranking.explain import Differential
from triage.ranking.model import OTHER
from triage.ranking.panel import cant_miss
from triage.ranking.rank import gather_facts, log_likelihoods, weigh
from triage.ranking.rules import fired
from triage.ranking.votes import cast_votes


@dataclass(frozen=True)
class ProvenCase:
    """A case with the diagnosis that was proven, and how."""

    id: str
    diagnosis: str
    proof: str
    case: Case


@dataclass(frozen=True)
class Outcome:
    """What one ranking gave the truth. A diagnosis that the release does not hold counts under Other."""

    id: str
    diagnosis: str
    held: bool  # the release holds the diagnosis, or the diagnosis is Other itself
    place: int  # of the truth in the list, 1 = first, Other counted
    log_share: float  # ln of the share of the truth, nats; from the scores, so never −∞ by rounding
    squared_error: float  # Σ over all hypotheses of (share − 1 for the truth, share − 0 for others)²
    first: str
    first_share: float
    panel: str | None = None  # state in the can't-miss panel, of a truth that stands in it

    @property
    def share(self) -> float:
        return exp(self.log_share)

    @property
    def right(self) -> bool:
        return self.place == 1


@dataclass(frozen=True)
class Judged:
    """A proven case: the outcome of all its facts, and by stage where it has facts at that stage."""

    proof: str
    final: Outcome
    stages: Mapping[str, Outcome]


def judge(model: CompiledModel, proven: ProvenCase) -> Judged:
    """Rank with all facts, and again with those up to each stage. Expects a case that `read_case` gave."""
    known: dict[tuple[Observation, ...], Outcome] = {}

    def with_facts(observations: tuple[Observation, ...]) -> Outcome:
        if observations not in known:
            case = replace(proven.case, observations=observations)
            seen = differential(model, case)
            known[observations] = replace(
                outcome(proven, seen), panel=panel_state(model, case, seen, proven.diagnosis)
            )
        return known[observations]

    recorded = proven.case.observations
    stages = {stage: with_facts(up_to(stage, recorded)) for stage in STAGES if has_facts(stage, recorded)}
    return Judged(proven.proof, with_facts(recorded), stages)


def up_to(stage: str, observations: tuple[Observation, ...]) -> tuple[Observation, ...]:
    """The observations of this stage and of those before it."""
    reached = STAGES[: STAGES.index(stage) + 1]
    return tuple(observation for observation in observations if observation.stage in reached)


def has_facts(stage: str, observations: tuple[Observation, ...]) -> bool:
    """Whether anything was observed at this very stage; what was not tested is no fact."""
    return any(o.stage == stage and o.status != "not_tested" for o in observations)


def differential(model: CompiledModel, case: Case) -> Differential:
    """The differential that `rank` gives, without the steps that come after it."""
    votes = cast_votes(model, case).votes
    return weigh(model, case, votes, log_likelihoods(model, votes))


def panel_state(model: CompiledModel, case: Case, seen: Differential, diagnosis: str) -> str | None:
    """Whether an urgent condition is on alert, not screened yet or excluded; None if it is not urgent."""
    entries = [entry for entry in model.panel if model.conditions[entry.condition] == diagnosis]
    if not entries:
        return None
    facts = gather_facts(model, case)
    rows = cant_miss(model, bands(model, seen).high, fired(model.rules, facts), facts)
    return next(row.state for row in rows if row.condition == diagnosis)


def outcome(proven: ProvenCase, seen: Differential) -> Outcome:
    """The place, share and squared error of the truth in a differential."""
    codes = (*seen.model.conditions, OTHER)
    at = seen.model.condition_at.get(proven.diagnosis, len(codes) - 1)
    logs = log_shares(seen.scores)
    shares = np.exp(logs)
    order = seen.order.tolist()
    return Outcome(
        id=proven.id,
        diagnosis=proven.diagnosis,
        held=proven.diagnosis in seen.model.condition_at or proven.diagnosis == OTHER,
        place=order.index(at) + 1,
        log_share=float(logs[at]),
        squared_error=float(shares @ shares - shares[at] ** 2 + (1 - shares[at]) ** 2),
        first=codes[order[0]],
        first_share=float(shares[order[0]]),
    )


def log_shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logs of the softmax of the scores (H + 1,), Other last, before the rounding of what is shown."""
    shifted = scores - scores.max()
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result
