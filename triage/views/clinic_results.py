"""What the clinic's own record adds up to, for its leads: a page, and each table as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinics.access import fresh_authentication_required, lead_required
from clinics.audit import record_event
from clinics.requests import MemberRequest
from clinics.sheets import sheet_response, write_rows
from triage.errors import NoRelease
from triage.presentation.results import SHEETS, results_page


@require_safe
@lead_required
def clinic_results(request: MemberRequest) -> HttpResponse:
    return render(request, "triage/clinic_results.html", {"results": results_page(request.membership)})


@require_safe
@lead_required
@fresh_authentication_required
def clinic_table(request: MemberRequest, table: str) -> HttpResponse:
    """One table as a file; that it was taken is on record."""
    make = SHEETS.get(table)
    if make is None:
        raise Http404
    try:
        sheet = make(request.membership)
    except NoRelease:  # nothing is published that names conditions
        raise Http404 from None
    response = sheet_response(f"clinic-{sheet.code}")
    written = write_rows(response, sheet.file_rows()) - 1
    record_event(
        action="clinic.exported", member=request.membership, detail={"table": sheet.code, "rows": written}
    )
    return response
