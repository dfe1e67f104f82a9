"""The next answer of a visit as it is written: the visit's version and the answer's row, in one statement.

The answer's row is written only where the visit still is a draft of the version that was loaded; so nobody
came between, and nobody can until the transaction ends. Policies, constraints and triggers of both tables
hold as they do for two statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection

from triage.models.encounters import Encounter
from triage.models.observations import Observation

REWRITTEN = ("status", "level_code", "recorded_by_id", "performed_at", "version")


def write_next(row: Observation, encounter: Encounter, changed: Mapping[str, Any]) -> bool:
    """Whether the visit was as `encounter` has it: then it has the values `changed`, and `row` is written, a
    new one or one that was loaded.
    """
    is_new = row._state.adding
    names = tuple(field.attname for field in row._meta.concrete_fields) if is_new else REWRITTEN
    values = [*_prepared(encounter, changed), encounter.pk, encounter.clinic_id, encounter.version]
    values += [Encounter.Status.DRAFT.value, *_prepared(row, {name: getattr(row, name) for name in names})]
    if not is_new:
        values.append(row.pk)
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(changed), names, is_new), values)
        written = bool(cursor.rowcount)
    if written:
        vars(encounter).update(changed)
        row._state.adding, row._state.db = False, connection.alias
    return written


def _prepared(row: Any, values: Mapping[str, Any]) -> list[Any]:
    field_of = _fields(row._meta.model)
    return [field_of[name].get_db_prep_save(value, connection) for name, value in values.items()]


@cache
def _fields(model: Any) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields}


@cache
def _statement(changed: tuple[str, ...], names: tuple[str, ...], is_new: bool) -> str:
    """Every value is a parameter; the rest are names of ours."""
    visits, answers = f'"{Encounter._meta.db_table}"', f'"{Observation._meta.db_table}"'
    visit, answer = _fields(Encounter), _fields(Observation)
    columns = [f'"{answer[name].column}"' for name in names]
    held = f"""
        WITH held AS (
            UPDATE {visits} SET {", ".join(f'"{visit[name].column}" = %s' for name in changed)}
            WHERE id = %s AND clinic_id = %s AND version = %s AND status = %s RETURNING id
        )
    """  # noqa: S608 - no value in it
    if is_new:
        marks = ", ".join("%s" for _ in columns)
        return f"{held} INSERT INTO {answers} ({', '.join(columns)}) SELECT {marks} FROM held"  # noqa: S608
    settings = ", ".join(f"{column} = %s" for column in columns)
    found = f"{answers}.encounter_id = held.id AND {answers}.id = %s"
    return f"{held} UPDATE {answers} SET {settings} FROM held WHERE {found}"  # noqa: S608
