"""The ranking of a case against a compiled release (docs/ranking.md, steps 1–9).

    log w(h) = log π(h) + Σ risk factors + Σ_i ω_i log p'(level_i | h), divided by T, normalised over all h
    with Other.

Everything is kept relative to Other: S(h) = log w(h) − log w(Other), which is the sum of the bars shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from triage.ranking.bands import bands
from triage.ranking.bands import columns as band_columns
from triage.ranking.candidates import candidates
from triage.ranking.case import Case, Observation, find_problems
from triage.ranking.decision import decision_values, plain_thresholds, utilities
from triage.ranking.errors import InvalidCase
from triage.ranking.explain import Differential, Term, decompose
from triage.ranking.gains import expected_gains
from triage.ranking.misfit import Misfit, judge_misfit
from triage.ranking.model import CompiledModel
from triage.ranking.next_finding import best_next, outlook
from triage.ranking.pairs import pairs
from triage.ranking.pairs import plain as plain_pairs
from triage.ranking.panel import ALERT, cant_miss
from triage.ranking.panel import plain as plain_panel
from triage.ranking.redundancy import disagreeing_clusters, weights
from triage.ranking.result import Ranking
from triage.ranking.risk import log_odds, person_satisfies, present_factors
from triage.ranking.rules import Facts, fired
from triage.ranking.silence import corpus_terms
from triage.ranking.version import ENGINE_VERSION
from triage.ranking.votes import Vote, cast_votes, on_complaint_side

Floats = NDArray[np.float64]
PRESSING = ("immediate", "same_day")  # rule urgencies under which an investigation need not wait


def rank(model: CompiledModel, case: Case) -> Ranking:
    """The whole differential of a case. Raises InvalidCase; never returns part of a list."""
    ranking, facts, log_p = weighed(model, case)
    return look_further(model, case, ranking, facts, log_p) if model.kind == "clinic" else ranking


def rank_now(model: CompiledModel, case: Case) -> Ranking:
    """The differential with bands and what must not be missed, without a look at pairs and at what to ask
    next: for many cases at once. What it says is what `rank` says. Raises InvalidCase.
    """
    ranking, facts, _ = weighed(model, case)
    if model.kind != "clinic":
        return ranking
    sure = bands(model, ranking.differential)
    panel = cant_miss(model, sure.high, ranking.red_flags, facts)
    differential = replace(ranking.differential, columns=band_columns(sure))
    return replace(ranking, differential=differential, further=plain_panel(panel))


def weighed(model: CompiledModel, case: Case) -> tuple[Ranking, Facts, Floats]:
    """Steps 1 to 5: the ranking, the facts that rules read, and log p'(level | h) of each vote."""
    problems = find_problems(case, model)
    if problems:
        raise InvalidCase(problems)
    votes = cast_votes(model, case)
    log_p = log_likelihoods(model, votes.votes)
    differential = weigh(model, case, votes.votes, log_p)
    facts = gather_facts(model, case)
    ranking = Ranking(
        release=model.release,
        clinic_model=model.clinic_model,
        engine=ENGINE_VERSION,
        setting=case.setting,
        differential=differential,
        votes=votes,
        misfit=_misfit(model, votes.votes, log_p),
        red_flags=fired(model.rules, facts),
        tests_disagree=tuple(
            disagreeing_clusters(model, [(vote.finding, vote.raw_level) for vote in votes.votes])
        ),
    )
    return ranking, facts, log_p


def look_further(model: CompiledModel, case: Case, ranking: Ranking, facts: Facts, log_p: Floats) -> Ranking:
    """Steps 6 to 9 of a clinic release: bands, pairs, what must not be missed, the next finding."""
    sure = bands(model, ranking.differential)
    differential = replace(ranking.differential, columns=band_columns(sure))
    panel = cant_miss(model, sure.high, ranking.red_flags, facts)
    allowed = candidates(
        model, case, votes=ranking.votes, facts=facts, differential=differential, flags=ranking.red_flags
    )
    ahead = outlook(model, differential, allowed, log_p)
    urgent_open = any(row.state == ALERT for row in panel) or any(
        flag.urgency in PRESSING for flag in ranking.red_flags
    )
    further = {
        **plain_panel(panel),
        "pairs": plain_pairs(pairs(model, differential)),
        "next": best_next(model, differential, ahead, urgent_open, decision_values(model, ahead)),
    }
    if utilities(model) is not None:
        further["thresholds"] = plain_thresholds(model, differential, ahead)
    return replace(ranking, differential=differential, further=further)


def next_gains(model: CompiledModel, case: Case) -> dict[str, float]:
    """Expected information gain (nats) of every finding not recorded yet, by code; any release. Raises
    InvalidCase.
    """
    problems = find_problems(case, model)
    if problems:
        raise InvalidCase(problems)
    votes = cast_votes(model, case).votes
    log_p = log_likelihoods(model, votes)
    gains = expected_gains(model, weigh(model, case, votes, log_p), log_p)
    result = dict(zip(model.finding_at, gains.tolist(), strict=True))
    for observation in case.observations:
        if observation.status != "not_tested":
            result.pop(observation.finding, None)
    return result


