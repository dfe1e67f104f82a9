"""Which stop rules of a step a run has met, as far as a log of runs can tell.

The limits are data of the release (`stops` of a step, docs/knowledge-format.md); no number stands here. Pain
is 0 to 10. What was not recorded is reported as not known, never as not met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Felt:
    """What one run felt like; None where nobody said."""

    pain_before: int | None = None
    pain_during: int | None = None
    pain_after: int | None = None
    pain_next_morning: int | None = None
    start_up_longer: bool | None = None
    nerve_symptoms: bool | None = None


@dataclass(frozen=True)
class StopMet:
    """`code` is a key of `stops` or one of its signs; `observed` above `limit` where it is about a number."""

    code: str
    observed: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Checked:
    """`unknown`: codes that could not be checked because nothing was recorded for them."""

    met: tuple[StopMet, ...]
    unknown: tuple[str, ...]


LIMITS = {
    "pain_during_above": "pain_during",
    "pain_after_above": "pain_after",
    "pain_next_morning_above": "pain_next_morning",
}


def check_stops(stops: Mapping[str, Any], run: Felt, *, morning_before: int | None = None) -> Checked:
    """`morning_before`: pain on the morning after the run before, for a run whose own start was not rated."""
    met, unknown = [], []
    for stop, is_met in _each(stops, run, morning_before):
        if is_met is None:
            unknown.append(stop.code)
        elif is_met:
            met.append(stop)
    return Checked(tuple(met), tuple(unknown))


def _each(
    stops: Mapping[str, Any], run: Felt, morning_before: int | None
) -> Iterator[tuple[StopMet, bool | None]]:
    for code, field in LIMITS.items():
        if code in stops:
            observed, limit = getattr(run, field), stops[code]
            yield StopMet(code, observed, limit), None if observed is None else observed > limit
    for sign in stops.get("signs", ()):
        if sign == "next_morning_worse":
            yield _next_morning(run, morning_before)
        else:
            yield StopMet(sign), getattr(run, sign)


def _next_morning(run: Felt, morning_before: int | None) -> tuple[StopMet, bool | None]:
    """Worse than before the run; where that was not rated, than on the morning after the run before."""
    began = run.pain_before if run.pain_before is not None else morning_before
    stop = StopMet("next_morning_worse", run.pain_next_morning, began)
    if run.pain_next_morning is None or began is None:
        return stop, None
    return stop, run.pain_next_morning > began
