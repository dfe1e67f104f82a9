from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.requests import MemberRequest
from triage.errors import StaleVersion
from triage.forms import PatientForm, PatientItemForm
from triage.models import Diagnosis, Encounter, Patient, Shoe
from triage.models.search import names_one_person
from triage.presentation.coding import code_for
from triage.presentation.diagnoses import diagnosis_line, names_of_conditions
from triage.services import add_item, create_patient, end_item, update_patient
from triage.views.access import item_or_404, patient_or_404
from triage.views.posted import VERSION_DIGITS
from triage.views.rendering import FormPage, page_or_fragment, record_form, wants_fragment

PAGE_SIZE = 50
CLOSED_SHOWN = 3
VISITS_SHOWN = 2


@require_http_methods(["GET", "HEAD", "POST"])
def patient_list(request: MemberRequest) -> HttpResponse:
    """All patients by name, or those who fit the words. Words travel in the body: addresses are logged."""
    query = request.POST.get("q", "").strip()[:100]
    everybody = Patient.objects.visible_to(request.membership)
    found = everybody.search(query) if query else everybody
    page = Paginator(found.by_name().with_last_visit(), PAGE_SIZE).get_page(request.POST.get("page"))
    context = {
        "query": query,
        "page": page,
        "total": page.paginator.count,
        "closed": closed_fits(request, query),
        "perhaps": [] if page.paginator.count or not query else everybody.spelled_like(query),
    }
    return page_or_fragment(
        request, "triage/patient_list.html", context, fragment="triage/patient_list.html#patients"
    )


def closed_fits(request: MemberRequest, query: str) -> list[uuid.UUID]:
    """Restricted records, by id alone, for somebody who knows name and date of birth already."""
    if not names_one_person(query):
        return []
    closed = Patient.objects.closed_to(request.membership).search(query)
    return list(closed.values_list("pk", flat=True)[:CLOSED_SHOWN])


@require_http_methods(["GET", "HEAD", "POST"])
def patient_new(request: MemberRequest) -> HttpResponse:
    return record_form(
        request,
        PatientForm(request.POST or None),
        FormPage("New patient", "Add patient", reverse("triage:patient-list")),
        save=lambda form: create_patient(
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            **form.record_values(),
        ),
        done=patient_url,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def patient_edit(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    form = PatientForm(request.POST or None, instance=patient_or_404(request, patient_id))
    return record_form(
        request,
        form,
        FormPage("Edit details", "Save", patient_url(patient), patient=patient),
        save=lambda form: update_patient(
            patient=patient,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=patient_url,
    )


@require_safe
def patient_detail(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    return _patient_page(request, patient_or_404(request, patient_id), PatientItemForm())


@require_POST
def patient_item_new(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Note a comorbidity, a medicine or an allergy; the page goes on in place."""
    patient = patient_or_404(request, patient_id)
    form = PatientItemForm(request.POST)
    if not form.is_valid():
        return _patient_page(request, patient, form, status=422)
    values = form.record_values()
    try:
        add_item(
            patient=patient,
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            code=code_for(values["text"], values["kind"]),
            **values,
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _patient_page(request, patient, form, status=422)
    return _after_item(request, patient)


@require_POST
def patient_item_end(request: MemberRequest, item_id: uuid.UUID) -> HttpResponse:
    """The item has ended: it stays on record and no longer counts."""
    item = item_or_404(request, item_id)
    version = request.POST.get("version", "")
    if not version.isdecimal() or len(version) > VERSION_DIGITS:
        return _patient_page(request, item.patient, PatientItemForm(), status=422)
    try:
        end_item(item=item, member=request.membership, version=int(version), ended_on=timezone.localdate())
    except StaleVersion:
        messages.warning(request, f"“{item.text}” was changed by somebody else meanwhile; look again.")
        return _patient_page(request, item.patient, PatientItemForm(), status=409)
    return _after_item(request, item.patient)


def _after_item(request: MemberRequest, patient: Patient) -> HttpResponse:
    if wants_fragment(request):
        return _patient_page(request, patient, PatientItemForm())
    return redirect(f"{patient_url(patient)}#items")


def _patient_page(
    request: MemberRequest, patient: Patient, item_form: PatientItemForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"patient": patient, "item_form": item_form, "items": _items(patient)}
    if not wants_fragment(request):
        context["episodes"] = _episodes(request, patient)
        shoes = Shoe.objects.visible_to(request.membership).of_patient(patient)
        context["shoes"] = list(shoes.with_mileage().newest_first())
    return page_or_fragment(
        request,
        "triage/patient_detail.html",
        context,
        fragment="triage/patient_detail.html#items",
        status=status,
    )


def _items(patient: Patient) -> list[dict[str, Any]]:
    current = list(patient.items.current(timezone.localdate()))
    titles = {"comorbidity": "Comorbidities", "medicine": "Medicines", "allergy": "Allergies"}
    return [
        {"title": title, "rows": [item for item in current if item.kind == kind]}
        for kind, title in titles.items()
    ]


def _episodes(request: MemberRequest, patient: Patient) -> list[dict[str, Any]]:
    """Each complaint in a few lines; its own page tells the rest."""
    visits = Encounter.objects.visible_to(request.membership).kept().newest_first()
    diagnoses = Diagnosis.objects.visible_to(request.membership).newest_first().select_related("recorded_by")
    episodes = patient.episodes.newest_first().prefetch_related(
        Prefetch("encounters", visits), Prefetch("diagnoses", diagnoses)
    )
    known = names_of_conditions() if any(episode.diagnoses.all() for episode in episodes) else None
    return [
        {
            "episode": episode,
            "shown": list(episode.encounters.all())[:VISITS_SHOWN],
            "count": len(episode.encounters.all()),
            "more": len(episode.encounters.all()) > VISITS_SHOWN,
            "diagnosis": diagnosis_line(list(episode.diagnoses.all()), known),
        }
        for episode in episodes
    ]


def patient_url(patient: Patient) -> str:
    return reverse("triage:patient-detail", args=[patient.pk])
