"""Row-level policies: the database itself shows and takes only rows of the clinic that is acted in.

A table is covered by naming the policy among its constraints, so that `makemigrations` brings it along:

    class Meta:
        constraints = [RowLevelSecurity(name="%(app_label)s_%(class)s_of_clinic")]

`TenantModel` does so for all of its children. Rows are compared with settings of the transaction, which
`act` (clinics/tenancy.py) sets and the end of the transaction clears:

* `app.clinic` – the clinic acted in. Not set, or '' after a commit: no row, for reads and for writes.
* `app.user` – who acts: people find their own memberships before a clinic is chosen.
* `app.invitation` – the fingerprint of the token that somebody holds: shows that one invitation.
* `app.outcome_link` – the same for the link by which a patient answers a measure.
* `app.administration` – 'on' inside the administration, for staff: people of all clinics, and what is on
  record, which names patients by id alone. No table of the record heeds it.

Events of the installation (no clinic) are the one kind of row that is read and written without a clinic.

FORCE makes the owner of the tables obey too. `backup` alone reads everything.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.constraints import BaseConstraint

OF_CLINIC = "clinic_id = nullif(current_setting('app.clinic', true), '')::uuid"
OF_PERSON = "user_id = nullif(current_setting('app.user', true), '')::uuid"
OF_HOLDER = "token_sha256 = nullif(current_setting('app.invitation', true), '')"
OF_OUTCOME_LINK = "token_sha256 = nullif(current_setting('app.outcome_link', true), '')"
IN_ADMINISTRATION = "current_setting('app.administration', true) = 'on'"
OF_INSTALLATION = "clinic_id IS NULL"


class RowLevelSecurity(BaseConstraint):
    """ENABLE and FORCE, and a policy for reading and writing rows of the clinic.

    `shown` are conditions under which a row is read, `written` those under which it is read and written
    besides. They are policies of their own: to find one's memberships is not to write them.
    """

    def __init__(
        self, *, name: str, shown: tuple[str, ...] = (), written: tuple[str, ...] = (), **options: Any
    ) -> None:
        self.shown, self.written = tuple(shown), tuple(written)
        super().__init__(name=name, **options)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Inside CREATE TABLE nothing: the policy follows when the table is there."""
        return self.create_sql(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        condition = " OR ".join((OF_CLINIC, *self.written))
        schema_editor.deferred_sql += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY {name} ON {table} USING ({condition}) WITH CHECK ({condition})",
        ]
        if self.shown:
            reading = schema_editor.quote_name(f"{self.name}_shown")
            shown = " OR ".join(self.shown)
            schema_editor.deferred_sql.append(
                f"CREATE POLICY {reading} ON {table} FOR SELECT USING ({shown})"
            )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        reading = schema_editor.quote_name(f"{self.name}_shown")
        return "; ".join(
            (
                f"DROP POLICY {name} ON {table}",
                f"DROP POLICY IF EXISTS {reading} ON {table}",
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            )
        )

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Nothing to say beforehand: the database refuses by itself."""

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        said = {"shown": self.shown, "written": self.written}
        return path, args, {**kwargs, **{name: value for name, value in said.items() if value}}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RowLevelSecurity):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.shown, self.written))
