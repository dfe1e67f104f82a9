"""One way to ask the database for figures, and the parts that several questions share."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from django.utils import timezone

from triage.models.diagnoses import PROVING

Row = dict[str, Any]

# The newest diagnosis of each complaint; an earlier one was replaced by it (Diagnosis.objects.current).
CURRENT = """
    current AS (
        SELECT DISTINCT ON (episode_id) id, episode_id, condition_code, grade, proven_on, created_at,
               grade = ANY(%(proving)s) AS proven
        FROM triage_diagnosis
        WHERE clinic_id = %(clinic)s
        ORDER BY episode_id, created_at DESC, id
    )"""


def ask(question: str, clinic_id: uuid.UUID, **values: Any) -> list[Row]:
    """The rows of the answer by the names of its columns."""
    given = {
        "clinic": clinic_id,
        "proving": list(PROVING),
        "zone": timezone.get_current_timezone_name(),
        "today": timezone.localdate(),
        **values,
    }
    with connection.cursor() as cursor:
        cursor.execute(question, given)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
