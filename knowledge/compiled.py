"""The engine's model of a release, compiled once per process."""

from __future__ import annotations

from functools import lru_cache

from knowledge.loading import SHIPPED, load
from knowledge.models import Release
from knowledge.publishing import publishable
from knowledge.schema import document_hash
from triage.ranking import CompiledModel, compile_release


@lru_cache(maxsize=4)
def compiled_model(sha256: str) -> CompiledModel:
    """The model of the release with this hash; a release never changes, so neither does this."""
    return compile_release(Release.objects.get(sha256=sha256).document, sha256)


def current_model() -> CompiledModel | None:
    """The model of the newest release; None before the first."""
    release = Release.objects.current()
    return None if release is None else compiled_model(release.sha256)


def shipped_model() -> CompiledModel:
    """The model of the shipped content, as publishing it would give. No database. Raises ContentFaults."""
    document = publishable(load(SHIPPED))
    return compile_release(document, document_hash(document))
