"""A sampled clinic made larger without ranking anybody again: every patient copied, record and all.

A copy has ids of its own, made from the original's and the number of the copy, so that rows of one copy point
at each other. Scores that came by a link become scores of the clinic, since a link is good for one answer.
"""

from __future__ import annotations

import uuid

from django.db import connection, models

from clinics.acting import acting_in
from triage.models import (
    Assessment,
    Diagnosis,
    Encounter,
    Episode,
    FollowUp,
    Forecast,
    OutcomeScore,
    Patient,
)

COPIED: tuple[type[models.Model], ...] = (
    Patient, Episode, Encounter, Assessment, Diagnosis, Forecast, FollowUp, OutcomeScore,
)  # fmt: skip
OWN = {"id", "submission_id"}


def copy_patients(clinic_id: uuid.UUID, copies: int) -> None:
    """So many copies of everybody in the clinic."""
    with acting_in(clinic_id), connection.cursor() as cursor:
        for number in range(1, copies + 1):
            for model in COPIED:
                cursor.execute(_statement(model), {"clinic": clinic_id, "number": f"/{number}"})


def _statement(model: type[models.Model]) -> str:
    """Insert from the rows that no copy made: a copy's own id is one of version 3, which nothing else is."""
    fields = [field for field in model._meta.local_concrete_fields if not _derived(field)]
    columns = ", ".join(field.column for field in fields)
    values = ", ".join(_value(model, field) for field in fields)
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} "
        "WHERE clinic_id = %(clinic)s AND substr(id::text, 15, 1) <> '3'"
    )


def _derived(field: models.Field) -> bool:  # type: ignore[type-arg]
    return isinstance(field, models.GeneratedField)


def _value(model: type[models.Model], field: models.Field) -> str:  # type: ignore[type-arg]
    if model is OutcomeScore and field.name in ("request", "recorded_by", "source"):
        return {
            "request": "NULL",
            "source": "'visit'",
            "recorded_by": "coalesce(recorded_by_id, (SELECT saved_by_id FROM triage_episode e "
            "WHERE e.id = episode_id))",
        }[field.name]
    if field.name in OWN or (field.is_relation and field.related_model in COPIED):
        hashed = f"md5({field.column}::text || %(number)s)"
        return f"overlay({hashed} PLACING '3' FROM 13 FOR 1)::uuid"
    return field.column
