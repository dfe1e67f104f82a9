"""What a record says of a patient, as far as a caution may ask for it. Plain values, no rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

# From how many kilometres a week somebody counts as an endurance runner although nobody has asked. Expert
# estimate, low on purpose: a caution too many is read and set aside, one too few is not seen.
ENDURANCE_WEEKLY_KM = 40
ENDURANCE = "long_distance_running"


class Kind(Enum):
    COMORBIDITY = "comorbidity"
    MEDICINE = "medicine"
    ALLERGY = "allergy"
    RISK_FACTOR = "risk_factor"
    SPORT = "sport"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing on record: `words` as the reader is shown it, `text` as somebody typed it and `code` as the
    knowledge calls it, either may be empty. `sure` is False for an answer that was equivocal.
    """

    kind: Kind
    words: str
    text: str = ""
    code: str = ""
    sure: bool = True


def derived(
    factors: Iterable[Mapping[str, Any]], *, age_years: int, sex: str, sport: str, weekly_km: int | None
) -> list[Said]:
    """What nobody needs to ask: risk factors that age and sex imply, the sport, the weekly distance."""
    found = [
        Said(Kind.RISK_FACTOR, f"{row['name'].lower()} (aged {age_years})", code=row["code"])
        for row in factors
        if row.get("applies_if") and _holds(row["applies_if"], age_years, sex)
    ]
    if sport.strip():
        found.append(Said(Kind.SPORT, f"sport: {sport.strip()}", text=sport))
    if weekly_km is not None and weekly_km >= ENDURANCE_WEEKLY_KM:
        words = f"{weekly_km} km a week (an endurance runner from {ENDURANCE_WEEKLY_KM} km, expert estimate)"
        found.append(Said(Kind.RISK_FACTOR, words, code=ENDURANCE))
    return found


def _holds(condition: Mapping[str, Any], age_years: int, sex: str) -> bool:
    """As triage/ranking/risk.py reads `applies_if`: every part of it."""
    parts = {
        "sex": lambda value: sex == value,
        "age_at_least": lambda value: age_years >= value,
        "age_below": lambda value: age_years < value,
    }
    return all(parts[key](value) for key, value in condition.items() if value is not None)
