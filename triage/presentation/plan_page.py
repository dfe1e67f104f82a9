"""Everything that a plan's page, print and PDF show, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clinics.models import Membership
from knowledge.compiled import release_with
from triage.models import (
    Encounter,
    Episode,
    HomeExercise,
    LoadStep,
    Observation,
    Plan,
    PlannedTreatment,
    PlanPart,
    Referral,
)
from triage.presentation.knowledge import Shelf, shelf
from triage.presentation.plans import (
    CautionLine,
    FactorLine,
    OfferStage,
    TreatmentLine,
    condition_name,
    dose_words,
    factor_codes,
    factor_lines,
    folded_lines,
    load_words,
    offers,
    pressing_lines,
    treatment_lines,
)
from triage.services import cautions_for
from triage.services.encounters import release_for


@dataclass(frozen=True)
class Worded:
    """A row with its dose or amount in words."""

    row: Any
    words: str


@dataclass(frozen=True)
class PlanPage:
    plan: Plan
    condition: str
    listed: bool
    release: str
    made_under: str  # the release it was made under where that is not the one shown
    pressing: tuple[CautionLine, ...]
    folded: tuple[CautionLine, ...]
    treatments: tuple[TreatmentLine, ...]
    offers: tuple[OfferStage, ...]
    factors: tuple[FactorLine, ...]
    exercises: tuple[Worded, ...]
    load_steps: tuple[Worded, ...]
    referrals: tuple[Referral, ...]
    dropped: tuple[tuple[str, PlanPart], ...]

    @property
    def not_addressed(self) -> tuple[FactorLine, ...]:
        return tuple(line for line in self.factors if not line.addressed)


def plan_of(episode: Episode, member: Membership) -> Plan | None:
    plan: Plan | None = Plan.objects.visible_to(member).of_episode(episode).first()
    if plan is not None:
        plan.episode = episode
    return plan


def plan_page(plan: Plan, member: Membership) -> PlanPage:
    """Queries: the release, four kinds of lines, the patient's items, two sorts of answers."""
    now = release_for(member)
    known = shelf(now.sha256)
    treatments, exercises, steps, referrals = (
        list(model.objects.visible_to(member).of_plan(plan).in_order())
        for model in (PlannedTreatment, HomeExercise, LoadStep, Referral)
    )
    planned = _kept(treatments)
    codes = [row.treatment_code for row in planned if row.treatment_code]
    found = cautions_for(plan=plan, member=member, treatments=codes, sha256=now.sha256)
    made = release_with(plan.release_id)
    return PlanPage(
        plan=plan,
        condition=condition_name(plan, known),
        listed=bool(plan.condition_code),
        release=str(now.number),
        made_under="" if made.pk == now.pk else str(made.number),
        pressing=pressing_lines(found, planned, known),
        folded=folded_lines(found, known),
        treatments=treatment_lines(planned, found, plan.condition_code, known),
        offers=offers(planned, found, plan.condition_code, known),
        factors=factor_lines(_looked_for(plan.episode, member, known), planned, known),
        exercises=tuple(Worded(row, dose_words(row)) for row in _kept(exercises)),
        load_steps=tuple(
            Worded(row, load_words(row)) for row in sorted(_kept(steps), key=lambda step: step.week)
        ),
        referrals=tuple(_kept(referrals)),
        dropped=tuple(
            (_named(row, known), row)
            for rows in (treatments, exercises, steps, referrals)
            for row in rows
            if row.dropped
        ),
    )


def episode_summary(plan: Plan, member: Membership) -> dict[str, Any]:
    """For the page of the complaint: counts, and what to mind of the treatments that are on the plan."""
    known = shelf(release_for(member).sha256)
    treatments, exercises, referrals = (
        list(model.objects.visible_to(member).of_plan(plan).kept())
        for model in (PlannedTreatment, HomeExercise, Referral)
    )
    codes = [row.treatment_code for row in treatments if row.treatment_code]
    found = cautions_for(plan=plan, member=member, treatments=codes, sha256=known.sha256)
    return {
        "plan": plan,
        "name": condition_name(plan, known),
        "open": sum(row.status in ("planned", "started") for row in treatments),
        "exercises": len(exercises),
        "awaited": sum(row.answered_on is None for row in referrals),
        "pressing": [line for line in pressing_lines(found, treatments, known) if line.planned],
    }


def _kept(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if not row.dropped]


def _named(row: PlanPart, known: Shelf) -> str:
    if isinstance(row, PlannedTreatment):
        return row.text or known.catalogue.name("treatment", row.treatment_code)
    return str(row)


def _looked_for(episode: Episode, member: Membership, known: Shelf) -> Any:
    rows = Observation.objects.visible_to(member).of_episode(episode).answered()
    return rows.of_findings(factor_codes(known.sha256)).oldest_visit_first()


def newest_visit(episode: Episode, member: Membership, *, signed: bool = False) -> Encounter | None:
    visits = Encounter.objects.visible_to(member).of_episode(episode).kept().with_patient()
    found: Encounter | None = (visits.signed() if signed else visits).newest_first().first()
    return found
