"""A plan in plain words for the patient to take home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from clinics.models import Membership
from triage.models import PlannedTreatment
from triage.presentation.plan_page import PlanPage

OVER = {PlannedTreatment.Status.STOPPED, PlannedTreatment.Status.DONE}
# Expert estimate: signs after which going on alone is not safe, whatever the plan is for.
STOP = (
    "Stop and call the clinic when the pain grows from day to day, wakes you at night, or when swelling, "
    "numbness, weakness, fever or a wound is new. Call an ambulance for chest pain or breathlessness."
)


def plan_data(page: PlanPage, member: Membership, *, day: dt.date) -> dict[str, Any]:
    patient, episode = page.plan.episode.patient, page.plan.episode
    return {
        "title": f"Plan for {patient.given_name} {patient.family_name}",
        "clinic": member.clinic.name,
        "footer": f"{member.clinic.name} · {day:%-d %B %Y}",
        "facts": [
            ["Born", f"{patient.birth_date:%-d %B %Y}"],
            ["Complaint", episode.title + _side(episode)],
            ["Plan for", page.condition],
        ],
        "goal": page.plan.goal,
        "sections": [section for section in _sections(page) if section["lines"]],
        "load": [[str(line.row.week), line.words, line.row.note] for line in page.load_steps],
        "load_note": page.plan.load_note,
        "stop_title": "When to stop:",
        "stop": STOP,
    }


def _side(episode: Any) -> str:
    return "" if episode.side == "unknown" else f" ({episode.get_side_display().lower()})"


def _sections(page: PlanPage) -> Iterable[dict[str, Any]]:
    yield {
        "title": "Treatments",
        "lines": [
            {"what": line.name, "words": _when(line.row), "more": _lines(line.row.note)}
            for line in page.treatments
            if line.row.status not in OVER
        ],
    }
    yield {
        "title": "At home",
        "lines": [
            {
                "what": line.row.name,
                "words": line.words,
                "more": [
                    *_lines(line.row.how),
                    *([f"Pain: {line.row.pain_rule}"] if line.row.pain_rule else []),
                ],
            }
            for line in page.exercises
            if line.row.status not in OVER
        ],
    }
    yield {
        "title": "Others who will look at it",
        "lines": [
            {"what": row.to_whom, "words": row.get_urgency_display().lower(), "more": _lines(row.reason)}
            for row in page.referrals
            if row.answered_on is None
        ],
    }


def _when(row: Any) -> str:
    return f"since {row.started_on:%-d %B %Y}" if row.started_on else ""


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
