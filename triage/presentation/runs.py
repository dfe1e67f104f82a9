"""The log of runs as table, curves of pain and bars of kilometres; shoes with their mileage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clinics.models import Membership
from triage.models import EpisodeProgramme, Run
from triage.presentation.bars import Bars, bars
from triage.presentation.curves import Curve, curve
from triage.programmes import Ran, Week, weeks_of
from triage.programmes.stops import LIMITS
from triage.services import steps_of

WEEKS_SHOWN = 26
DRAWN = ("pain_during", "pain_next_morning")
PAIN_WORDS = {
    "pain_before": "before",
    "pain_during": "during",
    "pain_after": "right after",
    "pain_next_morning": "next morning",
}
SIGN_WORDS = {
    "next_morning_worse": "worse the next morning",
    "start_up_longer": "start-up pain longer or stronger than before",
    "nerve_symptoms": "tingling, numbness or burning",
}
WAITING_SHOWN = 30


@dataclass(frozen=True)
class RunLine:
    row: Run
    length: str
    pains: tuple[tuple[str, str], ...]
    signs: tuple[str, ...]
    stops: tuple[str, ...]
    waits: str  # what a stop rule asks for and nobody has recorded


@dataclass(frozen=True)
class PainCurve:
    key: str
    title: str
    now: str
    curve: Curve


@dataclass(frozen=True)
class WeekLine:
    week: Week
    distance: str
    change: str


@dataclass(frozen=True)
class RunLog:
    lines: tuple[RunLine, ...]  # the newest first
    curves: tuple[PainCurve, ...]
    weeks: tuple[WeekLine, ...]  # the newest first
    bars: Bars | None
    removed: tuple[Run, ...]


def run_log(rows: Sequence[Run]) -> RunLog:
    """`rows` of one complaint, oldest first, with shoe and programme; those taken out stand apart."""
    kept = [row for row in rows if not row.removed]
    steps = {row.programme: steps_of(row.programme) for row in kept if row.programme is not None}
    weeks = weeks_of(Ran(row.ran_on, row.distance_km, row.minutes) for row in kept)[-WEEKS_SHOWN:]
    shown = tuple(
        (f"{week.begins_on.day} {week.begins_on:%b}", float(week.distance_km), km(week.distance_km))
        for week in weeks
    )
    return RunLog(
        lines=tuple(run_line(row, _stops(row, steps)) for row in reversed(kept)),
        curves=tuple(_curve(kept, field) for field in DRAWN if _rated(kept, field)),
        weeks=tuple(_week(week) for week in reversed(weeks)),
        bars=bars(shown) if any(week.distance_km for week in weeks) else None,
        removed=tuple(row for row in rows if row.removed),
    )


def km(distance_km: Decimal) -> str:
    """`7`, `7.5` or `7.25`."""
    return f"{distance_km:f}".rstrip("0").rstrip(".") if "." in f"{distance_km:f}" else f"{distance_km:f}"


def _stops(row: Run, steps: Mapping[EpisodeProgramme, Sequence[dict[str, Any]]]) -> Mapping[str, Any]:
    if row.programme is None or not row.step:
        return {}
    found: Mapping[str, Any] = steps[row.programme][row.step - 1].get("stops", {})
    return found


def run_line(row: Run, stops: Mapping[str, Any]) -> RunLine:
    length = [f"{km(row.distance_km)} km"] if row.distance_km is not None else []
    length += [f"{row.minutes} min"] if row.minutes is not None else []
    rated = ((words, getattr(row, name)) for name, words in PAIN_WORDS.items())
    signs = [SIGN_WORDS[name] for name in ("start_up_longer", "nerve_symptoms") if getattr(row, name)]
    return RunLine(
        row=row,
        length=", ".join(length),
        pains=tuple((words, str(pain)) for words, pain in rated if pain is not None),
        signs=tuple(signs),
        stops=tuple(stop_words(row, code, stops) for code in row.stops_met),
        waits="; ".join(_waits(row, stops)),
    )


def stop_words(row: Run, code: str, stops: Mapping[str, Any]) -> str:
    """“pain during 5, above 3”, or the sign."""
    if code not in LIMITS:
        return SIGN_WORDS[code]
    name = LIMITS[code]
    return f"pain {PAIN_WORDS[name]} {getattr(row, name)}, above {stops.get(code, '?')}"


def _waits(row: Run, stops: Mapping[str, Any]) -> list[str]:
    signs = stops.get("signs", ())
    asked = [LIMITS[code] for code in LIMITS if code in stops]
    if "next_morning_worse" in signs and "pain_next_morning" not in asked:
        asked.append("pain_next_morning")
    missing = [f"pain {PAIN_WORDS[name]}" for name in asked if getattr(row, name) is None]
    return missing + [
        SIGN_WORDS[sign] for sign in signs if sign != "next_morning_worse" and getattr(row, sign) is None
    ]


def _rated(rows: Sequence[Run], field: str) -> bool:
    return any(getattr(row, field) is not None for row in rows)


def _curve(rows: Sequence[Run], field: str) -> PainCurve:
    points = [
        (dt.datetime.combine(row.ran_on, dt.time(12)), float(getattr(row, field)), str(getattr(row, field)))
        for row in rows
        if getattr(row, field) is not None
    ]
    title = f"Pain {PAIN_WORDS[field]}"
    drawn = curve(points, floor=0, ceiling=10, band=None)
    return PainCurve(field, title, f"{points[-1][2]} of 10 at last", drawn)


def _week(week: Week) -> WeekLine:
    change = "" if week.change_percent is None else f"{week.change_percent:+d} %".replace("-", "−")
    return WeekLine(week, km(week.distance_km), change)


@dataclass(frozen=True)
class WaitingStop:
    """A run on the worklist that met a stop rule which nobody has answered."""

    row: Run
    patient: str
    title: str
    words: str


def waiting_stops(member: Membership) -> list[WaitingStop]:
    """One line for each complaint, by its newest such run."""
    rows = Run.objects.visible_to(member).stops_unanswered().with_patient().newest_first()[:WAITING_SHOWN]
    newest = {row.episode_id: row for row in reversed(rows)}
    return [
        WaitingStop(row, str(row.episode.patient), row.episode.title, "; ".join(_words_now(row)))
        for row in newest.values()
    ]


def _words_now(row: Run) -> list[str]:
    stops = _stops(row, {row.programme: steps_of(row.programme)}) if row.programme else {}
    return [stop_words(row, code, stops) for code in row.stops_met]
