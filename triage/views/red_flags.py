from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinics.requests import MemberRequest
from triage.errors import TriageError
from triage.forms import DismissalForm
from triage.ranking import RankingError
from triage.services import dismiss_red_flag, restore_red_flag
from triage.views.access import answers_of, encounter_or_404
from triage.views.encounters import differential_context


@require_http_methods(["GET", "HEAD", "POST"])
def red_flag_dismiss(request: MemberRequest, encounter_id: uuid.UUID, rule: str) -> HttpResponse:
    """Put a fired red flag aside, with the reason on record."""
    encounter = encounter_or_404(request, encounter_id)
    if not encounter.is_draft:
        return redirect("triage:encounter-detail", encounter.pk)
    context = differential_context(request, encounter, answers_of(encounter))
    flag = next((flag for flag in context["panel"].open_flags if flag.code == rule), None)
    if flag is None:
        raise Http404
    form = DismissalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            dismiss_red_flag(encounter=encounter, member=request.membership, rule=rule, reason=reason)
        except (TriageError, RankingError) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(f"{reverse('triage:encounter-detail', args=[encounter.pk])}#differential")
    status = 422 if form.is_bound else 200
    return render(
        request, "triage/red_flag_dismiss.html", context | {"form": form, "flag": flag}, status=status
    )


@require_POST
def red_flag_restore(request: MemberRequest, encounter_id: uuid.UUID, rule: str) -> HttpResponse:
    encounter = encounter_or_404(request, encounter_id)
    try:
        restore_red_flag(encounter=encounter, member=request.membership, rule=rule)
    except TriageError as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('triage:encounter-detail', args=[encounter.pk])}#differential")
