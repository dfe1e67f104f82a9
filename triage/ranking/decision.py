"""What an answer is worth for the decision (docs/ranking.md, steps 8.3 and 9).

Actions: treat for one condition h (benefit B_h when h is true, harm C_h when it is not), or for none (0).

    U(shares) = max(0, max_h [ share_h B_h − (1 − share_h) C_h ])
    value(f)  = Σ_level P(level) U(shares after level) − U(Σ_level P(level) shares after level) − R_f

The second term is what acting on the mean of the answers is worth: the shares now, up to redundancy and
temperature. So an answer that costs nothing is never worth less than nothing (U is convex). B, C and R are in
one unit of the clinic's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triage.ranking.explain import SHARE_DECIMALS, Differential
from triage.ranking.model import CompiledModel
from triage.ranking.next_finding import Outlook
from triage.ranking.table import Floats
from triage.ranking.thresholds import thresholds


@dataclass(frozen=True)
class Utilities:
    """`benefit` and `harm` (H,), 0 where a condition has none; `test_harm` (F,)."""

    benefit: Floats
    harm: Floats
    known: Floats  # (H,) 1 where benefit and harm are set
    test_harm: Floats


def utilities(model: CompiledModel) -> Utilities | None:
    """The clinic's utilities by condition and finding, kept with the model; None where none are set."""
    block = model.constants.utilities
    if not block or not block["conditions"]:
        return None
    kept = model.cache.get("utilities")
    if isinstance(kept, Utilities):
        return kept
    stakes = [block["conditions"].get(code) for code in model.conditions]
    found = Utilities(
        benefit=np.array([stake[0] if stake else 0.0 for stake in stakes]),
        harm=np.array([stake[1] if stake else 0.0 for stake in stakes]),
        known=np.array([1.0 if stake else 0.0 for stake in stakes]),
        test_harm=np.array([block["test_harm"].get(finding.code, 0.0) for finding in model.findings]),
    )
    model.cache["utilities"] = found
    return found


def best_utility(stakes: Utilities, shares: Floats) -> Floats:
    """U over the last axis (H + 1) of `shares`; what has no utilities set is never treated for."""
    p = shares[..., :-1]
    act = np.where(stakes.known > 0, p * stakes.benefit - (1 - p) * stakes.harm, 0.0)
    utility: Floats = np.maximum(act.max(axis=-1), 0.0)
    return utility


def decision_values(model: CompiledModel, found: Outlook) -> Floats | None:
    """value(f) of every candidate, (C,), in the clinic's unit; None where no utilities are set."""
    stakes = utilities(model)
    if stakes is None:
        return None
    value = -stakes.test_harm[found.finding]
    for group in found.answers:
        mean = np.einsum("ck,ckh->ch", group.probability, group.shares)
        answered = (group.probability * best_utility(stakes, group.shares)).sum(axis=1)
        value[group.place] += answered - best_utility(stakes, mean)
    return value


def plain_thresholds(
    model: CompiledModel, differential: Differential, found: Outlook
) -> list[dict[str, Any]]:
    """Step 8.3 for each condition with utilities, by code: treat threshold, and the test with most room.

    The room of a test is the distance from its test to its test–treat threshold, with its sensitivity for the
    condition and its specificity against the rivals as they share the rest now. Only binary findings that may
    be proposed; `finding` None: no test leaves any room.
    """
    stakes = utilities(model)
    if stakes is None:
        return []
    sensitivity, specificity = _accuracy(model, differential, found)
    rows = []
    for h in np.flatnonzero(stakes.known).tolist():
        treat = stakes.harm[h] / (stakes.benefit[h] + stakes.harm[h])
        best = _roomiest(model, found, (stakes, h), (sensitivity[:, h], specificity[:, h]))
        share = float(differential.shares[h])
        low, high = (best["test"], best["test_treat"]) if best["finding"] else (treat, treat)
        advice = "neither" if share < low else "test" if share < high else "treat"
        rows.append({"condition": model.conditions[h], "treat": _rounded(treat), **best, "advice": advice})
    return sorted(rows, key=lambda row: row["condition"])


def _accuracy(model: CompiledModel, differential: Differential, found: Outlook) -> tuple[Floats, Floats]:
    """Sensitivity and specificity (C, H) of every candidate's second level; 0 where it is not binary."""
    shares = differential.shares
    sensitivity, specificity = np.zeros((2, len(found.finding), len(shares) - 1))
    rest = np.maximum(1 - shares[:-1], 1e-12)
    for group in found.answers:
        if group.probability.shape[1] == 2:
            present = group.p[:, 1]
            among_rivals = ((present @ shares)[:, None] - shares[:-1] * present[:, :-1]) / rest
            sensitivity[group.place] = present[:, :-1]
            specificity[group.place] = np.clip(1 - among_rivals, 0.0, 1.0)
    return sensitivity, specificity


def _roomiest(
    model: CompiledModel, found: Outlook, stake: tuple[Utilities, int], accuracy: tuple[Floats, Floats]
) -> dict[str, Any]:
    """The candidate whose thresholds lie farthest apart for one condition, ties by code."""
    (stakes, h), (sensitivity, specificity) = stake, accuracy
    none: dict[str, Any] = {"finding": None, "test": None, "test_treat": None}
    best = (0.0, "", none)
    for at in np.flatnonzero(sensitivity + specificity > 1).tolist():
        finding = int(found.finding[at])
        limits = thresholds(
            benefit=float(stakes.benefit[h]),
            harm=float(stakes.harm[h]),
            test_harm=float(stakes.test_harm[finding]),
            sensitivity=float(sensitivity[at]),
            specificity=float(specificity[at]),
        )
        room, code = round(limits.test_treat - limits.test, 9), model.findings[finding].code
        if room > 0 and (-room, code) < (-best[0], best[1]):
            pair = {"test": _rounded(limits.test), "test_treat": _rounded(limits.test_treat)}
            best = (room, code, {"finding": code, **pair})
    return best[2]


def _rounded(share: float) -> float:
    return round(float(share), SHARE_DECIMALS)
