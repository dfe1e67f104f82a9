"""Do findings hang together? Coherent cases, cases of two unrelated conditions, and findings without any.

As at publishing: people complain of what they have, so findings that tell of their condition come sooner; one
of each family; levels from the release's means. In a torn case the findings alternate between two conditions,
each answering for its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from triage.demo.sampling import Random, Sampler, Seen, case_of
from triage.ranking import CompiledModel
from triage.ranking.misfit import judge_misfit, recorded_population
from triage.ranking.pairs import pairs
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes

SIZES = (4, 8, 12, 20)
Row = dict[str, float]
Made = tuple[dict[int, int], set[str]]  # finding -> level, in the order recorded; the conditions behind them


class Cases:
    """Cases of n findings, by how they were made."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler, self.model = sampler, sampler.model
        self.prior = self.model.priors.reference
        tables = [self.model.table.probabilities(f) for f in range(len(self.model.findings))]
        self.tables = tables
        self.expected = [recorded_population(self.model, f) for f in range(len(tables))]
        rows = zip(tables, self.expected, strict=True)
        own = np.stack([(p * np.log(p / b)).sum(axis=1) for p, b in rows], axis=1)  # (H + 1, F)
        self.telling = np.maximum(own, 0) + sampler.telling

    def coherent(self, n: int, random: Random) -> Made:
        truth = int(random.choice(len(self.prior), p=self.prior))
        chosen = self.sampler.recorded(random, self.telling[truth])[:n]
        return {f: self._level(self.tables[f][truth], random) for f in chosen}, set()

    def torn(self, n: int, random: Random) -> Made:
        weights = self.prior[:-1] / self.prior[:-1].sum()
        two = [int(h) for h in random.choice(len(weights), 2, replace=False, p=weights)]
        lists = [iter(self.sampler.recorded(random, self.telling[h])) for h in two]
        seen: dict[int, int] = {}
        taken: set[int] = set()
        while len(seen) < n:
            truth = two[len(seen) % 2]
            family = self.sampler.family
            finding = next(f for f in lists[len(seen) % 2] if int(family[f]) not in taken)
            taken.add(int(family[finding]))
            seen[finding] = self._level(self.tables[finding][truth], random)
        return seen, {self.model.conditions[h] for h in two}

    def unconnected(self, n: int, random: Random) -> Made:
        truth = int(random.choice(len(self.prior), p=self.prior))
        chosen = self.sampler.recorded(random, self.telling[truth])[:n]
        return {f: self._level(self.expected[f], random) for f in chosen}, set()

    def known_split(self, seen: Seen) -> float:
        """log P(every second finding) + log P(the others) − log P(all): what the best test could look at that
        even knows which finding came from which condition.
        """
        columns = np.log([self.tables[f][:, level] for f, level in seen.items()])

        def joint(rows: slice) -> float:
            return float(np.logaddexp.reduce(np.log(self.prior) + columns[rows].sum(axis=0)))

        return joint(slice(0, None, 2)) + joint(slice(1, None, 2)) - joint(slice(None))

    @staticmethod
    def _level(p: np.ndarray, random: Random) -> int:
        return int(random.choice(len(p), p=p / p.sum()))


def judged(model: CompiledModel, seen: Seen) -> tuple[bool, list[set[str]]]:
    """(the misfit sentence is said, pairs offered)."""
    case = case_of(model, seen)
    votes = cast_votes(model, case).votes
    log_p = log_likelihoods(model, votes)
    levels = [(vote.finding, vote.level) for vote in votes if vote.level is not None]
    misfit = judge_misfit(model, levels, log_p)
    offered = pairs(model, weigh(model, case, votes, log_p))
    return bool(misfit and misfit.fired), [set(pair.conditions) for pair in offered]


def measure(sampler: Sampler, number: int, random: Random) -> list[Row]:
    """One row per number of findings: how often misfit fires and a pair is offered, by kind of case."""
    cases = Cases(sampler)
    return [_row(cases, n, number, random) for n in SIZES]


def _row(cases: Cases, n: int, number: int, random: Random) -> Row:
    row: Row = {"findings": n}
    split: dict[str, list[float]] = {}
    kinds: dict[str, Callable[[int, Random], Made]] = {
        "coherent": cases.coherent, "torn": cases.torn, "unconnected": cases.unconnected,
    }  # fmt: skip
    for name, make in kinds.items():
        made = [make(n, random) for _ in range(number)]
        found = [judged(cases.model, seen) for seen, _ in made]
        row[f"{name}_fired"] = float(np.mean([fired for fired, _ in found]))
        row[f"{name}_pair"] = float(np.mean([bool(offered) for _, offered in found]))
        split[name] = [cases.known_split(seen) for seen, _ in made]
        if name == "torn":
            right = [truth in offered[:1] for (_, offered), (_, truth) in zip(found, made, strict=True)]
            row["torn_right_pair"] = float(np.mean(right))
    limit = np.quantile(split["coherent"], 0.95)
    row["torn_best_possible"] = float(np.mean(np.array(split["torn"]) > limit))
    return {key: round(value, 4) for key, value in row.items()}
