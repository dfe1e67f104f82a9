from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinics.requests import MemberRequest
from triage.errors import AnswersRefused, DiscardedEncounter, SignedEncounter, StaleVersion
from triage.forms import AddendumForm
from triage.models import Encounter, Observation
from triage.own_lists import own_list_state
from triage.presentation.answers import recorded_by_key, sections
from triage.presentation.blocks import view_of
from triage.presentation.conflicts import conflict_of
from triage.presentation.hidden import hidden_panel
from triage.presentation.own_lists import own_line
from triage.presentation.searching import search
from triage.services import offered_release, record_many
from triage.views.access import answers_of, encounter_or_404, opened_or_404
from triage.views.differential import encounter_shelf, panel_of
from triage.views.following import before_of, follow_up_context, record_context
from triage.views.moves import moves_context
from triage.views.posted import Unreadable, posted_answers
from triage.views.rendering import page_or_fragment, wants_fragment
from triage.views.unsent import restore

QUERY_LENGTH = 80


@require_safe
def encounter_detail(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """The workspace of a draft, the record of a signed visit."""
    encounter, observations = opened_or_404(request, encounter_id)
    if encounter.is_signed:
        return signed_page(request, encounter, AddendumForm())
    if not encounter.is_draft:
        messages.warning(request, "This draft was discarded. It can be restored below.")
        return redirect("triage:episode-detail", encounter.episode_id)
    context = differential_context(request, encounter, observations)
    if not request.htmx:
        context["newer"] = offered_release(encounter, request.membership)
        context |= moves_context(encounter, observations)
        context |= follow_up_context(encounter, observations)
        context["sections"] = sections(
            encounter_shelf(encounter).catalogue,
            observations,
            encounter.episode.side,
            before_of(encounter),
        )
    return page_or_fragment(
        request, "triage/encounter_detail.html", context, fragment="triage/_differential_answer.html"
    )


def signed_page(
    request: MemberRequest, encounter: Encounter, form: AddendumForm, *, status: int = 200
) -> HttpResponse:
    observations = answers_of(encounter)
    context = differential_context(request, encounter, observations) | record_context(encounter, observations)
    context |= {
        "newer": offered_release(encounter, request.membership),
        **moves_context(encounter, observations),
        "own_lists": encounter.own_lists.oldest_first().select_related("by"),
        "addenda": encounter.addenda.oldest_first().select_related("author"),
        "assessment": encounter.assessment,
        "blocks": [view_of(row) for row in encounter.blocks.given().with_all().oldest_first()],
        "form": form,
        "unsent": restore(request, form, path=reverse("triage:addendum-new", args=[encounter.pk])),
    }
    return page_or_fragment(
        request,
        "triage/encounter_signed.html",
        context,
        fragment="triage/_differential_answer.html",
        status=status,
    )


def differential_context(
    request: MemberRequest, encounter: Encounter, observations: list[Observation], *, opened: str = ""
) -> dict[str, Any]:
    """What the identity bar and the differential need, on every page of a visit."""
    asked = request.POST if request.method == "POST" else request.GET
    own = own_list_state(encounter, request.membership)
    panel = panel_of(encounter, asked, observations, opened=opened)
    return {
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "encounter_url": reverse("triage:encounter-detail", args=[encounter.pk]),
        "observation_url": reverse("triage:observation-set", args=[encounter.pk]),
        "panel": hidden_panel(panel) if own.hides else panel,
        "own_line": own_line(own.row),
    }


@require_safe
def hypothesis_detail(request: MemberRequest, encounter_id: uuid.UUID, condition: str) -> HttpResponse:
    """One row opened: within the panel for htmx, on a page of its own otherwise."""
    encounter, observations = opened_or_404(request, encounter_id)
    context = differential_context(request, encounter, observations, opened=condition)
    panel = context["panel"]
    if panel.hidden and not wants_fragment(request):
        return redirect("triage:own-list", encounter.pk)
    row = next((row for row in panel.rows if row.condition == condition), None)
    if row is None and not panel.unavailable and not panel.hidden:
        raise Http404
    context["row"] = row
    return page_or_fragment(
        request, "triage/hypothesis_detail.html", context, fragment="triage/_differential_answer.html"
    )


@require_safe
def encounter_search(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """Findings that fit the words; from the second letter on."""
    encounter = encounter_or_404(request, encounter_id)
    query = request.GET.get("q", "").strip()[:QUERY_LENGTH]
    recorded = recorded_by_key(encounter.observations.in_order())
    enough = len(query) > 1
    context = {
        "query": query,
        "results": search(encounter_shelf(encounter), query, recorded, encounter.episode.side)
        if enough
        else None,
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "encounter_url": reverse("triage:encounter-detail", args=[encounter.pk]),
    }
    return page_or_fragment(
        request, "triage/encounter_search.html", context, fragment="triage/_search_results.html"
    )


@require_POST
def encounter_save(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    """The whole form at once, for a browser without JavaScript."""
    encounter = encounter_or_404(request, encounter_id)
    try:
        changed = record_many(
            encounter=encounter, member=request.membership, answers=posted_answers(request.POST)
        )
    except AnswersRefused as refused:
        return _refused(request, encounter, refused)
    except Unreadable:
        return render(request, "400.html", status=400)
    except (SignedEncounter, DiscardedEncounter) as closed:
        messages.error(request, f"Nothing was saved. {closed}")
        return redirect("triage:encounter-detail", encounter.pk)
    messages.success(request, f"Saved: {len(changed)} answer{'' if len(changed) == 1 else 's'} changed.")
    return redirect("triage:encounter-detail", encounter.pk)


def _refused(request: MemberRequest, encounter: Encounter, refused: AnswersRefused) -> HttpResponse:
    """Mine and theirs for each answer somebody else gave meanwhile; the rest of the form travels along."""
    known = encounter_shelf(encounter)
    conflicts = [
        conflict_of(known, answer.finding, answer.side, error)
        for answer, error in refused.problems
        if isinstance(error, StaleVersion)
    ]
    settled = {name for conflict in conflicts for name in (conflict.field, conflict.version_field)}
    context = {
        "encounter": encounter,
        "episode": encounter.episode,
        "patient": encounter.episode.patient,
        "encounter_url": reverse("triage:encounter-detail", args=[encounter.pk]),
        "conflicts": conflicts,
        "problems": [str(error) for _, error in refused.problems if not isinstance(error, StaleVersion)],
        "kept": [
            (name, value)
            for name, value in request.POST.items()
            if name[:2] in {"o:", "v:"} and name not in settled
        ],
    }
    return render(request, "triage/encounter_conflict.html", context, status=409 if conflicts else 422)
