"""Scores of a complaint as curves, tables and words; alarming answers as the worklist shows them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from clinics.models import Membership
from triage.models import AlarmSeen, OutcomeRequest, OutcomeScore
from triage.outcomes import MEASURES, Alarm, Change, Measure, alarm, change_since
from triage.presentation.curves import Curve, curve

ALARMS_SHOWN = 30
REACH = {
    "more": "more than the smallest important change",
    "exactly": "exactly the smallest important change",
    "less": "less than the smallest important change",
    "": "",
}


@dataclass(frozen=True)
class ScoreLine:
    """One row of the table. `change` against the first of its curve, in words."""

    pk: uuid.UUID
    at: dt.datetime
    value: str
    change: str
    direction: str
    source: str
    by: str
    missing: int
    corrected: bool
    alarms: tuple[Alarm, ...]
    seen: str


@dataclass(frozen=True)
class Series:
    """One measure of one complaint; of own activities, those that were rated together."""

    measure: Measure
    activities: tuple[str, ...]
    lines: tuple[ScoreLine, ...]
    curve: Curve | None
    now: str

    @property
    def key(self) -> str:
        return f"{self.measure.code}-{self.lines[0].pk}"


@dataclass(frozen=True)
class AlarmLine:
    pk: uuid.UUID
    url: str
    patient: str
    title: str
    words: str
    urgent: bool
    at: dt.datetime
    source: str


def points(measure: Measure, value: Decimal) -> str:
    """`7`, `7.5` or `83.3` – one decimal at most, and none where it says nothing."""
    shown = f"{value:.1f}".removesuffix(".0")
    return f"{shown} %" if measure.unit == "%" else shown


def with_unit(measure: Measure, value: Decimal) -> str:
    shown = points(measure, value)
    return shown if measure.unit == "%" else f"{shown} {measure.unit}"


def change_words(measure: Measure, change: Change) -> str:
    if change.direction == "same":
        return "no change"
    size = f"{abs(change.points):.1f}".removesuffix(".0")
    size = f"{size} points" if measure.unit == "%" else size
    reach = f" – {REACH[change.reach]}" if change.reach else ""
    return f"{change.direction} by {size}{reach}"


def series_of(rows: Iterable[OutcomeScore]) -> list[Series]:
    """`rows` of one complaint, oldest first, with `recorded_by` and `seen`; in the order of the measures."""
    groups: dict[tuple[str, tuple[str, ...]], list[OutcomeScore]] = {}
    replaced = set()
    for row in rows:
        replaced.add(row.corrects_id)
        groups.setdefault((row.measure, tuple(row.activities)), []).append(row)
    order = list(MEASURES)
    ordered = sorted(groups.items(), key=lambda pair: order.index(pair[0][0]))
    return [_series(MEASURES[code], names, group, replaced) for (code, names), group in ordered]


def _series(
    measure: Measure,
    activities: tuple[str, ...],
    rows: Sequence[OutcomeScore],
    replaced: Container[uuid.UUID | None],
) -> Series:
    counted = [(row, row.score) for row in rows if row.score is not None and row.pk not in replaced]
    values = [
        (timezone.localtime(row.answered_at), float(value), points(measure, value)) for row, value in counted
    ]
    first = counted[0] if counted else None
    band = measure.important_change
    return Series(
        measure,
        activities,
        tuple(_line(measure, row, first, corrected=row.pk in replaced) for row in rows),
        curve(
            values,
            floor=measure.floor,
            ceiling=measure.ceiling,
            band=None if band is None else float(band),
        )
        if values
        else None,
        _now(measure, [value for _, value in counted]),
    )


def _now(measure: Measure, counted: Sequence[Decimal]) -> str:
    """The newest score in words, with the way it came from the first."""
    if not counted:
        return "not scored yet: too few answers"
    said = with_unit(measure, counted[-1])
    if len(counted) == 1:
        return said
    way = change_words(measure, change_since(measure, counted[0], counted[-1]))
    return f"{said}, from {points(measure, counted[0])} at first: {way}"


def _line(
    measure: Measure, row: OutcomeScore, first: tuple[OutcomeScore, Decimal] | None, *, corrected: bool
) -> ScoreLine:
    change, begins = None, first is not None and row is first[0]
    if first is not None and row.score is not None and not corrected and not begins:
        change = change_since(measure, first[1], row.score)
    asked = len(row.activities) or len(measure.items)
    codes = {item.code for item in measure.items}
    answered = sum(isinstance(answer, int) for code, answer in row.answers.items() if code in codes)
    return ScoreLine(
        pk=row.pk,
        at=row.answered_at,
        value="too few answers" if row.score is None else with_unit(measure, row.score),
        change=change_words(measure, change) if change else "the first" if begins else "",
        direction=change.direction if change else "",
        source=row.get_source_display(),
        by=str(row.recorded_by) if row.recorded_by else "the patient",
        missing=asked - answered,
        corrected=corrected,
        alarms=tuple(alarm(code) for code in row.alarms),
        seen=_seen(row),
    )


def _seen(row: OutcomeScore) -> str:
    seen: AlarmSeen | None = next(iter(row.seen.all()), None)
    return f"seen by {seen.user}, {timezone.localtime(seen.at):%-d %b %Y, %H:%M}" if seen else ""


def latest_lines(rows: Iterable[OutcomeScore]) -> list[tuple[str, str]]:
    """Name and newest score of each measure, for the patient's page; `rows` oldest first."""
    newest: dict[str, tuple[str, str]] = {}
    for series in series_of(rows):
        newest[series.measure.code] = (series.measure.name, series.now)
    return list(newest.values())


@dataclass(frozen=True)
class OpenLink:
    row: OutcomeRequest
    names: str


def open_links(rows: Iterable[OutcomeRequest]) -> list[OpenLink]:
    return [OpenLink(row, names_of(row)) for row in rows]


def names_of(link: OutcomeRequest) -> str:
    return ", ".join(MEASURES[code].name for code in link.measures)


def measures_to_ask(scored: Iterable[str]) -> list[tuple[Measure, bool]]:
    """Each measure, and whether this complaint was scored by it before: then it is asked again."""
    before = set(scored)
    return [(of, code in before) for code, of in MEASURES.items()]


def alarm_lines(member: Membership) -> list[AlarmLine]:
    """Alarming answers nobody has marked seen, emergencies first."""
    waiting = OutcomeScore.objects.visible_to(member).unseen_alarms().with_patient()[:ALARMS_SHOWN]
    return sorted((_alarm_line(row) for row in waiting), key=lambda line: not line.urgent)


def _alarm_line(row: OutcomeScore) -> AlarmLine:
    fired = [alarm(code) for code in row.alarms]
    return AlarmLine(
        pk=row.pk,
        url=reverse("triage:episode-outcomes", args=[row.episode_id]),
        patient=str(row.episode.patient),
        title=row.episode.title,
        words="; ".join(one.words for one in fired),
        urgent=any(one.urgency == "emergency" for one in fired),
        at=row.answered_at,
        source=row.get_source_display().lower(),
    )
