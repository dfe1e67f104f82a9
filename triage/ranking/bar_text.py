"""The bars of every hypothesis as canonical JSON text: what `Differential.hypotheses` says, without an object
for each of some 1,700 bars.

All but three numbers of a bar is of the release and of what was answered: its text is made once by the very
code that makes the object, taken apart where the numbers stand, and kept with the model.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from triage.ranking.explain import RATIO_DECIMALS, Differential, Term, reason_of
from triage.ranking.model import CompiledModel

GAP = "\0"  # in no code: stands where something is put in later
TEXT_OF_GAP = json.dumps(GAP)
Parts = tuple[str, str, str, str]  # of a bar, around ratio, contribution and weight


def canonical(data: Any) -> str:
    """The one text of plain data: sorted keys, no blanks. Raises ValueError for what is not finite."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def bars_as_text(differential: Differential) -> list[str]:
    """The list of bars of every hypothesis, best first; Other has none."""
    ratios, logs = differential.ratios.T, differential.contributions.T
    if not (np.isfinite(ratios).all() and np.isfinite(logs).all()):
        raise ValueError("a bar is not finite")
    texts, rows = Texts(), []
    for term, ratio, log in zip(differential.terms, ratios.tolist(), logs.tolist(), strict=True):
        row = _column(differential, term, ratio, log, texts)
        rows.append(row)
    bars = ["[" + ",".join(filter(None, of_one)) + "]" for of_one in zip(*rows, strict=True)]
    return [bars[at] if at < len(bars) else "[]" for at in differential.order.tolist()]


class Texts(dict[float, str]):
    """Numbers as JSON writes them; the same ones stand in many bars."""

    def __missing__(self, number: float) -> str:
        text = self[number] = float.__repr__(number)
        return text


def _column(
    differential: Differential, term: Term, ratios: list[float], logs: list[float], texts: Texts
) -> list[str]:
    """The bar of one term for every condition; an absent risk factor has none where it says nothing."""
    weight = texts[round(term.weight, RATIO_DECIMALS)]
    told = _parts(differential.model, differential.setting, term)
    whole = zip(told, ratios, logs, strict=True)
    if term.risk_factor is None:
        return [f"{a}{texts[ratio]}{b}{texts[log]}{c}{weight}{d}" for (a, b, c, d), ratio, log in whole]
    return [
        f"{a}{texts[ratio]}{b}{texts[log]}{c}{weight}{d}" if log else "" for (a, b, c, d), ratio, log in whole
    ]


def _parts(model: CompiledModel, setting: str, term: Term) -> list[Parts]:
    """Of every condition; a clinic release keeps them."""
    key = _key(setting, term)
    kept = model.cache.get(key)
    if isinstance(kept, list):
        return kept
    same: dict[str, Parts] = {}  # most conditions say the same of a finding
    made = [_taken_apart(reason_of(model, setting, term, h), same) for h in range(len(model.conditions))]
    if model.kind == "clinic":
        model.cache[key] = made
    return made


def _key(setting: str, term: Term) -> str:
    """Everything that the reason of a term hangs on, beside the condition and the weight."""
    vote = term.vote
    if vote is None:
        return f"bar text:{term.kind}:{term.risk_factor}:{setting}"
    seen = vote.observation
    return (
        f"bar text:{vote.finding}:{vote.raw_level}:{vote.level is None}:{vote.own_control}"
        f":{seen.finding}:{seen.level}:{seen.side}"
    )


def _taken_apart(bar: dict[str, Any], same: dict[str, Parts]) -> Parts:
    bar |= {"likelihood_ratio": GAP, "log_contribution": GAP, "weight": GAP}
    text = canonical(bar)
    if text not in same:
        ratio, log, weight, end = text.split(TEXT_OF_GAP)
        same[text] = (ratio, log, weight, end)
    return same[text]
