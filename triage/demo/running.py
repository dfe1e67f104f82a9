"""A programme of the demo under way: shoes, steps entered and runs logged, in the order of the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import catalogue
from triage import services
from triage.models import Episode, EpisodeProgramme, StepChange

Row = Mapping[str, Any]


def seed_running(row: Row, *, episode: Episode, member: Membership) -> None:
    """Nothing where the release has no such programme."""
    release = services.release_for(member)
    if catalogue(release.sha256).row("programme", row["programme"]) is None:
        return
    shoes = {
        shoe["name"]: services.add_shoe(patient=episode.patient, member=member, **shoe)
        for shoe in row["shoes"]
    }
    programme = services.begin_programme(
        episode=episode,
        member=member,
        release=release,
        programme_code=row["programme"],
        begun_on=_day(row["begun_days_ago"]),
    )
    for event in row["log"]:
        values = {key: value for key, value in event.items() if key not in ("days_ago", "enter", "back")}
        if "enter" in event:
            _enter(programme, member, _day(event["days_ago"]))
        elif "back" in event:
            _move(programme, member, StepChange.Kind.BACK, _day(event["days_ago"]), reason=event["back"])
        else:
            values["shoe"] = shoes[values["shoe"]]
            services.log_run(episode=episode, member=member, ran_on=_day(event["days_ago"]), **values)


def _enter(programme: EpisodeProgramme, member: Membership, day: dt.date) -> None:
    """With every criterion ticked on that day."""
    programme.refresh_from_db()
    for place in services.open_criteria(programme, programme.step + 1):
        services.tick_criterion(
            programme=programme, member=member, step=programme.step + 1, criterion=place, met=True, met_on=day
        )
    _move(programme, member, StepChange.Kind.FORWARD, day)


def _move(
    programme: EpisodeProgramme, member: Membership, kind: str, day: dt.date, *, reason: str = ""
) -> None:
    programme.refresh_from_db()
    services.change_step(
        programme=programme,
        member=member,
        version=programme.version,
        kind=kind,
        reason=reason,
        changed_on=day,
    )


def _day(days_ago: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days_ago)
