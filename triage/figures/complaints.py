"""Complaints with a signed visit: how many are proven, when, and as what. One statement for all of it, since
each part needs the first signed visit and the newest diagnosis of every complaint.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from triage.figures.asking import CURRENT, Row, ask
from triage.proof import Proof

# Days from the first signed visit, and from onset, to the day of the proof. A proof that was brought along
# (before the first visit) took no time here and is counted apart.
PROVEN = """
    SELECT condition_code, grade, proven, GROUPING(condition_code) = 0 AS by_condition,
           GROUPING(grade) = 0 AS by_grade,
           count(*) FILTER (WHERE days >= 0) AS cases, count(*) FILTER (WHERE days < 0) AS brought,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY days)
               FILTER (WHERE days >= 0) AS days,
           count(onset_days) FILTER (WHERE days >= 0 AND onset_days >= 0) AS onsets,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY onset_days)
               FILTER (WHERE days >= 0 AND onset_days >= 0) AS onset_days
    FROM complaints WHERE grade IS NOT NULL
    GROUP BY GROUPING SETS ((proven), (proven, condition_code), (proven, grade))
"""
# After so many days proven, or still not. A closed one waited until it was closed: when it was last saved.
COURSE = """
    SELECT greatest(CASE WHEN proven THEN days
                         WHEN status = 'closed' THEN saved_on - seen_on
                         ELSE %(today)s - seen_on END, 0) AS days,
           count(*) FILTER (WHERE proven) AS proven,
           count(*) FILTER (WHERE NOT proven AND status = 'open') AS open,
           count(*) FILTER (WHERE NOT proven AND status = 'closed') AS closed
    FROM complaints GROUP BY 1 ORDER BY 1
"""
# By condition, where it is proven, and by the setting of the first signed visit.
COUNTED = """
    SELECT CASE WHEN proven THEN condition_code END AS condition, setting, count(*) AS cases
    FROM complaints GROUP BY 1, 2
"""
COMPLAINTS = f"""
    WITH {CURRENT},
    seen AS (
        SELECT DISTINCT ON (episode_id) episode_id, setting,
               (held_at AT TIME ZONE %(zone)s)::date AS seen_on
        FROM triage_encounter
        WHERE clinic_id = %(clinic)s AND status = 'signed'
        ORDER BY episode_id, held_at, id
    ),
    complaints AS MATERIALIZED (
        SELECT seen.setting, seen.seen_on, episode.status,
               (episode.saved_at AT TIME ZONE %(zone)s)::date AS saved_on,
               current.condition_code, current.grade, coalesce(current.proven, false) AS proven,
               proven_on - seen_on AS days, proven_on - onset_on AS onset_days
        FROM seen
        JOIN triage_episode AS episode ON episode.id = episode_id AND episode.clinic_id = %(clinic)s
        LEFT JOIN current USING (episode_id)
    )
    SELECT coalesce((SELECT jsonb_agg(part) FROM ({PROVEN}) AS part), '[]') AS proven,
           coalesce((SELECT jsonb_agg(part) FROM ({COURSE}) AS part), '[]') AS course,
           coalesce((SELECT jsonb_agg(part) FROM ({COUNTED}) AS part), '[]') AS counted
"""  # noqa: S608 - parts written above, values are parameters


@dataclass(frozen=True)
class Complaints:
    """Rows as `PROVEN`, `COURSE` and `COUNTED` say; `proof` is that of triage/proof.py."""

    proven: list[Row]
    course: list[Row]
    counted: list[Row]

    @property
    def proof(self) -> Proof:
        return Proof(
            consecutive=sum(row["cases"] for row in self.counted),
            proven=sum(row["cases"] for row in self.counted if row["condition"] is not None),
        )


def complaints_in(clinic_id: uuid.UUID) -> Complaints:
    """One query."""
    (row,) = ask(COMPLAINTS, clinic_id)
    return Complaints(**{name: _plain(part) for name, part in row.items()})


def _plain(part: str | list[Row]) -> list[Row]:
    return json.loads(part) if isinstance(part, str) else part
