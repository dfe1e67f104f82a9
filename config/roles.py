"""The rights of the role `app` on what `owner` makes: rows yes, tables no."""

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

DEFAULT_RIGHTS = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
)

APPEND_ONLY = ("clinics_auditevent",)  # what is on record stays


def prepare_rights(connection: BaseDatabaseWrapper, *, app_role: str) -> None:
    """Before the first table exists: whatever the owner creates from now on, `app` may use but not change.

    Default privileges cover the tables of sessions, auth and allauth, which no migration of ours names.
    """
    if connection.settings_dict["USER"] == app_role:
        return
    names = {"role": sql.Identifier(app_role), "database": sql.Identifier(connection.settings_dict["NAME"])}
    with connection.cursor() as cursor:
        for statement in DEFAULT_RIGHTS:
            cursor.execute(sql.SQL(statement).format(**names))


def close_append_only_tables(connection: BaseDatabaseWrapper, *, app_role: str) -> None:
    """After migrating: of these tables `app` may add and read rows, never change or remove them."""
    if connection.settings_dict["USER"] == app_role:
        return
    with connection.cursor() as cursor:
        existing = connection.introspection.table_names(cursor)
        for table in set(APPEND_ONLY) & set(existing):
            statement = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
            cursor.execute(statement.format(table=sql.Identifier(table), role=sql.Identifier(app_role)))
