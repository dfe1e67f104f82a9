"""System checks: settings that would be unsafe stop Tinel before it serves anybody."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


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
