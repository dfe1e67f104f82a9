"""Disturbed answers on the shipped release: sampled cases of twenty findings, and what is done to them.

The parameters are drawn, recording error is applied, and then the disturbance comes on top: other levels than
those seen, findings without an answer, positive findings said once more, findings of somebody with another
condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.shipped import shipped_document
from triage.demo.sampling import Random, Sampler, case_of
from triage.ranking import CompiledModel, compile_release
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes

Seen = dict[int, int]
Point = dict[str, float]
FINDINGS, COPY, SEED = 20, "_again", 20260101
AMOUNTS: Mapping[str, tuple[float, ...]] = {
    "flipped": (0.0, 0.05, 0.1, 0.2),
    "unanswered": (0.0, 0.2, 0.4, 0.6),
    "duplicates": (0.0, 0.5, 1.0),
    "foreign": (0.0, 2.0, 4.0, 8.0),
}


def with_copies(document: Mapping[str, Any]) -> dict[str, Any]:
    """The release with a second finding for each, in its cluster, or one of their own with the release's φ:
    the engine is told that they say something of the same, not that they are the same.
    """
    phi = document["model"]["phi"]
    voting = [row for row in document["findings"] if row["role"] == "votes"]
    own = [row for row in voting if not row.get("cluster")]
    clusters = [{"code": f"same_{row['code']}", "name": row["name"], "phi": phi} for row in own]
    known = {row["code"]: row.get("cluster") or f"same_{row['code']}" for row in voting}
    findings = [
        row | {"cluster": known[row["code"]]} if row["code"] in known else row for row in document["findings"]
    ]
    twins = [
        row | {"code": row["code"] + COPY, "cluster": known[row["code"]], "parents": []} for row in voting
    ]
    rows = [
        row | {"finding": row["finding"] + COPY} for row in document["evidence"] if row["finding"] in known
    ]
    return {
        **document,
        "findings": [*findings, *twins],
        "clusters": [*document["clusters"], *clusters],
        "evidence": [*document["evidence"], *rows],
    }


class Disturber:
    """Sampled cases, disturbed, ranked by the release and (for what is said twice) by one with copies."""

    def __init__(self) -> None:
        document = shipped_document()
        self.model = compile_release(document, "laws")
        self.copies = compile_release(with_copies(document), "copies")
        self.sampler = Sampler(self.model, "robustness")

    def point(self, kind: str, amount: float, cases: int) -> Point:
        """Share right and share claimed for the first of so many cases."""
        right, claimed = [], []
        for number in range(cases):
            random = np.random.default_rng([SEED, number])
            draw, truth = self.sampler.person(random)
            chosen = self.sampler.recorded(random)[:FINDINGS]
            seen = self.sampler.answers(draw, truth, chosen, random)
            if kind == "foreign":
                seen |= self._of_another(int(amount), (draw, truth), seen, random)
            first, share = self._first(kind, amount, seen, random)
            right.append(first == truth)
            claimed.append(share)
        return {
            "amount": amount,
            "right": round(float(np.mean(right)), 4),
            "claimed": round(float(np.mean(claimed)), 4),
        }

    def _first(self, kind: str, amount: float, seen: Seen, random: Random) -> tuple[int, float]:
        if kind == "duplicates":
            return self._said_twice(amount, seen, random)
        if kind == "flipped":
            wrong = [finding for finding in seen if random.random() < amount]
            seen = seen | {finding: self._other(finding, seen[finding], random) for finding in wrong}
        elif kind == "unanswered":
            seen = {finding: level for finding, level in seen.items() if random.random() >= amount}
        return first_of(self.model, seen)

    def _other(self, finding: int, level: int, random: Random) -> int:
        others = [at for at in range(len(self.model.findings[finding].levels)) if at != level]
        return int(random.choice(others))

    def _of_another(self, count: int, person: tuple[int, int], seen: Seen, random: Random) -> Seen:
        """Answers of somebody with another condition, in place of as many of this one's."""
        draw, truth = person
        prior = self.sampler.prior[draw].copy()
        prior[truth] = 0.0
        other = int(random.choice(len(prior), p=prior / prior.sum()))
        chosen = random.permutation(list(seen))[:count].tolist()
        return self.sampler.answers(draw, other, chosen, random)

    def _said_twice(self, share: float, seen: Seen, random: Random) -> tuple[int, float]:
        model = self.copies
        again = {
            model.finding_at[self.model.findings[f].code + COPY]: level
            for f, level in seen.items()
            if level > 0 and random.random() < share
        }
        return first_of(model, seen_in(self.model, model, seen) | again)


def seen_in(model: CompiledModel, other: CompiledModel, seen: Seen) -> Seen:
    """The same findings by their places in another release."""
    return {other.finding_at[model.findings[finding].code]: level for finding, level in seen.items()}


def first_of(model: CompiledModel, seen: Seen) -> tuple[int, float]:
    """(the first hypothesis, Other included; its share)."""
    case = case_of(model, seen)
    votes = cast_votes(model, case).votes
    shares = weigh(model, case, votes, log_likelihoods(model, votes)).shares
    first = int(shares.argmax())
    return first, float(shares[first])


def curves(cases: int) -> dict[str, list[Point]]:
    """Every curve's points."""
    disturber = Disturber()
    return {
        kind: [disturber.point(kind, amount, cases) for amount in amounts]
        for kind, amounts in AMOUNTS.items()
    }
