from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinics.requests import MemberRequest
from triage.errors import StaleVersion, TriageError, UnscreenedUrgent
from triage.forms import AddendumForm, SignForm
from triage.models import Encounter
from triage.presentation.blocks import BlockView, view_of
from triage.ranking import RankingError
from triage.services import add_addendum, discard_draft, restore_draft, sign_encounter
from triage.views.access import answers_of, encounter_or_404
from triage.views.encounters import differential_context, signed_page
from triage.views.following import record_context
from triage.views.unsent import answer_to_keeping, sent


@require_http_methods(["GET", "HEAD", "POST"])
def encounter_sign(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Show what will be frozen; freeze exactly that."""
    encounter = encounter_or_404(request, encounter_id)
    if not encounter.is_draft:
        return redirect("triage:encounter-detail", encounter.pk)
    form = SignForm(request.POST or None, initial={"version": encounter.version})
    stale = False
    if form.is_bound and form.is_valid():
        try:
            sign_encounter(
                encounter=encounter,
                member=request.membership,
                version=form.cleaned_data["version"],
                unscreened_confirmed=form.cleaned_data["unscreened"],
            )
        except StaleVersion:
            stale = True
        except UnscreenedUrgent:
            form.add_error(
                "unscreened", "Ask or test what would clear them, or tick this to sign all the same."
            )
        except (TriageError, RankingError) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Signed. What comes later is added as an addendum.")
            return redirect("triage:encounter-detail", encounter.pk)
    return _sign_page(request, encounter, form, stale=stale)


def _sign_page(request: MemberRequest, encounter: Encounter, form: SignForm, *, stale: bool) -> HttpResponse:
    status = 409 if stale else 422 if form.is_bound else 200
    if stale:
        form = SignForm(initial={"version": encounter.version})
    observations = answers_of(encounter)
    context = differential_context(request, encounter, observations)
    urgent = context["panel"].cant_miss
    form.ask_about(bool(urgent and urgent.unscreened))
    context |= record_context(encounter, observations)
    context |= {
        "open_blocks": [view for view in _blocks(encounter) if view.proposes or not view.recorded],
        "answered": sum(row.status != "not_tested" for row in observations),
        "form": form,
        "stale": stale,
    }
    return render(request, "triage/encounter_sign.html", context, status=status)


def _blocks(encounter: Encounter) -> list[BlockView]:
    return [view_of(row) for row in encounter.blocks.given().with_all().oldest_first()]


@require_POST
def encounter_discard(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Put the draft away; the page of the complaint offers it back."""
    encounter = encounter_or_404(request, encounter_id)
    version = request.POST.get("version", "")
    try:
        discard_draft(
            encounter=encounter,
            member=request.membership,
            version=int(version) if version.isdecimal() and len(version) < 10 else encounter.version,
        )
    except TriageError as refusal:
        messages.error(request, str(refusal))
        return redirect("triage:encounter-detail", encounter.pk)
    messages.success(request, "The draft was put away. Under “discarded drafts” it can be restored.")
    return redirect("triage:episode-detail", encounter.episode_id)


@require_POST
def encounter_restore(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    encounter = encounter_or_404(request, encounter_id)
    try:
        restore_draft(encounter=encounter, member=request.membership)
    except TriageError as refusal:
        messages.error(request, str(refusal))
    return redirect("triage:encounter-detail", encounter.pk)


@require_POST
def addendum_new(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    encounter = encounter_or_404(request, encounter_id)
    page = reverse("triage:encounter-detail", args=[encounter.pk])
    if not encounter.is_signed:
        messages.error(request, "This visit is still a draft: change it instead of adding an addendum.")
        return redirect(page)
    form = AddendumForm(request.POST)
    patient = encounter.episode.patient
    if keeping := answer_to_keeping(request, form, heading="Addendum", patient=patient, page=page):
        return keeping
    if not form.is_valid() or not _added(request, encounter, form):
        return signed_page(request, encounter, form, status=422)
    sent(request)
    return redirect(f"{page}#addenda-section")


def _added(request: MemberRequest, encounter: Encounter, form: AddendumForm) -> bool:
    try:
        add_addendum(
            encounter=encounter,
            member=request.membership,
            text=form.cleaned_data["text"],
            submission_id=form.cleaned_data["submission_id"],
        )
    except TriageError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
