"""How long it takes until a complaint is proven; those that are not yet count as waiting, and show."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from triage.figures.asking import CURRENT, SEEN, Row, ask

# Days from the first signed visit, and from onset, to the day of the proof. A proof that was brought along
# (before the first visit) took no time here and is counted apart.
PROVEN = f"""
    WITH {CURRENT}, {SEEN},
    told AS (
        SELECT current.condition_code, current.grade, current.proven,
               proven_on - seen_on AS days, proven_on - onset_on AS onset_days
        FROM current JOIN seen USING (episode_id)
        JOIN triage_episode AS episode ON episode.id = episode_id AND episode.clinic_id = %(clinic)s
    )
    SELECT condition_code, grade, proven, GROUPING(condition_code, grade) AS level,
           count(*) FILTER (WHERE days >= 0) AS cases, count(*) FILTER (WHERE days < 0) AS brought,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY days)
               FILTER (WHERE days >= 0) AS days,
           count(onset_days) FILTER (WHERE days >= 0 AND onset_days >= 0) AS onsets,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY onset_days)
               FILTER (WHERE days >= 0 AND onset_days >= 0) AS onset_days
    FROM told
    GROUP BY GROUPING SETS ((proven), (proven, condition_code), (proven, grade))
"""  # noqa: S608 - parts written above, values are parameters

# Every complaint with a signed visit: after so many days proven, or still not. A closed one waited until it
# was closed, which is when it was last saved.
COURSE = f"""
    WITH {CURRENT}, {SEEN},
    waited AS (
        SELECT coalesce(current.proven, false) AS proven, episode.status,
               CASE WHEN current.proven THEN proven_on
                    WHEN episode.status = 'closed' THEN (episode.saved_at AT TIME ZONE %(zone)s)::date
                    ELSE %(today)s END - seen_on AS days
        FROM seen JOIN triage_episode AS episode ON episode.id = episode_id AND episode.clinic_id = %(clinic)s
        LEFT JOIN current USING (episode_id)
    )
    SELECT greatest(days, 0) AS days, count(*) FILTER (WHERE proven) AS proven,
           count(*) FILTER (WHERE NOT proven AND status = 'open') AS open,
           count(*) FILTER (WHERE NOT proven AND status = 'closed') AS closed
    FROM waited GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - parts written above, values are parameters

HALF = 0.5 + 1e-12  # a product of fractions that is a half may come out a trifle more


@dataclass(frozen=True)
class Quartiles:
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Wait:
    """Of one condition, one grade, or all (`code` None). `onsets`: how many have a day of onset."""

    code: str | None
    cases: int
    brought: int
    days: Quartiles | None
    onsets: int
    onset_days: Quartiles | None


@dataclass(frozen=True)
class Waits:
    """`total` and `conditions` are proven ones; `grades` holds judgement too, which proves nothing.

    `open` and `closed` are not proven. `half_proven_days`: by when half of all complaints are proven, those
    that wait counted as long as they have waited (Kaplan & Meier); None while fewer than half are.
    """

    total: Wait | None
    conditions: tuple[Wait, ...]
    grades: tuple[Wait, ...]
    open: int
    closed: int
    open_days: float | None
    half_proven_days: int | None


def waits_in(clinic_id: uuid.UUID) -> Waits:
    """Two queries."""
    rows = ask(PROVEN, clinic_id)
    course = ask(COURSE, clinic_id)
    total = [_wait(row, None) for row in rows if row["level"] == 3 and row["proven"]]
    conditions = [_wait(row, row["condition_code"]) for row in rows if row["level"] == 1 and row["proven"]]
    grades = [_wait(row, row["grade"]) for row in rows if row["level"] == 2]
    return Waits(
        total=total[0] if total else None,
        conditions=tuple(sorted(conditions, key=lambda row: (-row.cases, row.code or ""))),
        grades=tuple(grades),
        open=sum(row["open"] for row in course),
        closed=sum(row["closed"] for row in course),
        open_days=_median((row["days"], row["open"]) for row in course),
        half_proven_days=half_proven(course),
    )


def half_proven(course: list[Row]) -> int | None:
    """The first day on which the Kaplan–Meier share of complaints that are not proven is a half or less.

    `course`: by day, oldest first, how many were proven, and how many left or still wait unproven.
    """
    at_risk = sum(row["proven"] + row["open"] + row["closed"] for row in course)
    unproven = 1.0
    for row in course:
        unproven *= 1 - row["proven"] / at_risk
        if unproven <= HALF:
            return int(row["days"])
        at_risk -= row["proven"] + row["open"] + row["closed"]
    return None


def _median(counted: Iterable[tuple[int, int]]) -> float | None:
    """Of (days, how many), by days: the lower median."""
    rows = [(days, many) for days, many in counted if many]
    total, reached = sum(many for _, many in rows), 0
    for days, many in rows:
        reached += many
        if 2 * reached >= total:
            return float(days)
    return None


def _wait(row: Row, code: str | None) -> Wait:
    return Wait(
        code=code,
        cases=row["cases"],
        brought=row["brought"],
        days=_quartiles(row["days"]),
        onsets=row["onsets"],
        onset_days=_quartiles(row["onset_days"]),
    )


def _quartiles(values: list[float] | None) -> Quartiles | None:
    return Quartiles(*values) if values else None
