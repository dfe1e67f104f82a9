"""What is on record in the clinic, for its leads."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinics.access import fresh_authentication_required, lead_required
from clinics.audit import record_event
from clinics.audit_log.forms import LogFilterForm
from clinics.audit_log.rows import log_page, what
from clinics.models import AuditEvent
from clinics.requests import MemberRequest
from clinics.sheets import sheet_response, write_rows

EXPORT_MAX = 50_000
COLUMNS = ["number", "at", "person", "e-mail", "what", "object", "object id", "patient id", "hash"]


@require_safe
@lead_required
def log(request: MemberRequest) -> HttpResponse:
    form = LogFilterForm(request.GET, member=request.membership)
    valid = form.is_valid()
    events = AuditEvent.objects.visible_to(request.membership)
    shown = form.chosen(events) if valid else events.none()
    asked = request.GET.copy()
    before = asked.pop("before", [""])[-1]
    context = {
        "form": form,
        "page": log_page(shown, request.membership, before=before),
        "asked": asked.urlencode(),
        "first": not before,
    }
    return render(request, "clinics/audit_log.html", context, status=200 if valid else 422)


@require_safe
@lead_required
@fresh_authentication_required
def export(request: MemberRequest) -> HttpResponse:
    """The same events as a table, at most EXPORT_MAX of the newest; that it was taken is on record too."""
    form = LogFilterForm(request.GET, member=request.membership)
    if not form.is_valid():
        return render(request, "400.html", status=400)
    events = form.chosen(AuditEvent.objects.visible_to(request.membership)).newest_first()[:EXPORT_MAX]
    response = sheet_response("on-record")
    write_rows(response, [COLUMNS])
    count = write_rows(response, map(_cells, events.iterator(chunk_size=2_000)))
    record_event(action="audit.exported", member=request.membership, detail={"events": count})
    return response


def _cells(event: AuditEvent) -> list[str]:
    return [
        str(event.seq),
        event.at.isoformat(),
        str(event.user or ""),
        event.user.email if event.user else "",
        what(event),
        event.object_type,
        event.object_id,
        str(event.patient_id or ""),
        bytes(event.hash).hex(),
    ]
