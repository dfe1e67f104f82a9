"""Every table that holds something of a patient builds on `TenantModel`.

Three walls: rows are read through `visible_to(membership)`; each table has UNIQUE (clinic, id); and a child
points at its parent through a composite foreign key (clinic, parent), so that it cannot hang on another
clinic's row even if a query is wrong. Row-level policies (clinics/policies.py) stand below all of that: a
query without any filter finds the rows of the clinic that is acted in, and no other.

    class Episode(TenantModel):
        patient = tenant_foreign_key(Patient, related_name="episodes")

        class Meta(TenantModel.Meta):
            constraints = [
                *TenantModel.Meta.constraints,
                CompositeForeignKey(fields=("clinic", "patient"), name="triage_episode_patient_fk"),
            ]
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.models.constraints import BaseConstraint

from clinics.models import Clinic, Membership
from clinics.policies import RowLevelSecurity


class TenantQuerySet(models.QuerySet[Any]):
    def visible_to(self, membership: Membership | None) -> Self:
        """The rows of the member's clinic; none for somebody without a clinic."""
        if membership is None:
            return self.none()
        return self.filter(clinic_id=membership.clinic_id)


class TenantModel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar[list[BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "id"], name="%(app_label)s_%(class)s_clinic_id"),
            RowLevelSecurity(name="%(app_label)s_%(class)s_of_clinic"),
        ]


def tenant_foreign_key(to: Any, *, on_delete: Any = models.PROTECT, **options: Any) -> Any:
    """A foreign key whose constraint in the database is a `CompositeForeignKey`, which its model must add."""
    return models.ForeignKey(to, on_delete=on_delete, db_constraint=False, **options)


class CompositeForeignKey(BaseConstraint):
    """FOREIGN KEY (clinic_id, parent_id) REFERENCES parent (clinic_id, id), for a `db_constraint=False`
    foreign key.
    """

    violation_error_code = "other_clinic"
    default_violation_error_message = "This belongs to another clinic."

    def __init__(self, *, fields: tuple[str, str] | list[str], name: str, **options: Any) -> None:
        self.fields = tuple(fields)
        super().__init__(name=name, **options)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Inside CREATE TABLE nothing: it is added when the migration ends and the parent's UNIQUE exists."""
        return self.create_sql(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.append(self._statement(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return schema_editor._delete_fk_sql(model, self.name)

    def _statement(self, model: Any, schema_editor: Any) -> Statement:
        clinic, link = self._fields_of(model)
        parent = link.remote_field.model._meta
        quote = schema_editor.quote_name
        target = [parent.get_field("clinic").column, parent.pk.column]
        return Statement(
            schema_editor.sql_create_fk,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            column=Columns(model._meta.db_table, [clinic.column, link.column], quote),
            to_table=Table(parent.db_table, quote),
            to_column=Columns(parent.db_table, target, quote),
            deferrable=schema_editor.connection.ops.deferrable_sql(),
        )

    def _fields_of(self, model: type[models.Model]) -> list[Any]:
        return [model._meta.get_field(name) for name in self.fields]

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        if exclude and set(self.fields) & set(exclude):
            return
        clinic, link = self._fields_of(model)
        clinic_id, parent_id = getattr(instance, clinic.attname), getattr(instance, link.attname)
        if parent_id is None:
            return
        parents = link.remote_field.model._base_manager.using(using)
        if not parents.filter(pk=parent_id, clinic_id=clinic_id).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "fields": self.fields}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompositeForeignKey):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.fields))
