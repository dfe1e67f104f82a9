"""Cases sampled from a clinic release itself: truth from its prior, cells drawn afresh (θ*), recording error.

What is recorded never depends on the truth, only on what was recorded before, so that a sound engine's shares
are right on average. At most one finding of each family (cluster or is-a tree) is recorded, and none whose
question hangs on another answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from triage.ranking import Case, CompiledModel, Observation, next_gains
from triage.ranking.clinic import ClinicTable
from triage.ranking.draws import Draws
from triage.ranking.misfit import families, recorded_population

Floats = NDArray[np.float64]
Random = np.random.Generator
Seen = Mapping[int, int]  # finding -> level
SETTING = "runners"
TOLD = 3  # findings on record before the engine asks its own questions


@dataclass(frozen=True)
class Sampled:
    """A case, the hypothesis it was made from, and every hypothesis' share under the drawn parameters."""

    case: Case
    truth: int
    under: Floats  # (H + 1,)


class Sampler:
    """Draws of a release that the engine's own bands do not use, and cases made from them."""

    def __init__(self, model: CompiledModel, seed: str) -> None:
        if not isinstance(model.table, ClinicTable):
            raise TypeError("only a clinic release has draws")
        self.model = model
        draws = Draws(replace(model, release=f"{model.release}:{seed}", cache={}))
        self.log_p = [np.log(model.table.recorded(f, draws)) for f in range(len(model.findings))]
        self.prior = draws.prior(SETTING)
        self.family = np.zeros(len(model.findings), dtype=np.int64)
        for number, members in enumerate(families(model)):
            self.family[members] = number
        self.telling = telling(model)
        self.telling[[model.finding_at[code] for code in model.asked_if if code in model.finding_at]] = 0.0

    def told(self, cases: int, most: int, random: Random) -> Iterator[Sampled]:
        """Four to `most` findings, those sooner that tell more in general."""
        for _ in range(cases):
            draw, truth = self.person(random)
            chosen = self.recorded(random)[: int(random.integers(4, most + 1))]
            yield self.sampled(draw, truth, self.answers(draw, truth, chosen, random))

    def asked(self, cases: int, most: int, random: Random) -> Iterator[Sampled]:
        """Three such findings, then the engine's own next ones, up to 4 … `most` in all."""
        for _ in range(cases):
            draw, truth = self.person(random)
            seen = self.answers(draw, truth, self.recorded(random)[:TOLD], random)
            for _ in range(int(random.integers(4, most + 1)) - TOLD):
                seen |= self.answers(draw, truth, [self.next(seen)], random)
            yield self.sampled(draw, truth, seen)

    def person(self, random: Random) -> tuple[int, int]:
        """(draw of the parameters, truth under them)."""
        draw = int(random.integers(len(self.prior)))
        return draw, int(random.choice(self.prior.shape[1], p=self.prior[draw]))

    def recorded(self, random: Random, weights: Floats | None = None) -> list[int]:
        """One finding of every family, in random order, those with more weight sooner."""
        weights = self.telling if weights is None else weights
        key = random.standard_exponential(len(weights)) / np.maximum(weights, 1e-12)
        order = [at for at in np.argsort(key).tolist() if self.telling[at] > 0]
        taken: dict[int, int] = {}
        for at in order:
            taken.setdefault(int(self.family[at]), at)
        return list(taken.values())

    def answers(self, draw: int, truth: int, chosen: Sequence[int], random: Random) -> dict[int, int]:
        """A level of each chosen finding under the drawn parameters."""
        levels = {}
        for finding in chosen:
            p = np.exp(self.log_p[finding][draw, truth])
            levels[finding] = int(random.choice(len(p), p=p / p.sum()))
        return levels

    def next(self, seen: Seen) -> int:
        """The finding with the largest expected gain, of families not asked about yet."""
        closed = {int(self.family[finding]) for finding in seen}
        gains = next_gains(self.model, case_of(self.model, seen))
        open_ = {self.model.finding_at[code]: gain for code, gain in gains.items()}
        allowed = [at for at in open_ if self.telling[at] > 0 and int(self.family[at]) not in closed]
        return max(allowed, key=lambda at: (open_[at], -at))

    def sampled(self, draw: int, truth: int, seen: Seen) -> Sampled:
        joint = np.log(self.prior[draw])
        for finding, level in seen.items():
            joint = joint + self.log_p[finding][draw, :, level]
        under = np.exp(joint - np.logaddexp.reduce(joint))
        return Sampled(case_of(self.model, seen), truth, under)


def telling(model: CompiledModel) -> Floats:
    """How much each finding tells (F,): mean over hypotheses of KL(p'(. | h), b'), nats."""
    prior = model.priors.reference
    result = np.empty(len(model.findings))
    for finding in range(len(result)):
        p = model.table.probabilities(finding)
        result[finding] = prior @ (p * np.log(p / recorded_population(model, finding))).sum(axis=1)
    return np.maximum(result, 1e-9)


def case_of(model: CompiledModel, seen: Seen) -> Case:
    """A case with these findings at these levels, in the order of the release."""
    observations = tuple(
        Observation(model.findings[finding].code, model.findings[finding].levels[level])
        for finding, level in sorted(seen.items())
    )
    return Case(SETTING, None, None, "left", (), observations)
