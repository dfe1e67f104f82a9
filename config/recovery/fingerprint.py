"""What a database holds, in numbers that do not depend on the order of rows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

# The text of a row, and so its hash, depends on these.
SESSION = (
    "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; "
    "SET extra_float_digits = 1; SET bytea_output = 'hex'"
)

TABLES = """
SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname COLLATE "C"
"""

# SHA-256 of the sorted SHA-256 of the rows; in 256 groups, because one value holds at most a gigabyte.
ROWS = """
SELECT coalesce(sum(counted), 0)::bigint,
       encode(sha256(coalesce(string_agg(hashed, ''::bytea ORDER BY first), ''::bytea)), 'hex')
FROM (SELECT get_byte(hash, 0) AS first, count(*) AS counted,
             sha256(string_agg(hash, ''::bytea ORDER BY hash)) AS hashed
      FROM (SELECT sha256(convert_to(entry::text, 'UTF8')) AS hash FROM public.{table} AS entry) AS hashes
      GROUP BY 1) AS groups
"""

# PostgreSQL writes the same condition with other casts and brackets once it has been dumped and restored.
SPELLING = re.compile(r"::(character varying|text)(\[\])?|[() ]")

# Without these a restored database would hold the rows and lose the walls around them.
WALLS = {
    "constraints": """
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(c.oid)
        FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = connamespace
        WHERE nspname = 'public' AND contype <> 'n'""",
    "indexes": "SELECT indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT pg_get_triggerdef(t.oid) || ' ' || tgenabled::text FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_class c ON c.oid = tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND NOT tgisinternal""",
    "functions": """
        SELECT pg_get_functiondef(p.oid) FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public' AND prokind <> 'a'""",
    "policies": """
        SELECT tablename || ' ' || policyname || ' ' || permissive || ' ' || roles::text || ' ' || cmd || ' '
               || coalesce(qual, '') || ' ' || coalesce(with_check, '')
        FROM pg_catalog.pg_policies WHERE schemaname = 'public'""",
    "row security": """
        SELECT relname || ' ' || relrowsecurity || ' ' || relforcerowsecurity FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND relrowsecurity""",
    "rights": """
        SELECT relname || ' ' || a.grantee::regrole || ' ' || a.privilege_type
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace,
             aclexplode(relacl) a
        WHERE nspname = 'public' AND relkind IN ('r', 'p', 'S', 'v') AND a.grantee NOT IN (0, relowner)""",
}


def tables(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute(TABLES)]


def rows_query(table: str) -> sql.Composed:
    return sql.SQL(ROWS).format(table=sql.Identifier(table))


def fingerprint_rows(connection: psycopg.Connection, step: Callable[[], None]) -> dict[str, dict[str, Any]]:
    """Row count and hash of every table. Bypasses row-level policies, or raises: it never skips rows."""
    connection.execute("SET row_security = off")
    connection.execute(SESSION)
    found = {}
    for table in tables(connection):
        count, digest = connection.execute(rows_query(table)).fetchone() or (0, "")
        found[table] = {"rows": count, "sha256": digest}
        step()
    return found


def fingerprint_walls(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """Number and hash of constraints, indexes, triggers, functions, policies and rights."""
    found = {}
    connection.execute("SELECT set_config('search_path', 'pg_catalog', false)")
    for kind, query in WALLS.items():
        lines = sorted(SPELLING.sub("", row[0]) for row in connection.execute(query))  # type: ignore[arg-type]
        digest = hashlib.sha256(json.dumps(lines).encode()).hexdigest()
        found[kind] = {"count": len(lines), "sha256": digest}
    return found


def differences(expected: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> list[str]:
    """What a person needs to know of each table or kind that is not the same."""
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name), found.get(name)
        if before == after:
            continue
        if before is None or after is None:
            lines.append(f"{name}: {'missing' if after is None else 'not in the backup'}")
            continue
        counted = "rows" if "rows" in before else "count"
        same = before[counted] == after[counted]
        lines.append(
            f"{name}: same number, other content"
            if same
            else f"{name}: {before[counted]} became {after[counted]}"
        )
    return lines
