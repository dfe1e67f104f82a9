"""Knowledge in and out over pages: a release document, the evidence table, the published JSON Schema."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clinics.requests import MemberRequest
from knowledge.access import editor_required
from knowledge.documents import document_text
from knowledge.evidence_import import EvidenceConflict, evidence_rows
from knowledge.exchanging import take_document, take_evidence
from knowledge.exporting import NothingImported, working_document
from knowledge.faults import ContentFaults
from knowledge.forms import DocumentForm, EvidenceForm
from knowledge.importing import ImportConflict
from knowledge.models import Condition
from knowledge.plans import plan_words
from knowledge.schema.published import release_schema_text
from knowledge.sheets import sheet_text

KINDS = {"json": "application/json", "yaml": "application/yaml"}
BYTE_ORDER_MARK = "\ufeff"


@require_safe
def release_schema_file(request: MemberRequest) -> HttpResponse:
    return HttpResponse(release_schema_text(), content_type="application/schema+json")


@require_safe
@editor_required
def document_export(request: MemberRequest, form: str) -> HttpResponse:
    """The working copy as one document."""
    if form not in KINDS:
        raise Http404("no such form")
    document, _ = _working_document()
    return _download(document_text(document, f".{form}"), KINDS[form], f"working-copy.{form}")


@require_safe
@editor_required
def evidence_export(request: MemberRequest) -> HttpResponse:
    """The evidence of the working copy, of one condition where it is named."""
    code = request.GET.get("condition", "")
    known = [row.code for row in _conditions()]
    if code and code not in known:
        raise Http404("no such condition")
    rows = evidence_rows([code] if code else [])
    return _download(
        BYTE_ORDER_MARK + sheet_text(rows), "text/csv", f"evidence{'-' if code else ''}{code}.csv"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def document_import(request: MemberRequest) -> HttpResponse:
    """One release document into the working copy: first the plan, then all of it or nothing."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    keep, status = "import" in request.POST, 200 if request.method != "POST" else 422
    if form.is_valid():
        file, base = form.cleaned_data["document"], form.cleaned_data["base"]
        try:
            context["words"] = take_document(file=file, base=base, by=request.user, keep=keep)
            if keep:
                return _taken(request, len(context["words"].steps))
            status = 200
        except ContentFaults as error:
            context["faults"] = error.faults
        except ImportConflict as error:
            context["words"], status = plan_words(error.plan), 409
    return render(request, "knowledge/document_import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_required
def evidence_import(request: MemberRequest) -> HttpResponse:
    """The evidence table as a file, and changed rows of it back: first the plan, then all or nothing."""
    form = EvidenceForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "conditions": _conditions()}
    keep, status = "import" in request.POST, 200 if request.method != "POST" else 422
    if form.is_valid():
        try:
            changes = take_evidence(file=form.cleaned_data["table"], by=request.user, keep=keep)
            if keep:
                return _taken(request, len(changes))
            context["changes"], status = changes, 200
        except ContentFaults as error:
            context["faults"] = error.faults
        except EvidenceConflict as error:
            context["conflicts"], status = error.conflicts, 409
        except NothingImported as error:
            form.add_error(None, str(error))
    return render(request, "knowledge/evidence_import.html", context, status=status)


def _taken(request: MemberRequest, count: int) -> HttpResponse:
    words = f"{count} row{'' if count == 1 else 's'} imported into the draft." if count else "Nothing to do."
    messages.success(request, f"{words} Nothing is published yet; submit it for review.")
    return redirect("knowledge:edit-index")


def _working_document() -> Any:
    try:
        return working_document()
    except NothingImported as error:
        raise Http404(str(error)) from error


def _conditions() -> list[Condition]:
    return list(Condition.objects.only("code", "name"))


def _download(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
