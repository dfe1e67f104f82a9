from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from clinics.requests import MemberRequest
from triage.errors import AnswerError, DiscardedEncounter, SignedEncounter, StaleVersion
from triage.models import Encounter, Observation
from triage.presentation.answers import control_for
from triage.presentation.conflicts import conflict_of
from triage.presentation.reasons import item_of
from triage.services import Answer, record_observation
from triage.views.access import opened_or_404
from triage.views.differential import encounter_shelf
from triage.views.encounters import differential_context
from triage.views.posted import Unreadable, posted_answers
from triage.views.rendering import wants_fragment


@require_POST
def observation_set(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Save one answer; the differential comes back, and the row's new version beside it."""
    encounter, observations = opened_or_404(request, encounter_id)
    try:
        (answer,) = posted_answers(request.POST)
    except (Unreadable, ValueError):
        return _problem(
            request, "This answer could not be read. Reload the page and give it again.", status=400
        )
    try:
        row = _record(request, encounter, answer, observations)
    except StaleVersion as stale:
        conflict = conflict_of(encounter_shelf(encounter), answer.finding, answer.side, stale)
        return _aside(request, {"conflict": conflict}, status=409)
    except AnswerError as refusal:
        return _problem(request, str(refusal), status=422)
    except (SignedEncounter, DiscardedEncounter) as closed:
        messages.error(request, f"This answer was not saved. {closed}")
        page = reverse("triage:encounter-detail", args=[encounter.pk])
        return HttpResponseClientRedirect(page) if wants_fragment(request) else redirect(page)
    return _answered(request, encounter, answer, row, observations)


def _record(
    request: MemberRequest, encounter: Encounter, answer: Answer, known: list[Observation]
) -> Observation | None:
    return record_observation(
        encounter=encounter,
        member=request.membership,
        finding_code=answer.finding,
        level_code=answer.level,
        side=answer.side,
        status=answer.status,
        version=answer.version,
        known=known,
    )


def _answered(
    request: MemberRequest,
    encounter: Encounter,
    answer: Answer,
    row: Observation | None,
    observations: list[Observation],
) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(f"{reverse('triage:encounter-detail', args=[encounter.pk])}#row-{answer.finding}")
    context = differential_context(request, encounter, observations)
    item = item_of(encounter_shelf(encounter), answer.finding) or {"code": answer.finding}
    context["control"] = control_for(item, answer.side, row, encounter.episode.side)
    return render(request, "triage/_differential_answer.html", context)


def _problem(request: MemberRequest, text: str, *, status: int) -> HttpResponse:
    return _aside(request, {"problem": text}, status=status)


def _aside(request: MemberRequest, context: dict[str, object], *, status: int) -> HttpResponse:
    """Into the place above the form; the differential stays as it was."""
    response = render(request, "triage/_conflict.html", context, status=status)
    return reswap(retarget(response, "#conflict"), "outerHTML")
