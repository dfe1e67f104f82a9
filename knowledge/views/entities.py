"""Finding what a page of the editor is about, and showing a form of it."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.http import Http404
from pghistory.models import Context

from clinics.requests import MemberRequest
from knowledge.editing.parts import ENTITIES, Entity, Part
from knowledge.schema.base import CODE_PATTERN

CODE = re.compile(CODE_PATTERN)


def entity_or_404(kind: str, code: str) -> tuple[Entity, Any]:
    entity = ENTITIES.get(kind)
    row = entity.main.rows().filter(pk=code).first() if entity and CODE.match(code) else None
    if entity is None or row is None:
        raise Http404("nothing of that kind has this code")
    return entity, row


def part_or_404(entity: Entity, slug: str) -> Part:
    table = entity.table(slug)
    if table is None:
        raise Http404("no such table")
    return table


def row_or_404(table: Part, code: str, pk: int) -> Any:
    row = table.rows(code).filter(pk=pk).first() if pk < 2**62 else None
    if row is None:
        raise Http404("no such row")
    return row


def fragment_wanted(request: MemberRequest) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request and not request.htmx.boosted


def change_shown(request: MemberRequest, entity: str) -> uuid.UUID | None:
    """The change that the address says was just made, when it was made on this entity."""
    try:
        change = uuid.UUID(request.GET.get("changed", "") or request.GET.get("undone", ""))
    except ValueError:
        return None
    made = Context.objects.filter(pk=change, metadata__entity=entity)
    return change if made.exists() else None
