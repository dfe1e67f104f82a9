"""Closed records: the card in their place, breaking the glass, the lead's review, and who may open what."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.access import fresh_authentication_required, lead_required, rate_limited
from clinics.requests import MemberRequest
from triage.errors import OwnReview, StaleVersion
from triage.forms_restriction import BreakGlassForm, RestrictionForm, ReviewForm
from triage.models import BreakGlass
from triage.services import break_glass, may_open, review_glass, set_restriction
from triage.views.access import RecordClosed, closed_patient_or_404, patient_or_404

PAGE_SIZE = 30


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: for a closed record a card that says nothing of it but how to open it in an emergency."""
    if isinstance(exception, RecordClosed):
        return render(request, "triage/record_closed.html", {"patient_id": exception.patient_id}, status=403)
    return render(request, "403.html", status=403)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_authentication_required
@rate_limited("break_glass")
def glass_break(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Open a restricted record for an hour, with a reason that the lead reads."""
    patient = closed_patient_or_404(request, patient_id)
    if may_open(patient=patient, member=request.membership):
        return redirect("triage:patient-detail", patient.pk)
    form = BreakGlassForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        glass = break_glass(patient=patient, member=request.membership, reason=form.cleaned_data["reason"])
        until = timezone.localtime(glass.expires_at)
        messages.warning(request, f"Open to you until {until:%H:%M}. A lead of the clinic will review this.")
        return redirect("triage:patient-detail", patient.pk)
    status = 422 if form.is_bound else 200
    return render(request, "triage/glass_break.html", {"form": form}, status=status)


@require_safe
@lead_required
def glass_list(request: MemberRequest) -> HttpResponse:
    return _glass_page(request, ReviewForm())


@require_POST
@lead_required
def glass_review(request: MemberRequest, glass_id: uuid.UUID) -> HttpResponse:
    glass = get_object_or_404(BreakGlass.objects.visible_to(request.membership), pk=glass_id)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _glass_page(request, form, status=422)
    try:
        review_glass(glass=glass, member=request.membership, note=form.cleaned_data["note"])
    except OwnReview as refusal:
        form.add_error(None, str(refusal))
        return _glass_page(request, form, status=422)
    return redirect("triage:glass-list")


def _glass_page(request: MemberRequest, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    broken = BreakGlass.objects.visible_to(request.membership).to_review_first()
    page = Paginator(broken, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "triage/glass_list.html", {"page": page, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def patient_restriction(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Who may open this record; for leads."""
    if not request.membership.leads:
        raise PermissionDenied
    patient = patient_or_404(request, patient_id)
    form = RestrictionForm(request.POST or None, patient=patient, member=request.membership)
    stale = False
    if form.is_bound and form.is_valid():
        try:
            set_restriction(patient=patient, member=request.membership, **form.cleaned_data)
        except StaleVersion:
            stale = True
            form = RestrictionForm(patient=patient, member=request.membership)
        else:
            return redirect("triage:patient-detail", patient.pk)
    status = 409 if stale else 422 if form.is_bound else 200
    context = {"form": form, "patient": patient, "stale": stale}
    return render(request, "triage/patient_restriction.html", context, status=status)
