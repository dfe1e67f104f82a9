"""Draft → review → release: submit the working copy, look at it as a second person, publish those very bytes.

A review proposes a document that never changes; editing goes on meanwhile and is no part of it. What is
checked here in words is held by the triggers of knowledge/models/reviews.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from clinics.audit import record_event
from clinics.models import Clinic, User
from knowledge.compiled import compiled_model
from knowledge.exporting import NothingImported, working_content, working_document
from knowledge.golden import ranked, unmet, unmet_on_the_way
from knowledge.importing import lock_working_copy
from knowledge.models import ImportedEntity, Installation, Release, ReleaseActivation, Review, Source
from knowledge.models.reviews import REASON_LENGTH
from knowledge.publishing import publishable, release_of, without_measures
from knowledge.schema import GoldenCase, canonical_bytes, document_hash
from knowledge.withdrawing import resting_on
from triage.ranking import CompiledModel, InvalidCase, compile_release

Status = Review.Status


class ReviewRefused(Exception):
    """Why a step cannot be taken, as a sentence for the person who tried."""


def review_is_required() -> bool:
    """False only where there is a single clinic and a reviewer has switched the second person off."""
    off = Installation.objects.filter(review_required=False).exists()
    return not (off and Clinic.objects.count() == 1)


@transaction.atomic
def require_review(*, required: bool, by: User) -> None:
    """Switch the second person on or off for the installation."""
    if not required and Clinic.objects.count() != 1:
        raise ReviewRefused("There is more than one clinic here, so a second person always reviews.")
    Installation.objects.update_or_create(only=True, defaults={"review_required": required, "changed_by": by})
    record_event(action="knowledge.review_required" if required else "knowledge.review_waived", user=by)


@transaction.atomic
def submit(*, by: User, note: str) -> Review:
    """Propose the working copy. ReviewRefused, ContentFaults, NothingImported, InvalidRelease."""
    lock_working_copy()
    if Review.objects.waiting():
        raise ReviewRefused("Another review is waiting. It is published, returned or withdrawn first.")
    if not note.strip():
        raise ReviewRefused("Say in a sentence what changed and why.")
    content = working_content()
    base = Release.objects.current()
    if base is not None and without_measures(base.document) == content.document.plain():
        raise ReviewRefused(f"Nothing differs from release {base.number}.")
    document = publishable(content)
    golden = golden_rows(base, document, content.cases)
    review = Review.objects.create(
        document_bytes=canonical_bytes(document),
        sha256=document_hash(document),
        cases=[case.plain() for case in content.cases],
        golden=golden,
        lost_cases=[row["code"] for row in golden if loses_its_place(row)],
        note=note.strip(),
        submitted_by=by,
    )
    review.refresh_from_db()
    _on_record("knowledge.submitted", review, by)
    return review


def golden_rows(
    base: Release | None, document: dict[str, Any], cases: Sequence[GoldenCase]
) -> list[dict[str, Any]]:
    """How each golden case fares in the current release and in the proposed document."""
    before = compiled_model(base.sha256) if base else None
    after = compile_release(document, document_hash(document))
    listed = [*(base.document.get("conditions", []) if base else []), *document.get("conditions", [])]
    names = {"other": "Something else", **{row["code"]: row["name"] for row in listed}}
    return [
        {
            "code": case.code,
            "title": case.title,
            "before": _fares(before, case, names),
            "after": _fares(after, case, names),
        }
        for case in cases
    ]


def _fares(model: CompiledModel | None, case: GoldenCase, names: Mapping[str, str]) -> dict[str, Any] | None:
    """None where there is no release, or where it cannot read the case."""
    if model is None:
        return None
    try:
        ranking = ranked(model, case.case.plain())
    except InvalidCase:
        return None
    order = [row["condition"] for row in ranking["hypotheses"]]
    return {
        "first": order[0],
        "name": names[order[0]],
        "share": ranking["hypotheses"][0]["share"],
        "first_three": order[:3],
        "failures": [*unmet(case.expect, ranking), *unmet_on_the_way(model, case)],
    }


def loses_its_place(row: Mapping[str, Any]) -> bool:
    """The case passed and no longer does."""
    before, after = row["before"], row["after"]
    return bool(before) and not before["failures"] and (after is None or bool(after["failures"]))


@transaction.atomic
def approve(*, review_id: uuid.UUID, by: User, note: str = "", lost_cases_reason: str = "") -> Review:
    """A second person agrees to these bytes."""
    review = _locked(review_id)
    _require(review, (Status.OPEN,))
    _require_second_person(review, by)
    _require_still_fits(review)
    reason = lost_cases_reason.strip()
    if review.lost_cases and len(reason) < REASON_LENGTH:
        raise ReviewRefused(
            f"Golden cases lose their place. Say why that is right, in {REASON_LENGTH} characters or more."
        )
    review.review_note, review.lost_cases_reason = note.strip(), reason if review.lost_cases else ""
    return _step(review, Status.APPROVED, by, reviewed_by=by)


@transaction.atomic
def return_review(*, review_id: uuid.UUID, by: User, note: str) -> Review:
    review = _locked(review_id)
    _require(review, (Status.OPEN, Status.APPROVED))
    _require_second_person(review, by)
    if not note.strip():
        raise ReviewRefused("Say what has to change, so that the editors can go on.")
    review.review_note = note.strip()
    return _step(review, Status.RETURNED, by, reviewed_by=by)


@transaction.atomic
def withdraw_review(*, review_id: uuid.UUID, by: User) -> Review:
    """An editor takes the proposal back; the working copy keeps every change."""
    review = _locked(review_id)
    _require(review, (Status.OPEN, Status.APPROVED))
    return _step(review, Status.WITHDRAWN, by)


@transaction.atomic
def publish_review(*, review_id: uuid.UUID, by: User, lost_cases_reason: str = "") -> Release:
    """The approved bytes become the current release; alone only where the installation waived the review."""
    lock_working_copy()
    review = _locked(review_id)
    alone = not review_is_required() and review.is_open
    _require(review, (Status.OPEN, Status.APPROVED) if alone else (Status.APPROVED,))
    _require_still_fits(review)
    if not alone:
        _require_second_person(review, by)
    elif review.lost_cases:
        review.lost_cases_reason = lost_cases_reason.strip()
        if len(review.lost_cases_reason) < REASON_LENGTH:
            raise ReviewRefused("Golden cases lose their place. Say why that is right, in 20 characters.")
    release = release_of(
        review.document,
        publication="single_clinic" if alone else "reviewed",
        notes=review.note,
        by=by,
        review=review,
    )
    _step(review, Status.PUBLISHED, by)
    return release


def _locked(review_id: uuid.UUID) -> Review:
    return Review.objects.select_for_update(of=("self",)).get(pk=review_id)


def _require(review: Review, wanted: Sequence[str]) -> None:
    if review.status in wanted:
        return
    who = f" by {review.reviewed_by}" if review.reviewed_by and review.status != Status.OPEN else ""
    if review.status == Status.OPEN:
        raise ReviewRefused("A second person approves it first.")
    raise ReviewRefused(f"Meanwhile it was {review.status}{who}. Nothing was changed.")


def _require_second_person(review: Review, by: User) -> None:
    if by.pk in review.contributors or by.pk in contributors_since(review):
        raise ReviewRefused("You changed some of this knowledge yourself; somebody else reviews it.")


def _require_still_fits(review: Review) -> None:
    base = Release.objects.current()
    if (base.pk if base else None) != review.base_id:
        raise ReviewRefused(
            "Another release was published since it was submitted. Withdraw it and submit again, so that "
            "difference and impact are those of today."
        )
    withdrawn = Source.objects.filter(status="withdrawn")
    used = [source for source in withdrawn if resting_on(review.document, source.code)]
    if used:
        names = "; ".join(str(source) for source in used)
        raise ReviewRefused(f"It still rests on a source that was withdrawn: {names}")


def contributors_since(review: Review) -> set[uuid.UUID]:
    """Everybody who changed a row since the release that the review builds on, today included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT knowledge_contributors(%s)", [review.changes_since])
        return set(cursor.fetchone()[0])


def _step(review: Review, status: str, by: User, *, reviewed_by: User | None = None) -> Review:
    review.status = status
    fields = ["status", "review_note", "lost_cases_reason"]
    if reviewed_by:
        review.reviewed_by = reviewed_by
        fields.append("reviewed_by")
    review.save(update_fields=fields)
    review.refresh_from_db()
    _on_record(f"knowledge.{status}", review, by)
    return review


def _on_record(action: str, review: Review, by: User) -> None:
    record_event(
        action=action, user=by, object_type="review", object_id=review.pk, detail={"sha256": review.sha256}
    )


def moved_on(review: Review) -> bool:
    """Whether the working copy is no longer what was submitted."""
    try:
        document, cases = working_document()
    except NothingImported:
        return True
    return without_measures(review.document) != document or review.cases != cases


def cases_before(review: Review) -> list[dict[str, Any]]:
    """The golden cases as they stood with the release that the review builds on."""
    last = ReleaseActivation.objects.filter(release=review.base, at__lte=review.submitted_at).first()
    if last is not None and last.review is not None:
        return list(last.review.cases)
    return [row.content for row in ImportedEntity.objects.filter(kind="cases").order_by("code")]
