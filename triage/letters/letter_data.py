"""A letter to a colleague, built from what was frozen when the visit was signed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from clinics.models import Membership
from triage.models import Letter, PatientItem
from triage.presentation import words
from triage.presentation.conditions import name_of
from triage.presentation.knowledge import Shelf, shelf
from triage.presentation.plan_page import PlanPage
from triage.presentation.reasons import Line, item_of, lines

CONDITIONS_SHOWN = 3
OTHER = "other"
BASIS = (
    "Shares are weights among the conditions of the knowledge (release {release}, engine {engine}), given "
    "what was recorded; the band holds nine of ten draws of the evidence. They are no diagnosis."
)
KINDS = {
    PatientItem.Kind.MEDICINE: "Medicines",
    PatientItem.Kind.ALLERGY: "Allergies",
    PatientItem.Kind.COMORBIDITY: "Comorbidities",
}


def letter_data(
    letter: Letter, *, member: Membership, plan: PlanPage | None, items: Sequence[PatientItem], day: dt.date
) -> dict[str, Any]:
    """All that the paper says, as plain text. `items` are the current ones."""
    assessment = letter.encounter.assessment
    frozen: dict[str, Any] = json.loads(bytes(assessment.output))
    known = shelf(assessment.release_sha256)
    patient = letter.episode.patient
    return {
        "title": f"{patient.given_name} {patient.family_name}, born {patient.birth_date:%-d %B %Y}",
        "clinic": member.clinic.name,
        "date": f"{day:%-d %B %Y}",
        "footer": f"{member.clinic.name} · confidential",
        "recipient": letter.recipient,
        "draft": not letter.is_sent,
        "facts": _facts(letter),
        "opening": letter.opening,
        "asked": letter.asked,
        "referral": _referral(letter),
        "visit": _visit(letter),
        "conditions": _conditions(frozen, known),
        "other": _other(frozen),
        "sections": [
            section
            for section in (
                *_safety(frozen, assessment.dismissals_json, known),
                {"title": "Diagnostic block", "lines": _blocks(assessment.case_json, known)},
                {"title": "Plan so far", "lines": _plan(plan)},
                *_record(items),
            )
            if section["lines"]
        ],
        "closing": letter.closing,
        "signed": str(member.user),
        "basis": BASIS.format(release=assessment.release_sha256[:12], engine=assessment.engine_version),
    }


def _facts(letter: Letter) -> list[list[str]]:
    patient, episode = letter.episode.patient, letter.episode
    person = [f"{patient.age_years} years", patient.get_sex_display().lower(), patient.sport]
    person.append(f"{patient.weekly_km} km a week" if patient.weekly_km is not None else "")
    side = "" if episode.side == "unknown" else f", {episode.get_side_display().lower()}"
    since = f", since {episode.onset_on:%B %Y}" if episode.onset_on else ""
    return [["Patient", ", ".join(filter(None, person))], ["Complaint", f"{episode.title}{side}{since}"]]


def _referral(letter: Letter) -> str:
    if letter.referral is None:
        return ""
    urgency = f"Urgency: {letter.referral.get_urgency_display().lower()}."
    reason = letter.referral.reason
    return urgency if reason.strip() == letter.asked.strip() else f"{urgency} {reason}"


def _visit(letter: Letter) -> str:
    held = timezone.localtime(letter.encounter.held_at)
    return f"Visit of {held:%-d %B %Y}, signed by {letter.encounter.signed_by}."


def _conditions(frozen: Mapping[str, Any], known: Shelf) -> list[dict[str, Any]]:
    """The first, and up to two more that are not very unlikely."""
    first, *rest = [row for row in frozen["hypotheses"] if row["condition"] != OTHER][:CONDITIONS_SHOWN]
    rest = [row for row in rest if words.share_words(row["share"]) != words.SHARE_WORDS[-1][1]]
    return [_condition(row, known) for row in (first, *rest)]


def _condition(row: Mapping[str, Any], known: Shelf) -> dict[str, Any]:
    told = [
        line for line in lines(row["bars"], row["condition"], known) if not line.words.startswith("where it")
    ]
    return {
        "name": name_of(row["condition"], known),
        "share": _share(row),
        "for_it": [_told(line) for line in told if line.direction == "for"],
        "against": [_told(line) for line in told if line.direction == "against"],
    }


def _share(row: Mapping[str, Any]) -> str:
    band = "" if row.get("low") is None else f" (band {row['low'] * 100:.0f}–{row['high'] * 100:.0f} %)"
    return f"{words.share_words(row['share'])}, {words.percent(row['share'])}{band}"


def _told(line: Line) -> str:
    answer = f": {line.answer}" if line.answer else ""
    side = f" ({line.side})" if line.side else ""
    return f"{line.name}{answer}{side} – {line.words}"


def _other(frozen: Mapping[str, Any]) -> str:
    row = next((row for row in frozen["hypotheses"] if row["condition"] == OTHER), None)
    return f"Something else than the conditions of the knowledge: {_share(row)}." if row else ""


def _safety(
    frozen: Mapping[str, Any], dismissals: Sequence[Mapping[str, Any]], known: Shelf
) -> list[dict[str, Any]]:
    aside = {row["rule"]: row["reason"] for row in dismissals}
    flags = [_flag(row, aside, known) for row in frozen.get("red_flags") or ()]
    rows = frozen.get("cant_miss") or ()
    states = {
        state: ", ".join(name_of(row["condition"], known) for row in rows if row["state"] == state)
        for state in ("alert", "not_screened", "excluded")
    }
    titles = {"alert": "On alert", "not_screened": "Not cleared, not yet screened", "excluded": "Cleared"}
    return [
        {"title": "Red flags", "lines": flags},
        {
            "title": "What must not be missed",
            "lines": [f"{titles[state]}: {names}" for state, names in states.items() if names],
        },
    ]


def _flag(flag: Mapping[str, Any], aside: Mapping[str, str], known: Shelf) -> str:
    rule = known.rules.get(flag["rule"], {})
    name = rule.get("name") or flag["rule"].replace("_", " ")
    if flag["rule"] in aside:
        return f"{name} – put aside: {aside[flag['rule']]}"
    urgency = words.URGENCY_TITLES.get(flag["urgency"], flag["urgency"])
    return f"{urgency}: {name}. {rule.get('action', '')}".strip()


def _blocks(case: Mapping[str, Any], known: Shelf) -> list[str]:
    """What the answers say of a block of nerve or joint."""
    found = []
    for row in case.get("observations", ()):
        item = item_of(known, row["finding"]) or {}
        if item.get("block") and row.get("level"):
            side = f" ({row['side']})" if row.get("side") else ""
            found.append(f"{item['name']}{side}: {known.catalogue.label(row['finding'], row['level'])}")
    return found


def _plan(page: PlanPage | None) -> list[str]:
    if page is None:
        return []
    found = [f"For: {page.condition}"]
    if page.plan.goal:
        found.append(f"The patient’s goal: {page.plan.goal}")
    for line in page.treatments:
        reason = f" ({line.row.stop_reason})" if line.row.stop_reason else ""
        found.append(f"{line.name} – {line.row.get_status_display().lower()}{reason}")
    found += [f"At home: {line.row.name}{f', {line.words}' if line.words else ''}" for line in page.exercises]
    found += [
        f"{'Perhaps' if line.perhaps else 'Mind'}: {line.text} On record: {'; '.join(line.because)}."
        for line in page.pressing
        if line.planned
    ]
    return found


def _record(items: Sequence[PatientItem]) -> list[dict[str, Any]]:
    """Each kind is said, also when nothing is recorded: silence would read as “none”."""
    return [
        {"title": title, "lines": [item.text for item in items if item.kind == kind] or ["none recorded"]}
        for kind, title in KINDS.items()
    ]
