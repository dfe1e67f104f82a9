"""From the working copy to a release: one immutable document, known by the SHA-256 of its canonical bytes."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from clinics.models import User
from knowledge.exporting import working_content
from knowledge.importing import lock_working_copy
from knowledge.loading import Content
from knowledge.models import Release
from knowledge.schema import canonical_bytes, document_hash, read_document
from triage.ranking import compile_release, misfit_centiles


def publishable(content: Content) -> dict[str, Any]:
    """The document to publish: the content and the centiles of misfit measured on it. InvalidRelease."""
    plain = content.document.plain()
    misfit = misfit_centiles(plain)
    measured = {"misfit": misfit} if misfit["centile95"] else {}  # too few findings, or too many, to judge
    document = read_document({**plain, "model": {**plain["model"], **measured}}).plain()
    compile_release(document)
    return document


def publish(*, by: User | None = None, notes: str = "") -> Release:
    """Publish the working copy. The same content gives the same release back.

    Raises NothingImported, ContentFaults, or the engine's InvalidRelease; nothing is published then.
    """
    with transaction.atomic():
        lock_working_copy()
        content = working_content()
        newest = Release.objects.current()
        if newest is not None and without_measures(newest.document) == content.document.plain():
            return newest
        document = publishable(content)
        known = Release.objects.filter(sha256=document_hash(document)).first()
        if known is not None:
            return known
        number = (Release.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        return Release.objects.create(
            number=number,
            name=document["name"],
            document_bytes=canonical_bytes(document),
            sha256=document_hash(document),
            published_by=by,
            notes=notes,
        )


def without_measures(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what publishing adds."""
    model = {key: value for key, value in document["model"].items() if key != "misfit"}
    return {**document, "model": model}