def log_likelihoods(model: CompiledModel, votes: Sequence[Vote]) -> Floats:
    """log p'(level | h) of each vote, shape (H + 1, n); an equivocal one is the mean of its levels
    (step 4)."""
    heard = np.array([vote.level is not None for vote in votes], dtype=np.bool_)
    clear = [(vote.finding, vote.level) for vote in votes if vote.level is not None]
    known = np.empty((len(model.conditions) + 1, 0))
    if clear:
        known = model.table.likelihoods([at for at, _ in clear], [level for _, level in clear])
    if heard.all():
        return np.log(known)
    columns = np.empty((len(model.conditions) + 1, len(votes)))
    columns[:, heard] = known
    columns[:, ~heard] = [
        1 / len(model.findings[vote.finding].levels) for vote in votes if vote.level is None
    ]
    return np.log(columns, out=columns)


def weigh(model: CompiledModel, case: Case, votes: Sequence[Vote], log_p: Floats) -> Differential:
    """Prior, risk factors and weighted observations, as brackets against Other."""
    prior = model.priors.by_setting[case.setting]
    factors = present_factors(model.risk_factors, case, sorted(recorded_factors(model, case)[0]))
    odds = log_odds(model.risk_factors, factors, model.urgent, model.constants.odds_cap)
    terms = [Term("prior"), *(Term("risk_factor", risk_factor=at) for at in factors)]
    terms += [
        Term("observation", vote=vote, weight=float(weight))
        for vote, weight in zip(votes, vote_weights(model, votes, log_p), strict=True)
    ]
    extra, columns = corpus_terms(model, terms)
    known = [np.log(prior[:-1] / prior[-1]), odds, log_ratios(model, votes, log_p), *columns]
    return decompose(model, case.setting, [*terms, *extra], np.column_stack(known))


def log_ratios(model: CompiledModel, votes: Sequence[Vote], log_p: Floats) -> Floats:
    """log p'(level | h) − log p'(level | Other), shape (H, n). Urgent conditions read behind own control
    (step 4)."""
    ratios: Floats = log_p[:-1] - log_p[-1]
    for column, vote in enumerate(votes):
        if vote.own_control and vote.raw_level is not None:
            raw = np.log(model.table.likelihood(vote.finding, vote.raw_level))
            ratios[model.urgent, column] = (raw[:-1] - raw[-1])[model.urgent]
    return ratios


def vote_weights(model: CompiledModel, votes: Sequence[Vote], log_p: Floats) -> Floats:
    """ω (n,): redundancy, times the release's weight of what is absent."""
    absent = np.array([_spoken(model, vote) for vote in votes])
    result: Floats = weights(model, [vote.finding for vote in votes], log_p) * absent
    return result


def recorded_factors(model: CompiledModel, case: Case) -> tuple[frozenset[str], frozenset[str]]:
    """Risk factors recorded as present and as absent, in the case's list or as observations."""
    seen = [o for o in case.observations if o.finding in model.risk_factor_at and o.status == "observed"]
    present = {o.finding for o in seen if o.level == "present"} | set(case.risk_factors)
    return frozenset(present), frozenset(o.finding for o in seen if o.level == "absent") - present


def gather_facts(model: CompiledModel, case: Case) -> Facts:
    """What the red-flag rules may read: the raw observations on the complaint's side or without side."""
    present, absent = recorded_factors(model, case)
    holding = frozenset(
        model.risk_factors[at].code for at in present_factors(model.risk_factors, case, sorted(present))
    )
    refuted = {
        factor.code for factor in model.risk_factors
        if factor.applies_if and person_satisfies(factor.applies_if, case) is False
    }  # fmt: skip
    seen: dict[str, tuple[Observation, ...]] = {}
    for observation in sorted(case.observations, key=lambda o: o.order):
        at = model.finding_at.get(observation.finding)
        if at is None or observation.status != "observed":
            continue
        if on_complaint_side(observation, case.side, model.findings[at].side_aware):
            seen[observation.finding] = (*seen.get(observation.finding, ()), observation)
    return Facts(seen, holding, (absent | refuted) - holding, case)


def _misfit(model: CompiledModel, votes: Sequence[Vote], log_p: Floats) -> Misfit | None:
    if not model.constants.misfit_centiles:
        return None
    clear = [(column, vote) for column, vote in enumerate(votes) if vote.level is not None]
    levels = [(vote.finding, vote.level) for _, vote in clear if vote.level is not None]
    return judge_misfit(model, levels, log_p[:, [column for column, _ in clear]])


def _spoken(model: CompiledModel, vote: Vote) -> float:
    """`absent_weight` for a binary finding recorded absent, else 1."""
    absent = vote.level == 0 and model.findings[vote.finding].binary
    return model.constants.absent_weight if absent else 1.0
