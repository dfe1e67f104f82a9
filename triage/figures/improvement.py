"""How complaints fared by what they turned out to be: first score, last score, and what lies between."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triage.evaluation import Proportion, proportion
from triage.figures.asking import CURRENT, Row, ask
from triage.outcomes import MEASURES, Measure

# Scores that stand: answered enough, and not replaced by a correction. Activities that a patient names make a
# course of their own; of several the longest counts, the newest of equals.
COURSES = f"""
    WITH {CURRENT},
    scored AS (
        SELECT episode_id, measure COLLATE "C" AS measure, condition_code, proven, score AS last, answered_at,
               first_value(score) OVER course AS first, row_number() OVER course AS scores,
               lead(mine.id) OVER course IS NULL AS ends
        FROM triage_outcomescore AS mine JOIN current USING (episode_id)
        WHERE clinic_id = %(clinic)s AND score IS NOT NULL AND NOT EXISTS (
            SELECT FROM triage_outcomescore AS newer
            WHERE newer.clinic_id = %(clinic)s AND newer.corrects_id IS NOT NULL
                AND newer.corrects_id = mine.id
        )
        WINDOW course AS (
            PARTITION BY episode_id, measure COLLATE "C", activities
            ORDER BY answered_at, mine.created_at, mine.id
        )
    ),
    followed AS (
        SELECT DISTINCT ON (episode_id, measure) measure, condition_code, proven, scores, first, last
        FROM scored WHERE ends
        ORDER BY episode_id, measure, scores DESC, answered_at DESC
    )
    SELECT followed.measure, GROUPING(condition_code) = 1 AS every, condition_code,
           count(*) FILTER (WHERE scores = 1) AS once, count(*) FILTER (WHERE scores > 1) AS cases,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY first) FILTER (WHERE scores > 1) AS first,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY last) FILTER (WHERE scores > 1) AS last,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY last - first) FILTER (WHERE scores > 1) AS change,
           count(*) FILTER (WHERE scores > 1 AND (last - first) * way >= size) AS better,
           count(*) FILTER (WHERE scores > 1 AND (first - last) * way >= size) AS worse,
           count(*) FILTER (WHERE scores > 1 AND NOT proven) AS judged
    FROM followed
    JOIN jsonb_to_recordset(%(measures)s) AS known (measure text, way int, size numeric) USING (measure)
    GROUP BY GROUPING SETS ((followed.measure), (followed.measure, condition_code))
"""  # noqa: S608 - parts written above, values are parameters


@dataclass(frozen=True)
class Course:
    """Complaints of one condition – or of all, `condition` None – followed by one measure.

    `cases` have two scores at least, `once` only one. Medians are None without a case; `better` and `worse`
    by the smallest important change or more, None where nobody has found that. `judged`: how many of the
    cases rest on clinical judgement.
    """

    measure: Measure
    condition: str | None
    cases: int
    once: int
    first: float | None
    last: float | None
    change: float | None
    better: Proportion | None
    worse: Proportion | None
    judged: int


def courses_in(clinic_id: uuid.UUID) -> list[Course]:
    """By measure: all conditions together, then each, most cases first; code '' is named in own words."""
    rows = ask(COURSES, clinic_id, measures=json.dumps([*_sizes()]))
    found = [_course(row) for row in rows]
    order = list(MEASURES)
    return sorted(found, key=lambda row: (order.index(row.measure.code), *_place(row)))


def _place(row: Course) -> tuple[bool, int, str]:
    return row.condition is not None, -row.cases, row.condition or ""


def _sizes() -> Iterator[Mapping[str, Any]]:
    for code, measure in MEASURES.items():
        size = measure.important_change
        way = 1 if measure.higher_is_better else -1
        yield {"measure": code, "way": way, "size": None if size is None else float(size)}


def _course(row: Row) -> Course:
    measure = MEASURES[row["measure"]]
    known = measure.important_change is not None
    return Course(
        measure=measure,
        condition=None if row["every"] else row["condition_code"],
        cases=row["cases"],
        once=row["once"],
        first=row["first"],
        last=row["last"],
        change=row["change"],
        better=proportion(row["better"], row["cases"]) if known else None,
        worse=proportion(row["worse"], row["cases"]) if known else None,
        judged=row["judged"],
    )
