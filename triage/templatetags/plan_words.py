from __future__ import annotations

from django import template
from django.urls import reverse

from triage.models import HomeExercise, LoadStep, PlannedTreatment, PlanPart, Referral

register = template.Library()
ROUTES: dict[type[PlanPart], str] = {
    PlannedTreatment: "treatment",
    HomeExercise: "exercise",
    LoadStep: "load",
    Referral: "referral",
}


@register.simple_tag
def part_url(row: PlanPart, verb: str) -> str:
    """Where a line of a plan is changed: `edit` for its form, `set` for one press."""
    return reverse(f"triage:plan-{ROUTES[type(row)]}-{verb}", args=[row.pk])
