"""What the release that the clinic uses now would say of a visit; a draft may be moved to it, and back."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinics.requests import MemberRequest
from knowledge.models import Release
from triage.comparing import Compared, compare_draft, compare_signed
from triage.errors import NotMoved, OtherRelease, StaleVersion, TriageError
from triage.models import Encounter, Observation
from triage.own_lists import own_list_state
from triage.presentation.hidden import hidden_comparison
from triage.presentation.moves import asked_again, comparison
from triage.services import move_draft, numbers_of, offered_release, undo_move
from triage.views.access import answers_of, encounter_or_404
from triage.views.posted import VERSION_DIGITS
from triage.views.rendering import page_or_fragment


@require_safe
def encounter_newer(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Before anything changes: what ranking under the clinic's release would do to this visit."""
    encounter = encounter_or_404(request, encounter_id)
    if not encounter.is_draft and not encounter.is_signed:
        return redirect("triage:encounter-detail", encounter.pk)
    return _page(request, encounter)


@require_POST
def encounter_move(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Move the draft to the release that the page showed."""
    encounter = encounter_or_404(request, encounter_id)
    offered = offered_release(encounter, request.membership)
    try:
        if offered is None or str(offered.number) != request.POST.get("release"):
            raise OtherRelease
        move = move_draft(
            encounter=encounter,
            member=request.membership,
            release=offered,
            version=_version(request),
            submission_id=_submission(request),
        )
    except (StaleVersion, OtherRelease) as conflict:
        return _page(request, encounter_or_404(request, encounter_id), conflict=conflict)
    except TriageError as refusal:
        messages.error(request, str(refusal))
        return redirect("triage:encounter-detail", encounter.pk)
    again = len(move.asked_again)
    listed = f" To ask again, listed beside the differential: {again}." if again else ""
    messages.success(request, f"This draft has release {offered.number} now.{listed}")
    return redirect("triage:encounter-detail", encounter.pk)


@require_POST
def encounter_move_undo(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Back to the release before, with the answers as they were recorded under it."""
    encounter = encounter_or_404(request, encounter_id)
    try:
        undo_move(encounter=encounter, member=request.membership, version=_version(request))
    except StaleVersion as conflict:
        return _page(request, encounter_or_404(request, encounter_id), conflict=conflict)
    except (NotMoved, TriageError) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Taken back: the draft has its earlier release again.")
    return redirect("triage:encounter-detail", encounter.pk)


def moves_context(encounter: Encounter, observations: list[Observation]) -> dict[str, Any]:
    """What earlier moves of this visit left to do. One query."""
    moves = list(encounter.release_moves.standing().oldest_first())
    undoable = [move for move in moves if not move.undoes_id and move.after_id == encounter.release_id]
    return {
        "asked_again": asked_again(moves, observations, release=encounter.release.sha256),
        "last_move": undoable[-1] if undoable and encounter.is_draft else None,
    }


def _page(
    request: MemberRequest, encounter: Encounter, *, conflict: TriageError | None = None
) -> HttpResponse:
    observations = answers_of(encounter)
    offered = offered_release(encounter, request.membership)
    context: dict[str, Any] = {
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "encounter_url": reverse("triage:encounter-detail", args=[encounter.pk]),
        "offered": offered,
        "older": offered is not None and offered.number < encounter.release.number,
        "submission_id": uuid.uuid4(),
        "conflict": conflict,
        **moves_context(encounter, observations),
    }
    if offered is not None:
        told = comparison(
            _compared(encounter, observations, offered),
            before=encounter.release.sha256,
            after=offered.sha256,
        )
        hides = own_list_state(encounter, request.membership).hides
        context["told"] = hidden_comparison(told) if hides else told
    return page_or_fragment(
        request,
        "triage/newer.html",
        context,
        fragment="triage/_newer.html",
        status=409 if conflict else 200,
    )


def _compared(encounter: Encounter, observations: list[Observation], offered: Release) -> Compared:
    if encounter.is_signed:
        return compare_signed(encounter.assessment, numbers_of(encounter.assessment), to=offered)
    return compare_draft(encounter, observations, to=offered)


def _version(request: MemberRequest) -> int:
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) <= VERSION_DIGITS else 0


def _submission(request: MemberRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("submission_id", ""))
    except ValueError:
        return None
