from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.requests import MemberRequest
from triage.differential import case_document
from triage.errors import CautionApplies, NoRelease
from triage.forms_plan import CautionReasonForm, OwnTreatmentForm, PlanForm
from triage.models import Diagnosis, Encounter, Episode, Letter, Plan, PlannedTreatment
from triage.presentation.flags import flags_without_ranking
from triage.presentation.knowledge import Shelf, shelf
from triage.presentation.panel import RedFlag, red_flags
from triage.presentation.plan_page import newest_visit, plan_of, plan_page
from triage.presentation.plans import CautionLine, pressing_lines
from triage.services import add_treatment, pressing_cautions, start_plan, update_plan
from triage.services.encounters import release_for
from triage.views.access import answers_of, episode_or_404
from triage.views.diagnoses import condition_choices
from triage.views.differential import put_aside
from triage.views.posted import uuid_or_none
from triage.views.rendering import FormPage, record_form

FORM_METHODS = ["GET", "HEAD", "POST"]
CODE_LENGTH = 63


@require_safe
def plan_detail(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """The plan of one complaint; before there is one, the way to begin it."""
    episode = episode_or_404(request, episode_id)
    plan = plan_of(episode, request.membership)
    context: dict[str, Any] = {"episode": episode, "patient": episode.patient}
    if plan is None:
        context["likely"] = _likely(request, episode)[:3]
    else:
        context |= {"plan": plan, "page": plan_page(plan, request.membership)}
    letters = Letter.objects.visible_to(request.membership).of_episode(episode).newest_first()
    context["letters"] = list(letters)
    return render(request, "triage/plan_detail.html", context | flags_now(request, episode))


def flags_now(request: MemberRequest, episode: Episode) -> dict[str, Any]:
    """The red flags of the newest visit's answers with what stands on the patient's record now: a medicine
    noted since raises its flag here.
    """
    visit = newest_visit(episode, request.membership)
    if visit is None:
        return {"flags": ()}
    return {"flags": _flags(visit)}


def _flags(visit: Encounter) -> tuple[RedFlag, ...]:
    known = shelf(visit.release.sha256)
    fired = flags_without_ranking(known.catalogue.document, case_document(visit, answers_of(visit)))
    return red_flags(fired, known, put_aside(visit, fired))


def _likely(request: MemberRequest, episode: Episode) -> list[tuple[str, str]]:
    """Code and name: the recorded diagnosis, then the first of the last differential."""
    first, _ = condition_choices(request, episode)
    names = dict(_all_conditions(request))
    recorded = Diagnosis.objects.visible_to(request.membership).filter(episode=episode)
    newest = recorded.newest_first().first()
    codes = [newest.condition_code] if newest else []
    return [(code, names[code]) for code in dict.fromkeys([*codes, *dict(first)]) if code in names]


@require_http_methods(FORM_METHODS)
def plan_edit(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """Begin the plan, or change what it is for."""
    episode = episode_or_404(request, episode_id)
    plan = plan_of(episode, request.membership)
    member = request.membership
    likely = _likely(request, episode)
    chosen = request.GET.get("for", "")[:CODE_LENGTH] or (likely[0][0] if likely else "")
    form = PlanForm(
        request.POST or None,
        instance=plan_of(episode, member),
        likely=likely,
        conditions=_all_conditions(request, plan.condition_code if plan else ""),
        initial={} if plan else {"condition_code": chosen},
    )
    page = FormPage(
        "Change the plan" if plan else "Begin a plan",
        "Save" if plan else "Begin",
        plan_url(episode),
        lead="Treatments of the condition are offered next, with what to mind on this record.",
        patient=episode.patient,
        episode=episode,
    )

    def save(form: Any) -> Plan:
        values = form.record_values()
        if plan:
            return update_plan(plan=plan, member=member, version=form.cleaned_data["version"], **values)
        submission = form.cleaned_data["submission_id"]
        return start_plan(episode=episode, member=member, submission_id=submission, **values)

    return record_form(request, form, page, save=save, done=lambda saved: plan_url(episode))


def _all_conditions(request: MemberRequest, chosen: str = "") -> list[tuple[str, str]]:
    """Code and name by name; the one that was chosen stays, also when it was retired since."""
    try:
        known = shelf(release_for(request.membership).sha256).catalogue
    except NoRelease:
        return []
    rows = [row for row in known.rows("conditions") if "replaced_by" not in row]
    names = {row["code"]: str(row["name"]) for row in rows}
    if chosen:
        names.setdefault(chosen, known.name("condition", chosen))
    return sorted(names.items(), key=lambda pair: pair[1].casefold())


@require_POST
def plan_treatment_add(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """One press puts a treatment of the release on the plan. Where a caution applies on this record, a reason
    is asked for once.
    """
    episode, plan = plan_or_404(request, episode_id)
    known = shelf(release_for(request.membership).sha256)
    code, factor = (request.POST.get(name, "")[:CODE_LENGTH] for name in ("treatment", "factor"))
    if known.catalogue.treatment(code) is None:
        raise Http404
    form = CautionReasonForm(request.POST if "caution_reason" in request.POST else None)
    try:
        add_treatment(
            plan=plan,
            member=request.membership,
            treatment_code=code,
            stage=_stage(known, plan.condition_code, code),
            factor_code=factor if known.catalogue.contributing_factor(factor) else "",
            caution_reason=form.cleaned_data["caution_reason"] if form.is_bound and form.is_valid() else "",
            submission_id=uuid_or_none(request.POST.get("submission_id", "")),
        )
    except CautionApplies as caution:
        context = {
            "episode": episode,
            "patient": episode.patient,
            "name": known.catalogue.name("treatment", code),
            "lines": pressing_lines(caution.cautions, [], known),
            "form": form,
            "treatment": code,
            "factor": factor,
        }
        return render(request, "triage/plan_caution.html", context, status=422)
    messages.success(request, f"“{known.catalogue.name('treatment', code)}” is on the plan.")
    return redirect(f"{plan_url(episode)}#treatments")


def _stage(known: Shelf, condition: str, treatment: str) -> str:
    rows = known.catalogue.treatments_for(condition)
    stages = [str(row["stage"]) for row in rows if row["treatment"] == treatment]
    return stages[0] if stages else PlannedTreatment.Stage.ADJUNCT


@require_http_methods(FORM_METHODS)
def plan_treatment_new(request: MemberRequest, episode_id: uuid.UUID) -> HttpResponse:
    """A treatment in own words; its cautions are looked for by its name."""
    episode, plan = plan_or_404(request, episode_id)
    member = request.membership
    text = request.POST.get("text", "")
    pressing = pressing_cautions(plan=plan, member=member, text=text) if text.strip() else ()
    known = shelf(release_for(member).sha256)
    form = OwnTreatmentForm(request.POST or None, weigh=_sentences(pressing_lines(pressing, [], known)))
    return record_form(
        request,
        form,
        FormPage(
            "Treatment in own words",
            "Put on the plan",
            plan_url(episode),
            lead="For what the knowledge does not name.",
            patient=episode.patient,
            episode=episode,
        ),
        save=lambda form: add_treatment(
            plan=plan,
            member=member,
            submission_id=form.cleaned_data["submission_id"],
            caution_reason=form.cleaned_data.get("caution_reason", ""),
            **form.record_values(),
        ),
        done=lambda saved: f"{plan_url(episode)}#treatments",
    )


def _sentences(lines: tuple[CautionLine, ...]) -> list[str]:
    return [
        f"{'Perhaps' if line.perhaps else 'Caution'} – {', '.join(line.treatments)}: {line.text} "
        f"Because the record says: {'; '.join(line.because)}."
        for line in lines
    ]


def plan_or_404(request: MemberRequest, episode_id: uuid.UUID) -> tuple[Episode, Plan]:
    episode = episode_or_404(request, episode_id)
    plan = plan_of(episode, request.membership)
    if plan is None:
        raise Http404
    return episode, plan


def plan_url(episode: Episode) -> str:
    return reverse("triage:plan-detail", args=[episode.pk])
