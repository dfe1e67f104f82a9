from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinics.requests import MemberRequest
from triage.errors import StaleVersion
from triage.forms_running import RunForm, ShoeForm
from triage.models import Episode, EpisodeProgramme, Patient, Run, Shoe
from triage.presentation.programmes import StepShown, shown_steps
from triage.services import (
    add_shoe,
    log_run,
    remove_run,
    retire_shoe,
    update_run,
    update_shoe,
)
from triage.views.access import episode_or_404, patient_or_404
from triage.views.posted import VERSION_DIGITS
from triage.views.programmes import running_url
from triage.views.rendering import FormPage, record_form

FORM_METHODS = ["GET", "HEAD", "POST"]
ABOVE = "triage/running/_rules.html"


@require_http_methods(FORM_METHODS)
def run_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    episode = episode_or_404(request, episode_id)
    runs = Run.objects.visible_to(request.membership).of_episode(episode).kept()
    last = runs.newest_first().first()
    form = RunForm(
        request.POST or None,
        shoes=_shoes(request, episode.patient),
        initial={"shoe": last.shoe_id if last else None},
    )
    return record_form(
        request,
        form,
        FormPage(
            "Log a run",
            "Put on the log",
            running_url(episode),
            patient=episode.patient,
            episode=episode,
            above=ABOVE,
            paired=True,
            facts={"step": _step_now(request, episode)},
        ),
        save=lambda form: _told(
            request,
            log_run(
                episode=episode,
                member=request.membership,
                submission_id=form.cleaned_data["submission_id"],
                **form.record_values(),
            ),
        ),
        done=lambda run: running_url(episode),
    )


@require_http_methods(FORM_METHODS)
def run_edit(request: MemberRequest, run_id: uuid.UUID) -> HttpResponse:
    """Also where the next morning is added."""
    run = _run_or_404(request, run_id)
    episode = run.episode
    instance = _run_or_404(request, run_id)
    form = RunForm(
        request.POST or None, instance=instance, shoes=_shoes(request, episode.patient, run.shoe_id)
    )
    steps = shown_steps(run.programme) if run.programme and run.step else ()
    return record_form(
        request,
        form,
        FormPage(
            "Edit the run",
            "Save",
            running_url(episode),
            patient=episode.patient,
            episode=episode,
            above=ABOVE,
            paired=True,
            facts={"step": steps[run.step - 1] if steps else None},
        ),
        save=lambda form: _told(
            request,
            update_run(
                run=run,
                member=request.membership,
                version=form.cleaned_data["version"],
                **form.record_values(),
            ),
        ),
        done=lambda run: running_url(episode),
    )


def _told(request: MemberRequest, run: Run) -> Run:
    if run.stops_met:
        messages.warning(request, "This run met a stop rule of its step. Go back one step?")
    return run


def _step_now(request: MemberRequest, episode: Episode) -> StepShown | None:
    programmes = EpisodeProgramme.objects.visible_to(request.membership).of_episode(episode)
    programme = programmes.running().first()
    return shown_steps(programme)[programme.step - 1] if programme and programme.step else None


def _shoes(request: MemberRequest, patient: Patient, worn: uuid.UUID | None = None) -> Any:
    """Those in use, and the one that the run was logged in."""
    shoes = Shoe.objects.visible_to(request.membership).of_patient(patient)
    return shoes.filter(Q(retired_on=None) | Q(pk=worn)).newest_first()


def _run_or_404(request: MemberRequest, run_id: uuid.UUID) -> Run:
    runs = Run.objects.of_clinic(request.membership).select_related("programme")
    run: Run = get_object_or_404(runs, pk=run_id)
    run.episode = episode_or_404(request, run.episode_id)
    return run


@require_POST
def run_remove(request: MemberRequest, run_id: uuid.UUID) -> HttpResponse:
    run = _run_or_404(request, run_id)
    removed = request.POST.get("removed") == "yes"
    try:
        remove_run(run=run, member=request.membership, version=_version(request), removed=removed)
    except StaleVersion:
        messages.warning(request, "Somebody else changed this run meanwhile; look again.")
    else:
        words = "is out of the log; it can be put back below" if removed else "is in the log again"
        messages.success(request, f"The run of {run.ran_on:%-d %b %Y} {words}.")
    return redirect(f"{running_url(run.episode)}#runs")


@require_http_methods(FORM_METHODS)
def shoe_new(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    return record_form(
        request,
        ShoeForm(request.POST or None),
        FormPage("New shoe", "Add the shoe", _shoes_url(patient), patient=patient),
        save=lambda form: add_shoe(
            patient=patient,
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            **form.record_values(),
        ),
        done=lambda shoe: _shoes_url(patient),
    )


@require_http_methods(FORM_METHODS)
def shoe_edit(request: MemberRequest, shoe_id: uuid.UUID) -> HttpResponse:
    shoe = _shoe_or_404(request, shoe_id)
    return record_form(
        request,
        ShoeForm(request.POST or None, instance=_shoe_or_404(request, shoe_id)),
        FormPage("Edit the shoe", "Save", _shoes_url(shoe.patient), patient=shoe.patient),
        save=lambda form: update_shoe(
            shoe=shoe,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=lambda saved: _shoes_url(shoe.patient),
    )


@require_POST
def shoe_retire(request: MemberRequest, shoe_id: uuid.UUID) -> HttpResponse:
    """Retired today, or – the way back – in use again."""
    shoe = _shoe_or_404(request, shoe_id)
    retired = request.POST.get("retired") == "yes"
    try:
        retire_shoe(shoe=shoe, member=request.membership, version=_version(request), retired=retired)
    except StaleVersion:
        messages.warning(request, "Somebody else changed this shoe meanwhile; look again.")
    else:
        messages.success(request, f"“{shoe.name}” is {'retired' if retired else 'in use again'}.")
    return redirect(_shoes_url(shoe.patient))


def _shoe_or_404(request: MemberRequest, shoe_id: uuid.UUID) -> Shoe:
    shoe: Shoe = get_object_or_404(Shoe.objects.of_clinic(request.membership), pk=shoe_id)
    shoe.patient = patient_or_404(request, shoe.patient_id)
    return shoe


def _shoes_url(patient: Patient) -> str:
    return f"{reverse('triage:patient-detail', args=[patient.pk])}#shoes"


def _version(request: MemberRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and len(given) <= VERSION_DIGITS else 0
