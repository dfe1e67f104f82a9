"""Which observations vote, and as what (docs/ranking.md, steps 1, 3, 4).

From the raw observations of a case to at most one vote per finding: by side, own control, and the is-a
hierarchy. The result never depends on the order of the observations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.ranking.case import Case, Observation
from triage.ranking.model import CompiledModel
from triage.ranking.own_control import is_own_control

OPPOSITE = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Vote:
    """One finding's say. `level` is None when equivocal; `raw_level` is what was seen, None unless
    observed."""

    finding: int
    level: int | None
    raw_level: int | None
    observation: Observation
    own_control: bool = False


@dataclass(frozen=True)
class Contradiction:
    """A finding recorded present while an ancestor of it is recorded absent. Both vote; neither implies
    anything."""

    present: Observation
    absent: Observation


@dataclass(frozen=True)
class Votes:
    """Votes by finding, observations that others imply (they do not vote), and contradictions."""

    votes: tuple[Vote, ...]
    implied: tuple[Observation, ...]
    contradictions: tuple[Contradiction, ...]


def on_complaint_side(observation: Observation, case_side: str, side_aware: bool) -> bool:
    """Of the complaint's side, of both sides, or without side; every side when the complaint has no single
    one."""
    if not side_aware or case_side not in OPPOSITE:
        return True
    return observation.side in (None, "both", case_side)


def cast_votes(model: CompiledModel, case: Case) -> Votes:
    """The votes of a case, ordered by finding."""
    by_finding: dict[int, list[Observation]] = {}
    for observation in sorted(case.observations, key=lambda o: o.order):
        at = model.finding_at.get(observation.finding)
        if at is not None and observation.status != "not_tested":
            by_finding.setdefault(at, []).append(observation)
    votes = []
    for at in sorted(by_finding):
        spec = model.findings[at]
        here = [o for o in by_finding[at] if on_complaint_side(o, case.side, spec.side_aware)]
        if here:
            chosen = min(here, key=lambda o: _preference(o, case.side, spec.levels))
            vote = _vote(at, chosen, spec.levels)
            controlled = is_own_control(spec, chosen, by_finding[at], case, model.constants.symptom_free)
            votes.append(replace(vote, level=None, own_control=True) if controlled else vote)
    return _most_telling(model, votes)


def _preference(observation: Observation, case_side: str, levels: Sequence[str]) -> tuple[int, int, int, str]:
    """Smallest wins. One complaint side: the nearest side. None or both: a clear result, the non-reference
    level."""
    side = observation.side or ""
    if case_side in OPPOSITE:
        nearness = {case_side: 0, "both": 1, "": 2}.get(side, 3)
        return (nearness, 0, 0, side)
    level = levels.index(observation.level) if observation.level in levels else 0
    return (0, 0 if observation.status == "observed" else 1, -level, side)


def _vote(at: int, observation: Observation, levels: Sequence[str]) -> Vote:
    if observation.status != "observed" or observation.level is None:
        return Vote(at, None, None, observation)
    level = levels.index(observation.level)
    return Vote(at, level, level, observation)


def _most_telling(model: CompiledModel, votes: Sequence[Vote]) -> Votes:
    """Keep the most specific present and the most general absent finding of each branch (step 3)."""
    clear = [vote for vote in votes if vote.level is not None and model.findings[vote.finding].binary]
    present = [vote for vote in clear if vote.level == 1]
    absent = {vote.finding: vote for vote in clear if vote.level == 0}
    above = {vote.finding: set(model.hierarchy.ancestors(vote.finding).tolist()) for vote in clear}
    by_present: set[int] = set().union(*(above[vote.finding] for vote in present))
    implied = {vote.finding for vote in present if vote.finding in by_present}
    implied |= {finding for finding in absent if not above[finding].isdisjoint(absent)}
    return Votes(
        votes=tuple(vote for vote in votes if vote.finding not in implied and _heard(model, vote)),
        implied=tuple(vote.observation for vote in votes if vote.finding in implied),
        contradictions=tuple(
            Contradiction(vote.observation, absent[finding].observation)
            for vote in present
            for finding in sorted(above[vote.finding] & absent.keys())
        ),
    )


def _heard(model: CompiledModel, vote: Vote) -> bool:
    """False for a binary finding recorded absent in a release that gives absence no weight (step 12)."""
    absent = vote.level == 0 and model.findings[vote.finding].binary
    return not absent or model.constants.absent_weight > 0
