"""Plans, referrals and the way back to running of some drawn patients, through the services of the pages.

Few are enough to fill every page, and what the services ask – cautions against the record, steps in their
order – is asked here too. Nothing of it is drawn, and nothing of it feeds a differential.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import catalogue
from triage import services
from triage.demo.sampled.opinions import first_conditions
from triage.demo.sampled.patients import Desk, EpisodeRow, PatientRow
from triage.errors import CautionApplies
from triage.models import HomeExercise, Plan, Referral, Run, Shoe

ONE_OF = 25  # patients
TREATMENTS = 2
RUNS = ((9, 2, 1, 1), (6, 3, 2, 1), (3, 4, 4, 3))  # days ago, km, pain during, pain next morning
REASON = "Talked through with the patient; watched closely."
WATCHED = "Up to 3 of 10, gone by the next morning"


@dataclass(frozen=True)
class Cared:
    """A complaint that is looked after, and as what."""

    desk: Desk
    episode: EpisodeRow
    member: Membership
    condition: str

    def id_of(self, place: str) -> uuid.UUID:
        return self.desk.id_of(f"{self.episode.row.submission_id}/care/{place}")


def write_care(desk: Desk, patients: list[PatientRow]) -> None:
    """For one of so many patients: a plan of the first complaint with a signed visit, and what follows."""
    document = catalogue(desk.release.sha256).document
    for patient in patients:
        if patient.drawn.number % ONE_OF == 0:
            for episode, condition in _believed(patient):
                cared = Cared(desk, episode, patient.member, condition)
                _plan(cared, document)
                _run_again(cared, document)


def _believed(patient: PatientRow) -> Iterator[tuple[EpisodeRow, str]]:
    """The first complaint with a signed visit, with what its last differential named first."""
    for episode in patient.episodes:
        signed = [visit for visit in episode.visits if not visit.drawn.is_draft]
        if signed and (named := first_conditions(signed[-1].says.brief)):
            yield episode, named[0]
            return


def _plan(cared: Cared, document: Mapping[str, Any]) -> None:
    plan = services.start_plan(
        episode=cared.episode.row,
        member=cared.member,
        submission_id=cared.id_of("plan"),
        condition_code=cared.condition,
        goal="Run ten kilometres without thinking of the foot",
    )
    rows = [row for row in document["condition_treatments"] if row["condition"] == cared.condition]
    for row in [row for row in rows if row["stage"] == "first_line"][:TREATMENTS]:
        _treat(cared, plan, row)
    services.add_part(
        HomeExercise,
        plan=plan,
        member=cared.member,
        submission_id=cared.id_of("exercise"),
        name="Slow single-leg heel raise",
        sets=3,
        repetitions=12,
        days_a_week=5,
        pain_rule=WATCHED,
    )
    services.add_referral(
        plan=plan,
        member=cared.member,
        submission_id=cared.id_of("referral"),
        to_whom="Foot and ankle surgeon",
        reason="What else, if three months of this do not help?",
        urgency=Referral.Urgency.CAUTION,
        referred_on=timezone.localdate(cared.desk.now),
        due_on=timezone.localdate(cared.desk.now) + dt.timedelta(days=14),
    )


def _treat(cared: Cared, plan: Plan, row: Mapping[str, Any]) -> None:
    """With a reason where the record speaks against it."""
    asked: dict[str, Any] = {
        "plan": plan,
        "member": cared.member,
        "treatment_code": row["treatment"],
        "stage": row["stage"],
        "submission_id": cared.id_of(f"{row['treatment']}"),
    }
    try:
        services.add_treatment(**asked)
    except CautionApplies:
        services.add_treatment(**asked, caution_reason=REASON)


def _run_again(cared: Cared, document: Mapping[str, Any]) -> None:
    """Where the release has a programme for the condition: its first step, a shoe and three runs."""
    fits = [row for row in document.get("programmes", ()) if cared.condition in row.get("conditions", ())]
    if not fits:
        return
    today = timezone.localdate(cared.desk.now)
    begun_on = today - dt.timedelta(days=10)
    services.begin_programme(
        episode=cared.episode.row,
        member=cared.member,
        release=cared.desk.release,
        programme_code=fits[0]["code"],
        begun_on=begun_on,
        submission_id=cared.id_of("programme"),
    )
    shoe = services.add_shoe(
        patient=cared.episode.row.patient,
        member=cared.member,
        submission_id=cared.id_of("shoe"),
        name="Daily trainer",
        kind=Shoe.Kind.TRAINER,
        km_at_start=120,
    )
    for days_ago, distance_km, during, next_morning in RUNS:
        services.log_run(
            episode=cared.episode.row,
            member=cared.member,
            submission_id=cared.id_of(f"run/{days_ago}"),
            ran_on=today - dt.timedelta(days=days_ago),
            kind=Run.Kind.WALK_RUN,
            distance_km=distance_km,
            pain_during=during,
            pain_next_morning=next_morning,
            shoe=shoe,
        )
