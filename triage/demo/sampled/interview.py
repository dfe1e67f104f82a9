"""The truth of a drawn patient, and what is found when one asks.

The truth is drawn from the shares that the engine gives before the first answer: the prior of the setting,
moved by age, sex and risk factors. An answer is drawn from the truth's own cell, recording error included,
and independently of every other answer; at most one finding of each family (cluster or is-a tree) is ever
recorded. What is asked hangs on what was recorded before, never on the truth. So the engine's shares are
right on average, whatever is asked and whenever one stops: self-consistency, which says nothing about
patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from triage.demo.sampled.people import Random
from triage.ranking import Case, CompiledModel, Observation
from triage.ranking.candidates import candidates
from triage.ranking.misfit import families
from triage.ranking.model import OTHER
from triage.ranking.rank import gather_facts, log_likelihoods, weigh
from triage.ranking.risk import log_odds, present_factors
from triage.ranking.rules import fired
from triage.ranking.votes import cast_votes

Floats = NDArray[np.float64]
PLACE = "pain_location_main"  # asked first, where the release has it
EAGERNESS = 1.5  # exponent of what a finding tells: higher asks more like the engine, lower more at random
NOT_CLEAR = {"equivocal": 0.03, "not_tested": 0.02}  # of examinations and investigations


class Interview:
    """Questions and answers of one release; columns are its (finding, level) pairs in document order."""

    def __init__(self, model: CompiledModel) -> None:
        self.model = model
        tables = [model.table.probabilities(finding) for finding in range(len(model.findings))]
        widths = [table.shape[1] for table in tables]
        self.start = np.concatenate([[0], np.cumsum(widths)[:-1]])
        self.p = np.concatenate([table.T for table in tables])  # (columns, H + 1), recording error included
        self.entropy = np.add.reduceat(-self.p * np.log(self.p), self.start)  # (F, H + 1), nats
        self.cumulative = [np.cumsum(table, axis=1) for table in tables]
        self.stage = np.array([finding.stage for finding in model.findings])
        self.family = np.zeros(len(model.findings), dtype=np.int64)
        for number, members in enumerate(families(model)):
            self.family[members] = number

    def shares_before(self, case: Case) -> Floats:
        """What the engine gives every hypothesis before the first answer, (H + 1,), Other last."""
        model = self.model
        prior = model.priors.by_setting[case.setting]
        factors = present_factors(model.risk_factors, case, case.risk_factors)
        odds = log_odds(model.risk_factors, factors, model.urgent, model.constants.odds_cap).sum(axis=1)
        weight = prior * np.exp(np.append(odds, 0.0))
        shares: Floats = weight / weight.sum()
        return shares

    def truth(self, case: Case, random: Random) -> int:
        """A hypothesis; the last one is Other."""
        return _drawn(np.cumsum(self.shares_before(case)), random)

    def code(self, truth: int) -> str:
        return (*self.model.conditions, OTHER)[truth]

    def begin(self, case: Case, truth: int, random: Random) -> Case:
        """The case with the answer to where it hurts."""
        place = self.model.finding_at.get(PLACE)
        return case if place is None else self._with(case, [place], truth, random)

    def go_on(self, case: Case, truth: int, stage: str, count: int, random: Random) -> Case:
        """The case with up to `count` more findings of this stage."""
        return self._with(case, self.chosen(case, stage, count, random), truth, random)

    def chosen(self, case: Case, stage: str, count: int, random: Random) -> list[int]:
        """What to ask: of what the engine may propose, the sooner the more it tells now; one of a family."""
        model = self.model
        votes = cast_votes(model, case)
        seen = weigh(model, case, votes.votes, log_likelihoods(model, votes.votes))
        facts = gather_facts(model, case)
        flags = fired(model.rules, facts)
        allowed = np.array(
            candidates(model, case, votes=votes, facts=facts, differential=seen, flags=flags), dtype=np.int64
        )
        known = [model.finding_at[row.finding] for row in case.observations]
        closed = set(self.family[known].tolist())
        allowed = allowed[self.stage[allowed] == stage]
        weight = self.telling(seen.shares)[allowed] ** EAGERNESS
        order = allowed[np.argsort(random.standard_exponential(len(allowed)) / np.maximum(weight, 1e-12))]
        return self._one_of_each_family(order.tolist(), closed, count)

    def telling(self, shares: Floats) -> Floats:
        """What an answer to each finding would tell at these shares, (F,), nats: H(b) − Σ_h share·H(p_h)."""
        b = self.p @ shares
        told: Floats = np.add.reduceat(-b * np.log(b), self.start) - self.entropy @ shares
        return np.maximum(told, 0.0)

    def _one_of_each_family(self, order: Sequence[int], closed: set[int], count: int) -> list[int]:
        taken: list[int] = []
        for finding in order:
            if len(taken) == count:
                break
            if (family := int(self.family[finding])) not in closed:
                closed.add(family)
                taken.append(finding)
        return taken

    def _with(self, case: Case, findings: Sequence[int], truth: int, random: Random) -> Case:
        told = [self._answer(finding, truth, case.side, random) for finding in findings]
        return replace(case, observations=(*case.observations, *told))

    def _answer(self, finding: int, truth: int, side: str, random: Random) -> Observation:
        spec = self.model.findings[finding]
        where = side if spec.side_aware else None
        level = spec.levels[_drawn(self.cumulative[finding][truth], random)]
        point = random.random()
        if spec.stage != "intake":
            for status, share in NOT_CLEAR.items():
                if point < share:
                    return Observation(spec.code, None, status, where, spec.stage)
                point -= share
        return Observation(spec.code, level, "observed", where, spec.stage)


def _drawn(cumulative: Floats, random: Random) -> int:
    return min(int(np.searchsorted(cumulative, random.random(), side="right")), len(cumulative) - 1)
