"""The impact of a proposed release on signed visits, counted clinic by clinic while the page waits."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinics.requests import MemberRequest
from knowledge.access import knowledge_role_required
from knowledge.models import Review
from triage import impact
from triage.presentation.impacts import impact_of_all
from triage.views.rendering import page_or_fragment, wants_fragment


@require_safe
@knowledge_role_required
def review_impact(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    return _page(request, _review(review_id))


@require_POST
@knowledge_role_required
def review_impact_begin(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    """Count every clinic anew."""
    review = _review(review_id)
    impact.begin(before=_before(review), after=review.sha256)
    return _answer(request, review)


@require_POST
@knowledge_role_required
def review_impact_step(request: MemberRequest, review_id: uuid.UUID) -> HttpResponse:
    """Count some more; the answer asks for the next step as long as there is one."""
    review = _review(review_id)
    impact.step(before=_before(review), after=review.sha256)
    return _answer(request, review)


def _review(review_id: uuid.UUID) -> Review:
    return get_object_or_404(Review.objects.light(), pk=review_id)


def _before(review: Review) -> str:
    if review.base is None:
        raise Http404("the first release has nothing to be compared with")
    return review.base.sha256


def _answer(request: MemberRequest, review: Review) -> HttpResponse:
    if wants_fragment(request):
        return _page(request, review)
    return redirect("triage:review-impact", review.pk)


def _page(request: MemberRequest, review: Review) -> HttpResponse:
    context = {
        "review": review,
        "golden": review.golden,
        "lost": [row for row in review.golden if row["code"] in review.lost_cases],
        "impact": impact_of_all(before=_before(review), after=review.sha256),
        "begin_url": reverse("triage:review-impact-begin", args=[review.pk]),
        "step_url": reverse("triage:review-impact-step", args=[review.pk]),
    }
    return page_or_fragment(request, "triage/review_impact.html", context, fragment="triage/_impact.html")
