"""Back to running: the programme of a complaint with the log of its runs on one page, and its sheet."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinics.requests import MemberRequest
from triage.errors import NoRelease, StaleVersion, TriageError
from triage.forms_running import BeginForm, StepForm, TickForm
from triage.models import Diagnosis, Episode, EpisodeProgramme, Run, Shoe, StepChange
from triage.presentation.programmes import offered, programme_name, programme_shown, proposal
from triage.presentation.runs import run_log
from triage.services import begin_programme, change_step, release_for, tick_criterion
from triage.views.access import episode_or_404

MOVED = {
    StepChange.Kind.FORWARD: "The next step is entered.",
    StepChange.Kind.BACK: "One step back. Its stop rules count from now on.",
    StepChange.Kind.STAYED: "The step stays; the reason is on record.",
    StepChange.Kind.FINISHED: "The programme is finished.",
    StepChange.Kind.STOPPED: "The programme is stopped.",
    StepChange.Kind.RESUMED: "The programme is taken up again.",
}


@require_safe
def episode_running(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """The newest programme of the complaint, or the choice of one, and every run."""
    return _page(request, episode_or_404(request, episode_id))


@require_safe
def programme_detail(request: MemberRequest, programme_id: uuid.UUID) -> HttpResponse:
    """Also an earlier programme, in the words of the release it was begun with."""
    programme = programme_or_404(request, programme_id)
    return _page(request, programme.episode, programme)


def _page(
    request: MemberRequest,
    episode: Episode,
    programme: EpisodeProgramme | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    member = request.membership
    programmes = list(EpisodeProgramme.objects.visible_to(member).of_episode(episode).newest_first())
    programme = programme or next(iter(programmes), None)
    shown = programme_shown(programme) if programme else None
    runs = Run.objects.visible_to(member).of_episode(episode)
    waiting = list(runs.stops_unanswered().newest_first()) if shown else []
    shoes = Shoe.objects.visible_to(member).of_patient(episode.patient).in_use()
    rows = runs.select_related("shoe", "programme").oldest_first()
    context = {
        "episode": episode,
        "patient": episode.patient,
        "programme": shown,
        "proposal": proposal(shown, [run for run in waiting if run.programme_id == shown.row.pk])
        if shown
        else None,
        "earlier": [(row, programme_name(row)) for row in programmes if row != programme],
        "may_begin": not any(row.is_running for row in programmes),
        "log": run_log(list(rows)),
        "shoes": shoes.with_mileage().newest_first(),
        "submission_id": uuid.uuid4(),
        **more,
    }
    if context["may_begin"]:
        context.setdefault("begin_form", _begin_form(request, episode))
    return render(request, "triage/running.html", context, status=status)


def _begin_form(request: MemberRequest, episode: Episode) -> BeginForm:
    diagnoses = Diagnosis.objects.visible_to(request.membership).filter(episode=episode).newest_first()
    newest = diagnoses.first()
    try:
        programmes = offered(release_for(request.membership), newest.condition_code if newest else "")
    except NoRelease:
        programmes = []
    return BeginForm(request.POST or None, programmes=programmes)


@require_POST
def programme_begin(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """Pinned to the release that the clinic uses today."""
    episode = episode_or_404(request, episode_id)
    form = _begin_form(request, episode)
    if form.is_valid():
        try:
            begin_programme(
                episode=episode,
                member=request.membership,
                release=release_for(request.membership),
                programme_code=form.cleaned_data["programme"],
                begun_on=form.cleaned_data["begun_on"],
                submission_id=form.cleaned_data["submission_id"],
            )
            return redirect(running_url(episode))
        except TriageError as refusal:
            form.add_error(None, str(refusal))
    return _page(request, episode, status=422, begin_form=form)


@require_POST
def criterion_tick(request: MemberRequest, programme_id: uuid.UUID) -> HttpResponse:
    programme = programme_or_404(request, programme_id)
    form = TickForm(request.POST)
    if form.is_valid():
        try:
            tick_criterion(
                programme=programme,
                member=request.membership,
                **{name: form.cleaned_data[name] for name in form.fields},
            )
            return redirect(f"{_url(programme)}#next")
        except TriageError as refusal:
            form.add_error(None, str(refusal))
    return _page(request, programme.episode, programme, status=422, refused=form)


@require_POST
def step_change(request: MemberRequest, programme_id: uuid.UUID) -> HttpResponse:
    """Forward, back, stay, finish, stop, take up again; what is typed stays when it is refused."""
    programme = programme_or_404(request, programme_id)
    form = StepForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            _move(request, programme, form)
            messages.success(request, MOVED[form.cleaned_data["kind"]])
            return redirect(_url(programme))
        except StaleVersion:
            status = 409
            form.add_error(None, "Somebody else changed this programme meanwhile. See how it stands now.")
        except (TriageError, ValidationError) as refusal:
            form.add_error(None, refusal if isinstance(refusal, ValidationError) else str(refusal))
    return _page(request, programme.episode, programme, status=status, refused=form)


def _move(request: MemberRequest, programme: EpisodeProgramme, form: StepForm) -> None:
    said = form.cleaned_data
    run: Run | None = None
    if said["run"]:
        runs = Run.objects.visible_to(request.membership).of_episode(programme.episode)
        run = get_object_or_404(runs, pk=said["run"])
    change_step(
        programme=programme,
        member=request.membership,
        version=said["version"],
        kind=said["kind"],
        rule=said["rule"],
        reason=said["reason"],
        run=run,
        submission_id=said["submission_id"],
    )


@require_safe
def programme_sheet(request: MemberRequest, programme_id: uuid.UUID) -> HttpResponse:
    """For the patient, on paper: every step with its criteria and stop rules, and room to write."""
    programme = programme_or_404(request, programme_id)
    context = {
        "programme": programme_shown(programme),
        "episode": programme.episode,
        "patient": programme.episode.patient,
        "lines": range(12),
    }
    return render(request, "triage/programme_sheet.html", context)


def programme_or_404(request: MemberRequest, programme_id: uuid.UUID) -> EpisodeProgramme:
    programmes = EpisodeProgramme.objects.of_clinic(request.membership)
    programme: EpisodeProgramme = get_object_or_404(programmes, pk=programme_id)
    programme.episode = episode_or_404(request, programme.episode_id)
    return programme


def running_url(episode: Episode) -> str:
    return reverse("triage:episode-running", args=[episode.pk])


def _url(programme: EpisodeProgramme) -> str:
    return reverse("triage:programme-detail", args=[programme.pk])
