"""How sure a share is: 90 % band and share of draws ranked first (docs/ranking.md, step 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triage.ranking.draws import drawn_log_prior, drawn_log_ratios
from triage.ranking.explain import SHARE_DECIMALS, Differential
from triage.ranking.informed import finding_rows, prior_rows, truths
from triage.ranking.model import CompiledModel
from triage.ranking.table import Floats

LOW, HIGH = 0.05, 0.95  # a 90 % band


@dataclass(frozen=True)
class Bands:
    """All (H + 1,), Other last: median and 5th, 95th centile of the share, share of draws in which it is
    first.
    """

    median: Floats
    low: Floats
    high: Floats
    first_share: Floats


def drawn_shares(model: CompiledModel, differential: Differential) -> Floats:
    """Shares under every draw, (D, H + 1), in the light of the case; weights and risk factors are held."""
    temperature = model.constants.temperature
    truth = truths(differential.shares, model.constants.draws)
    scores = drawn_log_prior(model, differential.setting)[prior_rows(model, differential.setting, truth)]
    exact = np.empty_like(scores)  # arrays of this size are cheaper to reuse than to make
    for column, term in enumerate(differential.terms):
        if term.vote is None:
            if term.kind != "prior":
                scores += differential.brackets[:, column] * term.weight
        elif term.vote.level is not None:
            rows = finding_rows(model, term.vote.finding, term.vote.level, truth)
            heard = drawn_log_ratios(model, term.vote.finding)[term.vote.level].take(rows, axis=0)
            if term.weight != 1.0:
                heard *= term.weight
            np.copyto(exact, heard)  # doubles are added to doubles three times as fast
            scores += exact
        elif term.vote.own_control and term.vote.raw_level is not None:
            raw = drawn_log_ratios(model, term.vote.finding)[term.vote.raw_level]
            scores += term.weight * raw * model.urgent
    shares = np.empty((len(scores), scores.shape[1] + 1))
    np.divide(scores, temperature, out=shares[:, :-1])
    shares[:, -1] = 0.0
    shares -= shares.max(axis=1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def bands(model: CompiledModel, differential: Differential) -> Bands:
    """Bands of every hypothesis; widened where needed to contain the share shown."""
    drawn = drawn_shares(model, differential)
    low, median, high = np.round(quantiles(drawn, (LOW, 0.5, HIGH)), SHARE_DECIMALS)
    first = np.bincount(drawn.argmax(axis=1), minlength=drawn.shape[1]) / len(drawn)
    return Bands(
        median=median,
        low=np.minimum(low, differential.shares),
        high=np.maximum(high, differential.shares),
        first_share=np.round(first, SHARE_DECIMALS),
    )


def quantiles(drawn: Floats, wanted: Sequence[float]) -> list[Floats]:
    """Of each column, linear between neighbours: bit for bit `np.quantile(drawn, wanted, axis=0)`, in a fifth
    of its time because every hypothesis' draws are sorted in a row of their own.
    """
    rows = np.sort(np.ascontiguousarray(drawn.T), axis=1)
    found: list[Floats] = []
    for share in wanted:
        place = share * (len(drawn) - 1)
        below = int(place)
        part = place - below
        left, right = rows[:, below], rows[:, min(below + 1, len(drawn) - 1)]
        step = right - left
        found.append(left + step * part if part < 0.5 else right - step * (1 - part))
    return found


def columns(found: Bands) -> dict[str, Floats]:
    """The bands as columns of the differential."""
    return {"median": found.median, "low": found.low, "high": found.high, "first_share": found.first_share}


__all__: Sequence[str] = ["Bands", "bands", "columns", "drawn_shares", "quantiles"]
