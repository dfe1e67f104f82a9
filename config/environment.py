"""Strict readers of the environment: a setting is right, or Tinel refuses to start and says which one and
why.
"""

from __future__ import annotations

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def require(*names: str) -> None:
    missing = [name for name in names if not os.environ.get(name, "").strip()]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise ImproperlyConfigured(
            f"Tinel does not start: {', '.join(missing)} {verb} not set in the environment."
        )


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    value = text(name, str(int(default))).lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"Tinel does not start: {name} is {value!r}, but must be 1 or 0.")
    return value in TRUE


def number(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(
            f"Tinel does not start: {name} is {value!r}, but must be a number from {least} up."
        )
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, *, pool_size: int = 0) -> dict[str, Any]:
    """A postgresql:// address as one entry of DATABASES. With a pool, connections are lent for one request
    each.
    """
    address = text(name)
    try:
        parts = conninfo_to_dict(address) if address.startswith(("postgresql://", "postgres://")) else {}
    except ProgrammingError:
        parts = {}
    if not parts.get("dbname") or not parts.get("user"):
        raise ImproperlyConfigured(
            f"Tinel does not start: {name} must look like postgresql://user:password@host:5432/database."
        )
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user"),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": parts,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,  # see clinics.middleware.TransactionMiddleware
    }
    if pool_size:
        entry["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
    return entry
