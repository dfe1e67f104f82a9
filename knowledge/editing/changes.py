"""What was changed by whom, out of the history; and how the working copy differs from the newest release."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from pghistory.models import Context

from clinics.models import User
from knowledge.differences import Difference, differences
from knowledge.exporting import NothingImported, working_document
from knowledge.models import Release

SHOWN = 20


@dataclass(frozen=True)
class Change:
    """One change of one person: by its `pk` it is taken back."""

    pk: uuid.UUID
    at: datetime
    who: str
    entity: str
    part: str
    undoes: bool

    @property
    def kind(self) -> str:
        return self.entity.partition("/")[0]

    @property
    def code(self) -> str:
        return self.entity.partition("/")[2]


@dataclass(frozen=True)
class Since:
    release: Release | None
    differences: tuple[Difference, ...]

    @property
    def count(self) -> int:
        return sum(max(1, len(row.sentences)) for row in self.differences)


def changes_of(kind: str, code: str) -> list[Change]:
    return _told(Context.objects.filter(metadata__entity=f"{kind}/{code}"))


def last_changes() -> list[Change]:
    return _told(Context.objects.filter(metadata__has_key="entity"))


def _told(contexts: object) -> list[Change]:
    found = list(contexts.order_by("-created_at", "-id")[:SHOWN])  # type: ignore[attr-defined]
    people = {str(row.metadata.get("user", "")) for row in found} - {"", "None"}
    names = {str(user.pk): user.name for user in User.objects.filter(pk__in=people)}
    return [
        Change(
            pk=row.pk,
            at=row.created_at,
            who=names.get(str(row.metadata.get("user")), "somebody"),
            entity=str(row.metadata["entity"]),
            part=str(row.metadata.get("part", "")).replace("_", " "),
            undoes="undoes" in row.metadata,
        )
        for row in found
    ]


def changes_since() -> Since | None:
    """In words, from the newest release to the working copy; None while nothing is imported."""
    release = Release.objects.current()
    try:
        document, _ = working_document()
    except NothingImported:
        return None
    return Since(release, tuple(differences(release.document if release else None, document)))
