"""From the working copy to a release: submit, look at, return, approve, publish."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.access import fresh_authentication_required
from clinics.models import Clinic, User
from clinics.requests import MemberRequest
from knowledge import reviewing
from knowledge.access import editor_required, knowledge_role_required, may_edit, may_review, reviewer_required
from knowledge.differences import Difference, differences
from knowledge.exporting import NothingImported, working_content, working_document
from knowledge.faults import ContentFaults
from knowledge.forms import ApproveForm, ReturnForm, SubmitForm
from knowledge.models import ImportedEntity, Release, ReleaseActivation, Review
from knowledge.publishing import without_measures
from knowledge.reviewing import ReviewRefused
from triage.ranking import InvalidRelease


@require_safe
@knowledge_role_required
def review_list(request: MemberRequest) -> HttpResponse:
    context = {
        "reviews": Review.objects.newest_first(),
        "waiting": Review.objects.waiting(),
        "may_edit": may_edit(request.user),
        "may_review": may_review(request.user),
        "review_required": reviewing.review_is_required(),
        "one_clinic": Clinic.objects.count() == 1,
    }
    return render(request, "knowledge/review_list.html", context)


@require_POST
@reviewer_required
@fresh_authentication_required
def review_required(request: MemberRequest) -> HttpResponse:
    """Switch the second person on or off, where there is a single clinic."""
    try:
        reviewing.require_review(required=request.POST.get("required") == "yes", by=request.user)
    except ReviewRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("knowledge:review-list")


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def review_submit(request: MemberRequest) -> HttpResponse:
    """What differs from the current release, and the note with which it is proposed."""
    form = SubmitForm(request.POST or None)
    faults: list[Any] = []
    if form.is_bound and form.is_valid():
        try:
            review = reviewing.submit(by=request.user, note=form.cleaned_data["note"])
            return redirect("knowledge:review-detail", review.pk)
        except (ReviewRefused, NothingImported, InvalidRelease) as refusal:
            form.add_error(None, str(refusal))
        except ContentFaults as refusal:
            form.add_error(None, "The working copy is not sound. Mend what is listed below, then submit.")
            faults = refusal.faults
    context = {"form": form, "waiting": Review.objects.waiting(), **_draft()}
    context["faults"] = faults or context["faults"]
    return render(request, "knowledge/review_submit.html", context, status=422 if form.is_bound else 200)


def _draft() -> dict[str, Any]:
    """What the working copy changes, and what is wrong with it."""
    base = Release.objects.current()
    try:
        document, cases = working_document()
    except NothingImported as nothing:
        return {"base": base, "differences": [], "faults": [nothing]}
    try:
        working_content()
        faults: list[Any] = []
    except ContentFaults as unsound:
        faults = unsound.faults
    old = without_measures(base.document) if base else None
    found = differences(old, document, old_cases=_current_cases(), new_cases=cases)
    return {"base": base, "differences": found, "faults": faults}


def _current_cases() -> list[dict[str, Any]]:
    last = ReleaseActivation.objects.newest_first().first()
    if last is not None and last.review is not None:
        return list(last.review.cases)
    return [row.content for row in ImportedEntity.objects.filter(kind="cases")]


@require_safe
@knowledge_role_required
def review_detail(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    return _page(request, _review(review_id))


@require_POST
@reviewer_required
@fresh_authentication_required
def review_approve(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    review = _review(review_id)
    form = ApproveForm(request.POST, lost=len(review.lost_cases))
    if not form.is_valid():
        return _page(request, review, approve=form, status=422)
    return _act(
        request, review, lambda: reviewing.approve(review_id=review_id, by=request.user, **form.cleaned_data)
    )


@require_POST
@reviewer_required
def review_return(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    review = _review(review_id)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _page(request, review, back=form, status=422)
    return _act(
        request,
        review,
        lambda: reviewing.return_review(review_id=review_id, by=request.user, **form.cleaned_data),
    )


@require_POST
@editor_required
def review_withdraw(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    return _act(
        request,
        _review(review_id),
        lambda: reviewing.withdraw_review(review_id=review_id, by=request.user),
    )


@require_POST
@knowledge_role_required
@fresh_authentication_required
def review_publish(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    """By a reviewer; by an editor only where the installation does without a second person."""
    _review(review_id)  # or 404
    reason = request.POST.get("lost_cases_reason", "")
    try:
        release = reviewing.publish_review(review_id=review_id, by=request.user, lost_cases_reason=reason)
    except ReviewRefused as refusal:
        return _page(request, _review(review_id), refusal=str(refusal), status=409)
    messages.success(request, f"Release {release.number} is the current one now.")
    return redirect("knowledge:release-detail", release.pk)


def _review(review_id: uuid.UUID) -> Review:
    rows = Review.objects.select_related("base", "submitted_by", "reviewed_by").defer("base__document_bytes")
    return get_object_or_404(rows, pk=review_id)


def _act(request: MemberRequest, review: Review, act: Callable[[], Review]) -> HttpResponse:
    try:
        act()
    except ReviewRefused as refusal:
        return _page(request, _review(review.pk), refusal=str(refusal), status=409)
    return redirect("knowledge:review-detail", review.pk)


def _page(
    request: MemberRequest,
    review: Review,
    *,
    approve: ApproveForm | None = None,
    back: ReturnForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    user = request.user
    second = may_review(user) and user.pk not in reviewing.contributors_since(review) | set(
        review.contributors
    )
    lost = [row for row in review.golden if row["code"] in review.lost_cases]
    context = {
        "review": review,
        "differences": differences_of(review),
        "contributors": User.objects.filter(pk__in=review.contributors),
        "golden": {"all": review.golden, "lost": lost, "passed": _passed(review)},
        "moved_on": review.is_waiting and reviewing.moved_on(review),
        "current": Release.objects.current(),
        "second": second,
        "may_edit": may_edit(user),
        "may_review": may_review(user),
        "alone": review.is_open and not reviewing.review_is_required(),
        "approve": approve or ApproveForm(lost=len(lost)),
        "back": back or ReturnForm(),
        "refusal": refusal,
    }
    return render(request, "knowledge/review_detail.html", context, status=status)


def _passed(review: Review) -> int:
    return sum(bool(row["after"]) and not row["after"]["failures"] for row in review.golden)


def differences_of(review: Review) -> list[Difference]:
    old = review.base.document if review.base else None
    cases = reviewing.cases_before(review)
    return differences(old, review.document, old_cases=cases, new_cases=review.cases)
