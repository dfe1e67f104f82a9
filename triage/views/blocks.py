"""A diagnostic block step by step: declare, inject, read, and put its level on record."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.requests import MemberRequest
from triage.blocks import AGENTS
from triage.errors import NotABlock, StaleVersion, TriageError, UnknownFinding
from triage.forms_block import CorrectReadingForm, DeclareForm, GiveForm, NoteForm, ReadingForm
from triage.models import DiagnosticBlock, Encounter, PainReading
from triage.presentation.blocks import against_words, allergy_words, block_view, release_cautions
from triage.services import (
    block_finding,
    call_off_block,
    confirm_level,
    correct_reading,
    declare_block,
    give_block,
    note_block,
    note_reading,
    open_allergies,
    standing_against,
)
from triage.views.access import answers_of, encounter_or_404
from triage.views.differential import encounter_shelf, on_record
from triage.views.posted import VERSION_DIGITS
from triage.views.rendering import FormPage, record_form

FORM_METHODS = ["GET", "HEAD", "POST"]
WARNINGS = "triage/_block_warnings.html"


@require_http_methods(FORM_METHODS)
def block_new(request: MemberRequest, encounter_id: uuid.UUID, finding: str) -> HttpResponse:
    """Step one: which task, and how much it hurts before."""
    encounter = encounter_or_404(request, encounter_id)
    if not encounter.is_draft:
        return redirect("triage:encounter-detail", encounter.pk)
    try:
        row = block_finding(encounter.release.sha256, finding)
    except (NotABlock, UnknownFinding) as unknown:
        raise Http404 from unknown
    known = encounter_shelf(encounter).catalogue
    site = ", ".join(known.name("site", code) for code in row.get("sites") or ())
    form = DeclareForm(request.POST or None, finding=row, site=site, side=encounter.episode.side)
    return record_form(
        request,
        form,
        FormPage(
            row["name"],
            "Declare, then inject",
            _row_url(encounter, finding),
            patient=encounter.episode.patient,
            episode=encounter.episode,
            above=WARNINGS,
            facts=_warnings(encounter, finding) | {"step": 1, "standing": _standing(encounter, finding)},
        ),
        save=lambda form: declare_block(
            encounter=encounter,
            member=request.membership,
            finding_code=finding,
            submission_id=form.cleaned_data["submission_id"],
            **({"side": ""} | form.record_values()),
        ),
        done=lambda block: reverse("triage:block-give", args=[block.pk]),
    )


def _standing(encounter: Encounter, finding: str) -> list[DiagnosticBlock]:
    """The blocks of this finding that the visit has already."""
    blocks = DiagnosticBlock.objects.of_encounter(encounter).standing().oldest_first()
    return [block for block in blocks if block.finding_code == finding]


def _warnings(encounter: Encounter, finding: str, agent_code: str = "") -> dict[str, Any]:
    """What stands against the block, and what the release warns of; allergies of any drug until one is
    chosen.
    """
    known = encounter_shelf(encounter).catalogue
    patient = encounter.episode.patient
    drugs = [agent_code] if agent_code in AGENTS else ["lidocaine"]
    return {
        "against": against_words(known, standing_against(encounter, finding)),
        "allergies": allergy_words(open_allergies(patient, drugs[0])),
        "cautions": release_cautions(known, on_record(encounter)),
        "how_to": (known.finding(finding) or {}).get("how_to", ""),
    }


@require_http_methods(FORM_METHODS)
def block_give(request: MemberRequest, block_id: uuid.UUID) -> HttpResponse:
    """Step two: ask about allergies, then what was injected. Later the same form corrects it."""
    block = _block_or_404(request, block_id)
    if not block.encounter.is_draft or block.called_off_at:
        return redirect("triage:block-detail", block.pk)
    drug = request.POST.get("agent", block.agent)
    warnings = _warnings(block.encounter, block.finding_code, drug)
    if block.is_given:
        known = encounter_shelf(block.encounter).catalogue
        settled: list[str] = [] if block.allergy_words else warnings["allergies"]
        warnings |= {"against": against_words(known, block.overridden), "allergies": settled}
    against = bool(warnings["against"] or block.overridden)
    form = GiveForm(request.POST or None, instance=_block_or_404(request, block_id), against=against)
    name = encounter_shelf(block.encounter).catalogue.name("finding", block.finding_code)
    return record_form(
        request,
        form,
        FormPage(
            f"{'Correct the injection' if block.is_given else 'Inject'}: {name}",
            "Save the correction" if block.is_given else "Injected: start the clock",
            _url(block),
            patient=block.encounter.episode.patient,
            episode=block.encounter.episode,
            above=WARNINGS,
            facts=warnings | {"step": 2, "block": block},
        ),
        save=lambda form: give_block(
            block=block,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=_url,
    )


@require_safe
def block_detail(request: MemberRequest, block_id: uuid.UUID) -> HttpResponse:
    """Step three, and the record of all of it."""
    return _page(request, _block_or_404(request, block_id), ReadingForm())


def _page(request: MemberRequest, block: DiagnosticBlock, form: ReadingForm) -> HttpResponse:
    encounter = block.encounter
    known = encounter_shelf(encounter).catalogue
    readings = list(block.readings.oldest_first())
    context = {
        "view": block_view(block, readings, known=known, observations=answers_of(encounter)),
        "against": against_words(known, block.overridden),
        "scale": range(11),
        "form": form,
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "back_url": _row_url(encounter, block.finding_code),
    }
    return render(request, "triage/block_detail.html", context, status=422 if form.is_bound else 200)


@require_POST
def block_reading_new(request: MemberRequest, block_id: uuid.UUID) -> HttpResponse:
    block = _block_or_404(request, block_id)
    form = ReadingForm(request.POST)
    if form.is_valid() and _noted(request, block, form):
        return redirect(f"{_url(block)}#readings")
    return _page(request, block, form)


def _noted(request: MemberRequest, block: DiagnosticBlock, form: ReadingForm) -> PainReading | None:
    minutes = form.cleaned_data["minutes_after"]
    at = None
    if minutes is not None and block.injected_at:
        at = block.injected_at + dt.timedelta(minutes=minutes)
    try:
        return note_reading(
            block=block,
            member=request.membership,
            pain=form.cleaned_data["pain"],
            read_at=at,
            of_task=not form.cleaned_data["other_task"],
            note=form.cleaned_data["note"],
            submission_id=form.cleaned_data["submission_id"],
        )
    except TriageError as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return None


@require_http_methods(FORM_METHODS)
def block_reading_edit(request: MemberRequest, reading_id: uuid.UUID) -> HttpResponse:
    rows = PainReading.objects.of_clinic(request.membership).select_related("block")
    reading: PainReading = get_object_or_404(rows, pk=reading_id)
    block = _block_or_404(request, reading.block_id)
    reading.block = block
    if not block.encounter.is_draft:
        return redirect("triage:block-detail", block.pk)
    shown: PainReading = rows.get(pk=reading_id)
    return record_form(
        request,
        CorrectReadingForm(request.POST or None, instance=shown),
        FormPage(
            "Correct a reading",
            "Save",
            _url(block),
            lead=f"{timezone.localtime(reading.read_at):%H:%M}, pain {reading.pain}; the history keeps it.",
            patient=block.encounter.episode.patient,
            episode=block.encounter.episode,
        ),
        save=lambda form: correct_reading(
            reading=reading,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=lambda saved: _url(block),
    )


@require_http_methods(FORM_METHODS)
def block_note(request: MemberRequest, block_id: uuid.UUID) -> HttpResponse:
    block = _block_or_404(request, block_id)
    if not block.encounter.is_draft or not block.is_given:
        return redirect("triage:block-detail", block.pk)
    return record_form(
        request,
        NoteForm(request.POST or None, instance=_block_or_404(request, block_id)),
        FormPage(
            "Numbness and the next day",
            "Save",
            _url(block),
            patient=block.encounter.episode.patient,
            episode=block.encounter.episode,
        ),
        save=lambda form: note_block(
            block=block,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=_url,
    )


@require_POST
def block_level(request: MemberRequest, block_id: uuid.UUID) -> HttpResponse:
    """The level becomes the visit's answer; the differential moves with it."""
    block = _block_or_404(request, block_id)
    level, version = request.POST.get("level", ""), _number(request.POST.get("version", ""))
    try:
        confirm_level(block=block, member=request.membership, level=level, version=version)
    except StaleVersion:
        messages.warning(request, "Somebody else answered this meanwhile; look at what stands there now.")
    except TriageError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The level is on record; the differential has moved with it.")
    return redirect(f"{_url(block)}#level")


@require_POST
def block_call_off(request: MemberRequest, block_id: uuid.UUID) -> HttpResponse:
    block = _block_or_404(request, block_id)
    version = _number(request.POST.get("version", ""))
    try:
        call_off_block(block=block, member=request.membership, version=version)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except TriageError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Called off. It may be declared anew.")
    return redirect(_url(block))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= VERSION_DIGITS else 0


def _block_or_404(request: MemberRequest, block_id: uuid.UUID) -> DiagnosticBlock:
    blocks = DiagnosticBlock.objects.of_clinic(request.membership)
    block: DiagnosticBlock = get_object_or_404(blocks, pk=block_id)
    block.encounter = encounter_or_404(request, block.encounter_id)
    return block


def _url(block: DiagnosticBlock) -> str:
    return reverse("triage:block-detail", args=[block.pk])


def _row_url(encounter: Encounter, finding: str) -> str:
    return f"{reverse('triage:encounter-detail', args=[encounter.pk])}#row-{finding}"
