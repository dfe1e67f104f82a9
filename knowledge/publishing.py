"""From the working copy to a release: one immutable document, known by the SHA-256 of its canonical bytes."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from knowledge.exporting import working_content
from knowledge.importing import lock_working_copy
from knowledge.loading import Content
from knowledge.models import Release, ReleaseActivation
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


def publish(*, notes: str = "") -> Release:
    """Publish the working copy from the command line, in nobody's name; people go through a review.

    The same content gives the same release back, and makes it the current one again. Raises NothingImported,
    ContentFaults, or the engine's InvalidRelease; nothing is published then.
    """
    with transaction.atomic():
        lock_working_copy()
        content = working_content()
        newest = Release.objects.current()
        if newest is not None and without_measures(newest.document) == content.document.plain():
            return newest
        return release_of(publishable(content), notes=notes, publication="installed")


def release_of(document: dict[str, Any], *, publication: str, notes: str, **entitled: Any) -> Release:
    """The document as the current release: a new one, or a known one once more. `entitled` names the
    review and the person; whether they may is for the database to say (IntegrityError).
    """
    by, review = entitled.get("by"), entitled.get("review")
    known = Release.objects.filter(sha256=document_hash(document)).first()
    if known is not None:
        ReleaseActivation.objects.create(release=known, by=by, review=review, publication=publication)
        return known
    number = (Release.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    return Release.objects.create(
        number=number,
        name=document["name"],
        document_bytes=canonical_bytes(document),
        sha256=document_hash(document),
        published_by=by,
        review=review,
        publication=publication,
        notes=notes,
    )


def without_measures(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what publishing adds."""
    model = {key: value for key, value in document["model"].items() if key != "misfit"}
    return {**document, "model": model}
