"""A visit as it is opened: with its record, its answers and the clinic's own numbers, in one statement.

What four queries would read is read here from one snapshot. Every answer costs this once, and most of what a
query costs is spent on building it; so the statement is put together once per process, from the models' own
columns. The row policies hold as for any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from triage.models.clinic_models import ClinicModel
from triage.models.encounters import Encounter, Episode
from triage.models.observations import Observation
from triage.models.patients import Patient, PatientItem

LIGHT = ("id", "version", "sha256")  # of a clinic's numbers: as `ClinicModelQuerySet.light`
READ = "_clinic_model"


def opened(encounter_id: uuid.UUID, *, clinic_id: uuid.UUID) -> tuple[Encounter, list[Observation]] | None:
    """A visit of this clinic with episode, patient and the patient's items, and its answers in order; the
    record may be a restricted one. None where there is no such visit.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [clinic_id, encounter_id])
        row = cursor.fetchone()
    if row is None:
        return None
    parts = _Parts(row)
    encounter, episode, patient = (parts.one(model) for model in (Encounter, Episode, Patient))
    encounter.episode, episode.patient = episode, patient
    _keep(patient, "items", parts.many(PatientItem))
    observations = parts.many(Observation)
    for observation in observations:
        Observation.encounter.field.set_cached_value(observation, encounter)
    newest = row[-len(LIGHT) :]
    found = None if newest[0] is None else ClinicModel.from_db(connection.alias, LIGHT, newest)
    vars(encounter)[READ] = found
    return encounter, observations


def clinic_model_of(encounter: Encounter) -> ClinicModel | None:
    """The newest version of the clinic's own numbers, as read with the visit or else as it is now; None where
    it has never set any.
    """
    if READ in vars(encounter):
        return vars(encounter)[READ]  # type: ignore[no-any-return]
    return ClinicModel.objects.newest_of(encounter.clinic_id)


class _Parts:
    """The columns of a row, taken model by model in the order of the statement."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.row = row
        self.at = 0

    def one(self, model: Any) -> Any:
        return model.from_db(connection.alias, _attributes(model), self._next(model))

    def many(self, model: Any) -> list[Any]:
        """Arrays, one for each column; null where there is no row."""
        columns, names = self._next(model), _attributes(model)
        rows = zip(*columns, strict=True) if columns[0] is not None else ()
        return [model.from_db(connection.alias, names, values) for values in rows]

    def _next(self, model: Any) -> Sequence[Any]:
        begin, self.at = self.at, self.at + len(_attributes(model))
        return self.row[begin : self.at]


def _keep(parent: models.Model, name: str, rows: list[Any]) -> None:
    """As `prefetch_related` leaves them."""
    kept = getattr(parent, name).all()
    kept._result_cache, kept._prefetch_done = rows, True
    vars(parent).setdefault("_prefetched_objects_cache", {})[name] = kept


@cache
def _attributes(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _statement() -> str:
    """The only values are the clinic and the visit; all else are names of ours."""
    items = _gathered(PatientItem, "items", where="patient_id = patient.id", order="kind, text")
    answers = _gathered(Observation, "answers", where="encounter_id = visit.id", order="finding_code, side")
    newest = ", ".join(f"numbers.{name}" for name in LIGHT)
    selected = (
        *((Encounter, "visit"), (Episode, "episode"), (Patient, "patient")),
        *((PatientItem, "items"), (Observation, "answers")),
    )
    return f"""
        SELECT {", ".join(_columns(model, alias) for model, alias in selected)}, {newest}
        FROM {_table(Encounter)} visit
        JOIN {_table(Episode)} episode ON episode.id = visit.episode_id
        JOIN {_table(Patient)} patient ON patient.id = episode.patient_id
        LEFT JOIN {items} ON true
        LEFT JOIN {answers} ON true
        LEFT JOIN LATERAL (
            SELECT {", ".join(LIGHT)} FROM {_table(ClinicModel)}
            WHERE clinic_id = visit.clinic_id ORDER BY version DESC LIMIT 1
        ) numbers ON true
        WHERE visit.clinic_id = %s AND visit.id = %s
    """  # noqa: S608 - no value in it


def _gathered(model: type[models.Model], alias: str, *, where: str, order: str) -> str:
    """The rows of one parent as one row of arrays."""
    rows = f"SELECT * FROM {_table(model)} WHERE {where} ORDER BY {order}"  # noqa: S608 - no value in it
    arrays = ", ".join(f'array_agg("{name}") AS "{name}"' for name in _names(model))
    return f"LATERAL (SELECT {arrays} FROM ({rows}) each) {alias}"  # noqa: S608 - no value in it


def _columns(model: type[models.Model], alias: str) -> str:
    return ", ".join(f'{alias}."{name}"' for name in _names(model))


def _names(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields]


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'
