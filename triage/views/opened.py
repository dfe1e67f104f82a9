from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinics.audit_log.rows import log_page
from clinics.models import AuditEvent
from clinics.requests import MemberRequest
from triage.views.access import patient_or_404


@require_safe
def patient_opened(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Who opened or changed this patient's record, for everybody who may open it."""
    patient = patient_or_404(request, patient_id)
    events = AuditEvent.objects.visible_to(request.membership).of_patient(patient.pk)
    before = request.GET.get("before", "")
    page = log_page(events, request.membership, before=before)
    context = {"patient": patient, "page": page, "asked": "", "first": not before}
    return render(request, "triage/patient_opened.html", context)
