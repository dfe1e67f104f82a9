"""The engine's model of a release, compiled once per process."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from knowledge.loading import SHIPPED, load
from knowledge.models import Release, Review
from knowledge.publishing import publishable
from knowledge.schema import document_hash
from triage.ranking import CompiledModel, compile_release


@lru_cache(maxsize=4)
def compiled_model(sha256: str) -> CompiledModel:
    """The model of the release with this hash; a release never changes, so neither does this."""
    return compile_release(document_of(sha256), sha256)


@lru_cache(maxsize=64)
def release_with(release_id: uuid.UUID) -> Release:
    """The release's row without its document, for pages that name it; the row never changes. DoesNotExist."""
    return Release.objects.light().get(pk=release_id)


def document_of(sha256: str) -> dict[str, Any]:
    """What the release with this hash says, or the review that proposes these bytes. Release.DoesNotExist."""
    release = Release.objects.filter(sha256=sha256).first()
    if release is not None:
        return release.document
    review = Review.objects.filter(sha256=sha256).first()
    if review is None:
        raise Release.DoesNotExist(sha256)
    return review.document


def current_model() -> CompiledModel | None:
    """The model of the newest release; None before the first."""
    release = Release.objects.current()
    return None if release is None else compiled_model(release.sha256)


def shipped_model() -> CompiledModel:
    """The model of the shipped content, as publishing it would give. No database. Raises ContentFaults."""
    document = publishable(load(SHIPPED))
    return compile_release(document, document_hash(document))
