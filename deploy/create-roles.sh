#!/usr/bin/env bash
# Runs once, when the database folder is empty: the three roles of docs/decisions/0002-two-database-roles.md.
set -euo pipefail

: "${OWNER_PASSWORD:?}" "${APP_PASSWORD:?}" "${BACKUP_PASSWORD:?}"
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-tinel}" \
  --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" --set backup_password="$BACKUP_PASSWORD" \
  --set database="${POSTGRES_DB:-tinel}" <<'SQL'
CREATE ROLE "owner" LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE "app" LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'app_password';
CREATE ROLE "backup" LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB BYPASSRLS IN ROLE pg_read_all_data PASSWORD :'backup_password';
ALTER DATABASE :"database" OWNER TO "owner";
REVOKE CONNECT, TEMPORARY ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO "app", "backup";
SQL
