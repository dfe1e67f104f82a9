"""A clinic decides when to move to another release: what differs, and what it does to its own visits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinics.access import lead_required
from clinics.requests import MemberRequest
from knowledge.differences import differences
from knowledge.models import Release
from knowledge.publishing import without_measures
from triage import impact
from triage.errors import NoRelease
from triage.presentation.impacts import impact_inside
from triage.services import choose_release, release_for
from triage.views.rendering import page_or_fragment, wants_fragment

NEWEST = "newest"


@require_safe
@lead_required
def clinic_release(request: MemberRequest) -> HttpResponse:
    try:
        used = release_for(request.membership)
    except NoRelease:
        return render(request, "triage/clinic_release.html", {"no_release": True})
    return page_or_fragment(
        request, "triage/clinic_release.html", _context(request, used), fragment="triage/_impact.html"
    )


@require_POST
@lead_required
def clinic_release_choose(request: MemberRequest) -> HttpResponse:
    """Stay with one release until a lead moves on, or always use the newest."""
    asked = request.POST.get("release", "")
    release = _numbered(asked)
    if release is None and asked != NEWEST:
        messages.error(request, "Choose one of the releases.")
        return redirect("triage:clinic-release")
    choose_release(member=request.membership, release=release)
    words = f"release {release.number}" if release else "the newest release"
    messages.success(request, f"New visits use {words} from now on. Drafts keep the one they began with.")
    return redirect("triage:clinic-release")


@require_POST
@lead_required
def clinic_release_impact(request: MemberRequest) -> HttpResponse:
    """Begin counting the clinic's own signed visits, or go on with it."""
    used, other = release_for(request.membership), _other(request)
    if other is not None:
        between = {"before": used.sha256, "after": other.sha256}
        clinic_id = request.membership.clinic_id
        if request.POST.get("begin"):
            impact.begin_in(clinic_id, **between)
        else:
            impact.step_in(clinic_id, **between)
    if wants_fragment(request):
        return page_or_fragment(
            request, "triage/clinic_release.html", _context(request, used), fragment="triage/_impact.html"
        )
    number = f"?to={other.number}" if other else ""
    return redirect(f"{reverse('triage:clinic-release')}{number}")


def _context(request: MemberRequest, used: Release) -> dict[str, Any]:
    other = _other(request) or Release.objects.current() or used
    context: dict[str, Any] = {
        "used": used,
        "other": other if other != used else None,
        "current": Release.objects.current(),
        "follows": not request.membership.clinic.release_sha256,
        "releases": Release.objects.light(),
    }
    if context["other"] is None:
        return context
    old, new = without_measures(used.document), without_measures(other.document)
    own = impact_inside(request.membership.clinic, before=used.sha256, after=other.sha256)
    url = reverse("triage:clinic-release-impact")
    return context | {
        "differences": differences(old, new),
        "impact": own,
        "own": True,
        "begin_url": url,
        "step_url": url,
    }


def _other(request: MemberRequest) -> Release | None:
    asked = request.POST if request.method == "POST" else request.GET
    return _numbered(asked.get("to", ""))


def _numbered(number: str) -> Release | None:
    if not number.isdecimal() or len(number) > 9:
        return None
    return Release.objects.light().filter(number=number).first()
