"""The patient as her own control (docs/ranking.md, step 4; a heuristic until calibrated).

A tenderness that is just as positive on a side recorded as symptom-free says little: it is treated as
equivocal. Rules and urgent conditions keep reading the raw observation.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.ranking.case import Case, Observation
from triage.ranking.findings import Finding

OPPOSITE = {"left": "right", "right": "left"}


def is_own_control(
    finding: Finding,
    chosen: Observation,
    recorded: Sequence[Observation],
    case: Case,
    symptom_free: tuple[str, str] | None,
) -> bool:
    """True when the finding is equally positive on a side that was recorded as symptom-free.

    `recorded` are all observations of the finding; `symptom_free` is the (finding, level) that says the other
    side is.
    """
    opposite = OPPOSITE.get(case.side)
    positive = chosen.status == "observed" and chosen.level != finding.levels[0]
    if not (finding.side_control and opposite and positive and symptom_free and _is_free(case, symptom_free)):
        return False
    return any(
        other.status == "observed" and other.level == chosen.level and other.side in (opposite, "both")
        for other in recorded
    )


def _is_free(case: Case, symptom_free: tuple[str, str]) -> bool:
    return any(
        observation.status == "observed" and (observation.finding, observation.level) == symptom_free
        for observation in case.observations
    )
