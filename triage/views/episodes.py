from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinics.requests import MemberRequest
from triage.forms import EncounterForm
from triage.forms_episode import EpisodeForm
from triage.models import Encounter, Episode
from triage.presentation.episodes import places_of
from triage.services import start_encounter, start_episode, update_encounter, update_episode
from triage.views.access import encounter_or_404, episode_or_404, patient_or_404
from triage.views.patients import patient_url
from triage.views.rendering import FormPage, record_form

FORM_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(FORM_METHODS)
def episode_new(request: MemberRequest, patient_id: uuid.UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    return record_form(
        request,
        EpisodeForm(request.POST or None, sites=places_of(request.membership)),
        FormPage(
            "New complaint",
            "Continue to the visit",
            patient_url(patient),
            lead="One complaint on one side; a second one gets its own.",
            patient=patient,
        ),
        save=lambda form: start_episode(
            patient=patient,
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            **form.record_values(),
        ),
        done=lambda episode: reverse("triage:encounter-new", args=[episode.pk]),
    )


@require_http_methods(FORM_METHODS)
def episode_edit(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    episode = episode_or_404(request, episode_id)
    again = episode_or_404(request, episode_id)
    return record_form(
        request,
        EpisodeForm(request.POST or None, instance=again, sites=places_of(request.membership)),
        FormPage("Edit complaint", "Save", _episode_url(episode), patient=episode.patient, episode=episode),
        save=lambda form: update_episode(
            episode=episode,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=_episode_url,
    )


@require_http_methods(FORM_METHODS)
def encounter_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    episode = episode_or_404(request, episode_id)
    return record_form(
        request,
        EncounterForm(request.POST or None),
        FormPage(
            "New visit",
            "Start the visit",
            _episode_url(episode),
            patient=episode.patient,
            episode=episode,
        ),
        save=lambda form: start_encounter(
            episode=episode,
            member=request.membership,
            submission_id=form.cleaned_data["submission_id"],
            **form.record_values(),
        ),
        done=_encounter_url,
    )


@require_http_methods(FORM_METHODS)
def encounter_edit(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """When and where the visit is held; the answers have their own page."""
    encounter = encounter_or_404(request, encounter_id)
    if not encounter.is_draft:
        return redirect(_encounter_url(encounter))
    episode = encounter.episode
    return record_form(
        request,
        EncounterForm(request.POST or None, instance=encounter_or_404(request, encounter_id)),
        FormPage("Edit visit", "Save", _encounter_url(encounter), patient=episode.patient, episode=episode),
        save=lambda form: update_encounter(
            encounter=encounter,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=_encounter_url,
    )


def _episode_url(episode: Episode) -> str:
    return reverse("triage:episode-detail", args=[episode.pk])


def _encounter_url(encounter: Encounter) -> str:
    return reverse("triage:encounter-detail", args=[encounter.pk])
