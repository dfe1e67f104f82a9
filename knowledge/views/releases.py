"""What was published: list, one release, any two compared, an old one restored; a source withdrawn."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.requests import MemberRequest
from knowledge.access import editor_required, knowledge_role_required, may_edit
from knowledge.differences import differences
from knowledge.exporting import NothingImported, working_document
from knowledge.faults import ContentFaults
from knowledge.forms import WithdrawSourceForm
from knowledge.models import Release, ReleaseActivation, Source
from knowledge.pages.resting import resting_page
from knowledge.publishing import without_measures
from knowledge.restoring import Restoration, plan_restoration, restore_release
from knowledge.withdrawing import take_back_withdrawal, withdraw_source


@require_safe
def release_list(request: MemberRequest) -> HttpResponse:
    context = {
        "releases": Release.objects.light().select_related("published_by"),
        "current": Release.objects.current(),
        "activations": ReleaseActivation.objects.newest_first()[:20],
    }
    return render(request, "knowledge/release_list.html", context)


@require_safe
def release_detail(request: MemberRequest, release_id: uuid.UUID) -> HttpResponse:
    release = _release(release_id)
    document = release.document
    review = release.review
    context = {
        "release": release,
        "review": review,
        "lost": [row for row in review.golden if row["code"] in review.lost_cases] if review else [],
        "golden": review.golden if review else [],
        "counts": [(key, len(rows)) for key, rows in document.items() if isinstance(rows, list)],
        "activations": release.activations.select_related("by"),
        "current": Release.objects.current(),
        "others": Release.objects.light().exclude(pk=release.pk),
        "may_edit": may_edit(request.user),
    }
    return render(request, "knowledge/release_detail.html", context)


@require_safe
def release_document(request: MemberRequest, release_id: uuid.UUID) -> HttpResponse:
    """The very bytes whose SHA-256 the release is known by."""
    release = _release(release_id)
    response = HttpResponse(bytes(release.document_bytes), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="release-{release.number}.json"'
    return response


@require_safe
def release_compare(request: MemberRequest) -> HttpResponse:
    """Any two releases in words; without both of them the form to choose."""
    releases = list(Release.objects.light())
    chosen = [_chosen(releases, request.GET.get(name, "")) for name in ("a", "b")]
    context: dict[str, Any] = {"releases": releases, "chosen": chosen, "differences": None}
    if all(chosen):
        old, new = (without_measures(release.document) for release in chosen if release)
        context["differences"] = differences(old, new)
    return render(request, "knowledge/release_compare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def release_restore(request: MemberRequest, release_id: uuid.UUID) -> HttpResponse:
    """The working copy is set to what the release said, after a look at what that changes."""
    release = _release(release_id)
    try:
        if request.method == "POST":
            return _restored(request, restore_release(release=release, by=request.user), release)
        plan = plan_restoration(release)
        document, _ = working_document()
    except (ContentFaults, NothingImported) as refusal:
        refused = {"release": release, "refusal": refusal}
        return render(request, "knowledge/release_restore.html", refused, status=409)
    found = differences(document, without_measures(release.document))
    stays = {(change.kind, change.code) for change in plan.stays}
    context = {
        "release": release,
        "differences": [row for row in found if (row.kind, row.code) not in stays],
        "stays": [row for row in found if (row.kind, row.code) in stays],
    }
    return render(request, "knowledge/release_restore.html", context)


def _restored(request: MemberRequest, done: Restoration, release: Release) -> HttpResponse:
    count = len(done.written) + len(done.removed)
    words = f"{count} row{'' if count == 1 else 's'} set back to release {release.number}."
    stays = f" {len(done.stays)} stay, because they are in use." if done.stays else ""
    messages.success(request, f"{words}{stays} Nothing is published yet; submit it for review.")
    return redirect("knowledge:review-submit")


@require_http_methods(["GET", "HEAD", "POST"])
@knowledge_role_required
def source_withdraw(request: MemberRequest, code: str) -> HttpResponse:
    """Everything that rests on the source, and the reason with which it is withdrawn."""
    source = get_object_or_404(Source, pk=code)
    form = WithdrawSourceForm(request.POST or None)
    if form.is_bound and source.status != "withdrawn" and form.is_valid():
        withdraw_source(source=source, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, "Withdrawn. Nothing that rests on it can be published from now on.")
        return redirect("knowledge:source-withdraw", source.pk)
    context = {"source": source, "form": form, "withdrawals": source.withdrawals.select_related("by")}
    status = 422 if form.is_bound else 200
    return render(request, "knowledge/source_withdraw.html", context | resting_page(source.pk), status=status)


@require_POST
@knowledge_role_required
def source_take_back(request: MemberRequest, code: str) -> HttpResponse:
    source = get_object_or_404(Source, pk=code)
    if source.status == "withdrawn":
        take_back_withdrawal(source=source, by=request.user)
        messages.success(request, "The source may be rested on again.")
    return redirect("knowledge:source-withdraw", source.pk)


def _release(release_id: uuid.UUID) -> Release:
    rows = Release.objects.select_related("published_by", "review__submitted_by", "review__reviewed_by")
    return get_object_or_404(rows.defer("review__document_bytes", "review__cases"), pk=release_id)


def _chosen(releases: list[Release], number: str) -> Release | None:
    return next((release for release in releases if str(release.number) == number), None)
