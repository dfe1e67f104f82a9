"""What was asked of others: answered or not, and how long it took."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from triage.evaluation import Proportion, proportion
from triage.figures.asking import Row, ask
from triage.figures.waiting import Quartiles
from triage.models.plans import ReferralUrgency

REFERRAL, RESULT = "Referral", "Result awaited"

# A referral brings a follow-up along, by which it is late; that one is not counted again as a result awaited.
ASKED = f"""
    SELECT '{REFERRAL}' AS kind, urgency, count(*) AS asked, count(answered_on) AS answered,
           count(*) FILTER (WHERE answered_on IS NULL AND due_on < %(today)s) AS overdue,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
               ORDER BY greatest(answered_on - referred_on, 0)
           ) FILTER (WHERE answered_on IS NOT NULL) AS days
    FROM triage_referral AS referral
    LEFT JOIN triage_followup AS waiting
        ON waiting.clinic_id = referral.clinic_id AND waiting.id = referral.follow_up_id
    WHERE referral.clinic_id = %(clinic)s AND NOT dropped
    GROUP BY urgency
    UNION ALL
    SELECT '{RESULT}', '', count(*), count(done_on),
           count(*) FILTER (WHERE done_on IS NULL AND due_on < %(today)s),
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
               ORDER BY greatest(done_on - (created_at AT TIME ZONE %(zone)s)::date, 0)
           ) FILTER (WHERE done_on IS NOT NULL)
    FROM triage_followup AS waiting
    WHERE clinic_id = %(clinic)s AND kind = 'result' AND NOT EXISTS (
        SELECT FROM triage_referral AS referral
        WHERE referral.clinic_id = %(clinic)s AND referral.follow_up_id = waiting.id
    )
"""  # noqa: S608 - parts written above, values are parameters


@dataclass(frozen=True)
class Asked:
    """`urgency` as a referral says it, empty for a result. `overdue` is part of what is not answered. `days`
    from asking to the answer, of answered ones.
    """

    kind: str
    urgency: str
    asked: int
    answered: Proportion
    overdue: int
    days: Quartiles | None


def asked_in(clinic_id: uuid.UUID) -> list[Asked]:
    """Referrals, the most urgent first, then results awaited. One query."""
    rows = [row for row in ask(ASKED, clinic_id) if row["asked"]]
    order = [*ReferralUrgency.values, ""]
    return [_asked(row) for row in sorted(rows, key=lambda row: order.index(row["urgency"]))]


def _asked(row: Row) -> Asked:
    return Asked(
        kind=row["kind"],
        urgency=str(ReferralUrgency(row["urgency"]).label) if row["urgency"] else "",
        asked=row["asked"],
        answered=proportion(row["answered"], row["asked"]),
        overdue=row["overdue"],
        days=Quartiles(*row["days"]) if row["days"] else None,
    )
