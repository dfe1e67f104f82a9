"""From outcomes to measures (docs/evaluation.md, "Measures")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from triage.evaluation.outcomes import Judged, Outcome
from triage.evaluation.reliability import Bin, reliability
from triage.evaluation.wilson import Proportion, proportion
from triage.ranking.case import STAGES
from triage.ranking.panel import EXCLUDED

EXCLUDED_BELOW = (
    0.02  # share of the truth under which a clinician would have put it aside; ranking.md step 11
)


@dataclass(frozen=True)
class Measures:
    """How a group of cases fared. Means are None without a case."""

    cases: int
    top1: Proportion
    top3: Proportion
    top5: Proportion
    log_score: float | None  # mean of −ln(share of the truth), nats; 0 is perfect
    brier: float | None  # mean squared error over all hypotheses, 0 … 2; 0 is perfect
    claimed: float | None  # mean share claimed for the first hypothesis, to be held against top1
    excluded: Proportion
    reliability: tuple[Bin, ...]


@dataclass(frozen=True)
class Evaluation:
    """All cases, then by stage, then apart by whether the release holds the diagnosis."""

    total: Measures
    stages: Mapping[str, Measures]
    held: Measures
    not_held: Measures
    not_held_diagnoses: tuple[tuple[str, int], ...]  # (code, cases), most frequent first
    proofs: tuple[tuple[str, int], ...]
    excluded: tuple[Outcome, ...]  # smallest share first
    held_stages: Mapping[str, Measures]  # by stage, of the cases whose diagnosis the release holds
    panel: Mapping[str, Mapping[str, int]]  # by stage: state in the can't-miss panel → urgent truths
    missed: tuple[tuple[str, Outcome], ...]  # (stage, urgent truth that the panel calls excluded)
    judged: tuple[Judged, ...]


def evaluate(judged: Sequence[Judged]) -> Evaluation:
    final = [case.final for case in judged]
    apart = [outcome for outcome in final if not outcome.held]
    stages = {stage: [case.stages[stage] for case in judged if stage in case.stages] for stage in STAGES}
    urgent = {stage: [row for row in rows if row.panel] for stage, rows in stages.items()}
    return Evaluation(
        total=measures(final),
        stages={stage: measures(outcomes) for stage, outcomes in stages.items()},
        held=measures([outcome for outcome in final if outcome.held]),
        not_held=measures(apart),
        not_held_diagnoses=_counted(outcome.diagnosis for outcome in apart),
        proofs=_counted(case.proof for case in judged),
        excluded=tuple(sorted(filter(is_excluded, final), key=lambda o: (o.log_share, o.id))),
        held_stages={stage: measures([row for row in rows if row.held]) for stage, rows in stages.items()},
        panel={stage: dict(Counter(str(row.panel) for row in rows)) for stage, rows in urgent.items()},
        missed=tuple((stage, row) for stage, rows in urgent.items() for row in rows if row.panel == EXCLUDED),
        judged=tuple(judged),
    )


def measures(outcomes: Sequence[Outcome]) -> Measures:
    return Measures(
        cases=len(outcomes),
        top1=_within(1, outcomes),
        top3=_within(3, outcomes),
        top5=_within(5, outcomes),
        log_score=_mean(-outcome.log_share for outcome in outcomes),
        brier=_mean(outcome.squared_error for outcome in outcomes),
        claimed=_mean(outcome.first_share for outcome in outcomes),
        excluded=proportion(sum(map(is_excluded, outcomes)), len(outcomes)),
        reliability=reliability((outcome.first_share, outcome.right) for outcome in outcomes),
    )


def is_excluded(outcome: Outcome) -> bool:
    return outcome.share < EXCLUDED_BELOW


def _within(places: int, outcomes: Sequence[Outcome]) -> Proportion:
    return proportion(sum(outcome.place <= places for outcome in outcomes), len(outcomes))


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fsum(listed) / len(listed) if listed else None


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda row: (-row[1], row[0])))
