"""The gain of questions that settle several findings at once (docs/ranking.md, step 9).

"Where is the pain?" is one question and one finding per place. What its whole answer would tell is more than
what any one place tells, and less than their sum. The expectation over answers is taken over answers sampled
from each hypothesis, always the same ones; a question with one finding is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from triage.ranking.case import Case, find_problems
from triage.ranking.errors import InvalidCase
from triage.ranking.explain import Differential
from triage.ranking.gains import every_gain_is_exact, expected_gains
from triage.ranking.model import CompiledModel
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.table import Floats
from triage.ranking.votes import cast_votes

Ints = NDArray[np.int64]
SAMPLED = 1024  # answers, over all hypotheses that take part
LEAST = 16  # answers of each
HEARD = 48  # hypotheses that take part
FAINT = 1e-6  # shares below this do not
SEED = 20260101


def question_gains(
    model: CompiledModel, case: Case, questions: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Expected information gain (nats) of each question, given the findings it settles; any release. Raises
    InvalidCase.
    """
    problems = find_problems(case, model)
    if problems:
        raise InvalidCase(problems)
    votes = cast_votes(model, case).votes
    log_p = log_likelihoods(model, votes)
    differential = weigh(model, case, votes, log_p)
    single = expected_gains(model, differential, log_p)
    result = {}
    for question, codes in questions.items():
        findings = [model.finding_at[code] for code in codes]
        if len(findings) > 1:
            result[question] = joint_gain(model, differential, findings)
        else:
            result[question] = float(single[findings].sum())  # nothing to settle: 0
    return result


def joint_gain(model: CompiledModel, differential: Differential, findings: Sequence[int]) -> float:
    """Gain of all findings answered together, nats: H now less the mean H after the sampled answers."""
    temperature = model.constants.temperature
    plain = _softmax(differential.scores * temperature)
    best = np.argsort(-plain, kind="stable")[:HEARD]
    heard = np.sort(best[plain[best] > FAINT])
    scores, weight = differential.scores[heard], plain[heard] / plain[heard].sum()
    each = max(LEAST, SAMPLED // len(heard))
    answers = _sampled(model, findings, heard, each) / temperature
    after = _entropy(_softmax(scores + answers)).reshape(len(heard), each).mean(axis=1)
    return max(0.0, float(_entropy(_softmax(scores)) - weight @ after))


def _sampled(model: CompiledModel, findings: Sequence[int], heard: Ints, each: int) -> Floats:
    """log p of sampled answers, (m · each, m): `each` answers of every hypothesis, by all of them."""
    p = _levels(model, tuple(findings))[:, heard]
    random = np.random.default_rng([SEED, len(findings), each])
    ceiling = p.cumsum(axis=2)[:, :, None, :-1]
    level = (random.random((len(findings), 1, each, 1)) >= ceiling).sum(axis=3).reshape(len(findings), -1)
    said = np.log(np.where(p > 0, p, 1.0))
    binary = [len(model.findings[finding].levels) == 2 for finding in findings]
    said[binary, :, 0] *= model.constants.absent_weight
    total = np.zeros((level.shape[1], len(heard)))
    for k in range(p.shape[2]):
        total += (level == k).astype(np.float64).T @ said[:, :, k]
    return total


def _levels(model: CompiledModel, findings: tuple[int, ...]) -> Floats:
    """p'(level | h) of a question's findings, (n, H + 1, K), padded with 0; kept with a small model."""
    key = f"question {findings}"
    kept = model.cache.get(key)
    if isinstance(kept, np.ndarray):
        return kept
    p = np.zeros(
        (len(findings), len(model.conditions) + 1, max(len(model.findings[at].levels) for at in findings))
    )
    for place, finding in enumerate(findings):
        p[place, :, : len(model.findings[finding].levels)] = model.table.probabilities(finding)
    if every_gain_is_exact(model):
        model.cache[key] = p
    return p


def _softmax(scores: Floats) -> Floats:
    """Over the last axis."""
    likelihood = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = likelihood / likelihood.sum(axis=-1, keepdims=True)
    return shares


def _entropy(shares: Floats) -> Floats:
    """−Σ p ln p over the last axis, nats."""
    entropy: Floats = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=-1)
    return entropy
