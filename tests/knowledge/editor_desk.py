"""Where the editor's forms are, and how one is filled in."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from knowledge.models import Evidence

ENTITY = reverse("knowledge:entity-edit", args=["conditions", "fasciitis"])
NEW_ROW = reverse("knowledge:part-new", args=["conditions", "fasciitis", "evidence"])
PREVIEW = reverse("knowledge:part-preview", args=["conditions", "fasciitis", "evidence"])
HTMX = {"HX-Request": "true"}
NOTHING = ("", None)


def row_address(row: Evidence) -> str:
    return reverse("knowledge:part-edit", args=["conditions", row.condition_id, "evidence", row.pk])


def filled(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """The form as it is shown, with some fields changed."""
    form = client.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**data, **changes}.items() if value not in (*NOTHING, False)}
