"""What a differential that was frozen at signing gave the diagnosis that was proven later: read from its
output alone, never ranked again (docs/evaluation.md, "A clinic's own calibration").
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from triage.evaluation.outcomes import Outcome, log_shares
from triage.ranking.model import OTHER


def frozen_outcome(output: bytes, diagnosis: str, *, case_id: str) -> Outcome:
    """The outcome of the truth `diagnosis`, a code – or empty where the knowledge has none – in the output of
    an assessment. What the release did not hold counts under Other.
    """
    rows: list[dict[str, Any]] = json.loads(output)["hypotheses"]
    places = {str(row["condition"]): at for at, row in enumerate(rows)}
    held = diagnosis in places
    at = places[diagnosis] if held else places[OTHER]
    logs = log_shares(np.array([float(row["score"]) for row in rows]))
    shares = np.exp(logs)
    return Outcome(
        id=case_id,
        diagnosis=diagnosis,
        held=held,
        place=int(rows[at]["rank"]),
        log_share=float(logs[at]),
        squared_error=float(shares @ shares - shares[at] ** 2 + (1 - shares[at]) ** 2),
        first=str(rows[0]["condition"]),
        first_share=float(shares[0]),
    )
