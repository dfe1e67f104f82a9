"""The lines of a plan: exercises, running load, referrals; changing, taking off, putting back, undoing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinics.requests import MemberRequest
from triage.errors import StaleVersion, TriageError
from triage.forms import RecordForm
from triage.forms_plan import ExerciseForm, LoadStepForm, ReferralForm, TreatmentForm
from triage.models import HomeExercise, LoadStep, Plan, PlannedTreatment, PlanPart, Referral
from triage.services import add_part, add_referral, undo_change, update_part
from triage.views.access import episode_or_404
from triage.views.plans import FORM_METHODS, plan_or_404, plan_url
from triage.views.posted import version_of
from triage.views.rendering import FormPage, record_form

MODELS: dict[str, type[PlanPart]] = {
    "planned_treatment_id": PlannedTreatment,
    "home_exercise_id": HomeExercise,
    "load_step_id": LoadStep,
    "referral_id": Referral,
}
FORMS: dict[type[PlanPart], tuple[type[RecordForm], str]] = {
    PlannedTreatment: (TreatmentForm, "Change the treatment"),
    HomeExercise: (ExerciseForm, "Change the exercise"),
    LoadStep: (LoadStepForm, "Change the week"),
    Referral: (ReferralForm, "Change the referral"),
}
STATUSES = {"planned", "started", "done"}  # stopping asks for a reason, on the form


@require_http_methods(FORM_METHODS)
def plan_exercise_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    page = ("Exercise at home", "Leave empty what does not matter; the patient gets what is filled in.")
    return _new(request, episode_id, ExerciseForm, page, HomeExercise)


@require_http_methods(FORM_METHODS)
def plan_load_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    page = ("A week of running", "One row for each week, counted from the start of the plan.")
    return _new(request, episode_id, LoadStepForm, page, LoadStep)


@require_http_methods(FORM_METHODS)
def plan_referral_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    page = ("Referral", "It stands on the worklist until its answer is on record.")
    return _new(request, episode_id, ReferralForm, page, Referral)


def _new(
    request: MemberRequest,
    episode_id: uuid.UUID,
    form_class: type[RecordForm],
    words: tuple[str, str],
    model: type[PlanPart],
) -> HttpResponse:
    episode, plan = plan_or_404(request, episode_id)
    heading, lead = words
    save = _save_referral if model is Referral else _save_part(model)
    return record_form(
        request,
        form_class(request.POST or None),
        FormPage(
            heading, "Put on the plan", plan_url(episode), lead=lead, patient=episode.patient, episode=episode
        ),
        save=lambda form: save(request, plan, form),
        done=lambda saved: plan_url(episode),
    )


def _save_part(model: type[PlanPart]) -> Callable[[MemberRequest, Plan, RecordForm], PlanPart]:
    def save(request: MemberRequest, plan: Plan, form: RecordForm) -> PlanPart:
        submission = form.cleaned_data["submission_id"]
        return add_part(
            model, plan=plan, member=request.membership, submission_id=submission, **form.record_values()
        )

    return save


def _save_referral(request: MemberRequest, plan: Plan, form: RecordForm) -> Referral:
    return add_referral(
        plan=plan,
        member=request.membership,
        due_on=form.cleaned_data["due_on"],
        submission_id=form.cleaned_data["submission_id"],
        **form.record_values(),
    )


@require_http_methods(FORM_METHODS)
def plan_part_edit(request: MemberRequest, **key: uuid.UUID) -> HttpResponse:
    part, fresh = _part_or_404(request, key), _part_or_404(request, key)
    form_class, heading = FORMS[type(part)]
    episode = part.plan.episode
    return record_form(
        request,
        form_class(request.POST or None, instance=fresh),
        FormPage(heading, "Save", plan_url(episode), patient=episode.patient, episode=episode),
        save=lambda form: update_part(
            part=part,
            member=request.membership,
            version=form.cleaned_data["version"],
            **form.record_values(),
        ),
        done=lambda saved: plan_url(episode),
    )


@require_POST
def plan_part_set(request: MemberRequest, **key: uuid.UUID) -> HttpResponse:
    """One press: another status, taken off, put back, or the last change undone."""
    part = _part_or_404(request, key)
    said = request.POST.get("set", "")
    if said == "undo":
        return _answer(
            request, part, lambda version: undo_change(row=part, member=request.membership, version=version)
        )
    changes = _changes(part, said)
    if not changes:
        messages.error(request, "Nothing was changed: this line does not know that step.")
        return redirect(plan_url(part.plan.episode))
    return _answer(
        request,
        part,
        lambda version: update_part(part=part, member=request.membership, version=version, **changes),
    )


def _changes(part: PlanPart, said: str) -> dict[str, Any]:
    if said in ("off", "on"):
        return {"dropped": said == "off"}
    if said not in STATUSES or not isinstance(part, PlannedTreatment | HomeExercise):
        return {}
    today = timezone.localdate()
    began = None if said == "planned" else part.started_on or today
    return {
        "status": said,
        "started_on": began,
        "ended_on": today if said == "done" else None,
        "stop_reason": "",
    }


def _answer(request: MemberRequest, part: PlanPart, act: Callable[[int], Any]) -> HttpResponse:
    try:
        act(version_of(request.POST))
    except StaleVersion:
        messages.warning(request, "Somebody else changed this line meanwhile; look again.")
    except TriageError as refusal:
        messages.error(request, str(refusal))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(plan_url(part.plan.episode))


def _part_or_404(request: MemberRequest, key: dict[str, uuid.UUID]) -> Any:
    (name, pk), *_ = key.items()
    part: Any = get_object_or_404(MODELS[name].objects.of_clinic(request.membership).with_plan(), pk=pk)
    part.plan.episode = episode_or_404(request, part.plan.episode_id)
    return part


@require_POST
def plan_undo(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """What the plan is for, its goal and its words as they were before the last change."""
    episode, plan = plan_or_404(request, episode_id)
    try:
        undo_change(row=plan, member=request.membership, version=version_of(request.POST))
    except StaleVersion:
        messages.warning(request, "Somebody else changed the plan meanwhile; look again.")
    except TriageError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The plan is as it was before. Undo once more to take that back.")
    return redirect(plan_url(episode))
