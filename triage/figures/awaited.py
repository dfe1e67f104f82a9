"""What was asked of others: answered or not, and how long it took."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from triage.evaluation import Proportion, proportion
from triage.figures.asking import Row, ask
from triage.figures.waiting import Quartiles

RESULTS = """
    SELECT count(*) AS asked, count(done_on) AS answered,
           count(*) FILTER (WHERE done_on IS NULL AND due_on < %(today)s) AS overdue,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
               ORDER BY greatest(done_on - (created_at AT TIME ZONE %(zone)s)::date, 0)
           ) FILTER (WHERE done_on IS NOT NULL) AS days
    FROM triage_followup
    WHERE clinic_id = %(clinic)s AND kind = 'result'
"""


@dataclass(frozen=True)
class Asked:
    """`overdue` is part of what is not answered. `days` from asking to the answer, of answered ones."""

    kind: str
    urgency: str
    asked: int
    answered: Proportion
    overdue: int
    days: Quartiles | None


def asked_in(clinic_id: uuid.UUID) -> list[Asked]:
    return [_asked(row) for row in ask(RESULTS, clinic_id) if row["asked"]]


def _asked(row: Row) -> Asked:
    return Asked(
        kind="Result awaited",
        urgency="",
        asked=row["asked"],
        answered=proportion(row["answered"], row["asked"]),
        overdue=row["overdue"],
        days=Quartiles(*row["days"]) if row["days"] else None,
    )
