"""System checks: what would be unsafe stops Tinel before it serves anybody.

`manage.py check --database default` runs them, and so does every start of a web server (config/wsgi.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

RIGHTS = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
OWNED = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND pg_has_role(current_user, c.relowner, 'USAGE') ORDER BY 1
"""
# Every table with a column clinic_id: whether its rows are covered, for the owner too, to read and to write.
COVER = """
    SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
        EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL),
        EXISTS (SELECT FROM pg_policy p
            WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polwithcheck IS NOT NULL)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'clinic_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' ORDER BY 1
"""
SHOWN = 5


@register(Tags.database)
def app_role_is_not_owner(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The web must not be able to change tables (docs/decisions/0002-two-database-roles.md)."""
    owner = settings.DATABASES.get("owner")
    if owner and owner["USER"] == settings.DATABASES["default"]["USER"]:
        return [
            Error(
                "DATABASE_URL and OWNER_DATABASE_URL name the same role.",
                hint="DATABASE_URL names a role without DDL rights (app), OWNER_DATABASE_URL the owner.",
                id="tinel.E001",
            )
        ]
    return []


@register(Tags.database)
def app_role_obeys_policies(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Policies bind neither superusers nor BYPASSRLS nor, unless forced, the owner of a table."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    role = settings.DATABASES["default"]["USER"]
    [(superuser, bypasses)], owned = _ask(RIGHTS), [name for (name,) in _ask(OWNED)]
    faults = []
    if superuser:
        faults.append("is a superuser")
    if bypasses:
        faults.append("has BYPASSRLS")
    if owned:
        faults.append(f"owns tables ({', '.join(owned[:SHOWN])})")
    return [
        Error(
            f"The role {role} of DATABASE_URL {fault}: the walls between clinics would not hold.",
            hint="Name the role app, which deploy/create-roles.sh makes.",
            id="tinel.E002",
        )
        for fault in faults
    ]


@register(Tags.database)
def clinics_tables_are_covered(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Each table of a clinic needs row-level security, enabled and forced, for reading and for writing."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    bare = [
        f"{table} ({'; '.join(missing)})"
        for table, forced, read, write in _ask(COVER)
        if (missing := _missing(forced, read, write))
    ]
    if not bare:
        return []
    return [
        Error(
            f"Tables of clinics without full row-level security: {', '.join(bare)}.",
            hint="Migrate; a new model builds on TenantModel or names RowLevelSecurity.",
            id="tinel.E003",
        )
    ]


def _missing(forced: bool, read: bool, write: bool) -> list[str]:
    found = {"not enabled and forced": forced, "no policy to read": read, "no policy to write": write}
    return [words for words, holds in found.items() if not holds]


def _ask(statement: str) -> list[tuple[Any, ...]]:
    """Raises DatabaseError: a database that cannot be asked is not one to serve from."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def refuse_unsafe_database() -> None:
    """For the start of a web server. Raises SystemExit with a sentence for each fault."""
    try:
        found = [
            fault
            for check in (app_role_is_not_owner, app_role_obeys_policies, clinics_tables_are_covered)
            for fault in check(databases=[DEFAULT_DB_ALIAS])
        ]
    except DatabaseError:
        return  # not there yet: /readyz says so, and no page can show anything
    finally:
        connections[DEFAULT_DB_ALIAS].close()
    if found:
        raise SystemExit("Tinel does not start.\n" + "\n".join(str(fault.msg) for fault in found))
