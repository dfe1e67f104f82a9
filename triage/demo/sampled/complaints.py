"""A complaint from its onset to its proof: visits over weeks, what each finds, and how it ends.

Whether a complaint is proven is a throw of its own, the same for every truth and blind to what the engine
says; by what it is proven hangs on the nature of the truth. A judgement without proof is the truth four times
in five, else anything. An answer is drawn once: later visits know what earlier ones found and ask on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from triage.demo.sampled.interview import PLACE, Interview
from triage.demo.sampled.people import SHOWN, Person, Random, one_of, pick, population, rare
from triage.demo.sampled.scores import Series, draw_series
from triage.ranking import Case, Observation
from triage.ranking.model import OTHER

SIDES = {"left": 0.47, "right": 0.47, "both": 0.06}
VISITS = {"1": 0.45, "2": 0.3, "3": 0.17, "4": 0.08}
LATEST_FIRST_DAYS = 540  # the clinic has been sampled for a year and a half
GAP_DAYS = (10, 42)
INTAKE, EXAM = (6, 11), (5, 10)  # findings at the first visit, beside the place of pain
LATER = {"intake": (0, 2), "exam": (1, 3), "investigation": (1, 2)}
PROVEN, JUDGED, JUDGED_RIGHT = 0.6, 0.2, 0.8  # of finished complaints; the rest has no diagnosis
MOST_ENDINGS = 2  # a judgement, then its proof
PROOF_DAYS = (3, 28)  # from the last visit until the proof is there
FIRST_THOUGHT, SECOND_THOUGHT = 0.5, 0.2  # places of the truth in a clinician's own list
MISSED = 0.03  # of later visits the patient did not come to
ONSET_DAYS = {"days": (1, 13), "weeks": (14, 84), "months": (85, 365), "years": (366, 1500)}
GRADES = {
    "nerve": {"electrodiagnosis": 0.4, "block": 0.3, "resolution": 0.3},
    "bone": {"imaging": 0.9, "resolution": 0.1},
    "tendon": {"imaging": 0.55, "resolution": 0.35, "surgery": 0.1},
    "": {"imaging": 0.5, "resolution": 0.4, "surgery": 0.1},
}


@dataclass(frozen=True)
class Visit:
    """`case` is all that is known by then, `new` what this visit found."""

    held_at: dt.datetime
    case: Case
    new: tuple[Observation, ...]
    note: str = ""
    addendum: str = ""
    dismisses: bool = False
    is_draft: bool = False


@dataclass(frozen=True)
class Ending:
    """What was said in the end: `condition` empty and `text` given for what the release does not hold."""

    grade: str
    condition: str
    text: str
    day: dt.date


@dataclass(frozen=True)
class Complaint:
    truth: str
    title: str
    side: str
    onset_on: dt.date
    visits: tuple[Visit, ...]
    next_on: dt.date | None  # of a visit that was planned and not held yet
    endings: tuple[Ending, ...]  # the last one counts
    closed: bool
    series: Series
    thought: tuple[tuple[str, str], ...]  # code and name of what a clinician thought first, best first


@dataclass(frozen=True)
class Drawing:
    """What all patients of a sample share."""

    interview: Interview
    natures: Mapping[str, str]  # by condition
    names: Mapping[str, str]  # by condition
    places: Mapping[str, str]  # names of the levels of the place of pain
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)


def draw_complaint(drawing: Drawing, person: Person, number: int, random: Random, *, last: bool) -> Complaint:
    """`number` is the patient's; rare things happen in the last complaint of a patient."""
    draft = last and rare(number, 300, 5)
    days, next_on = _days(drawing.today, random, draft=draft, waits=last and rare(number, 300, 8))
    side = pick(random, SIDES)
    interview = drawing.interview
    bare = _bare_case(person, side, days[0])
    truth = interview.truth(bare, random)
    visits = _visits(drawing, bare, truth, days, random)
    if number < SHOWN:
        visits = tuple(replace(visit, dismisses=True) for visit in visits)
    if draft:
        visits = (*visits[:-1], replace(visits[-1], is_draft=True, addendum="", dismisses=False))
    proven_on = days[-1] + dt.timedelta(days=int(random.integers(*PROOF_DAYS, endpoint=True)))
    finished = next_on is None and not draft and proven_on <= drawing.today
    code = interview.code(truth)
    return Complaint(
        truth=code,
        title=_title(drawing, visits[0].case),
        side=side,
        onset_on=days[0] - dt.timedelta(days=_onset_days(visits[-1].case, random)),
        visits=visits,
        next_on=next_on,
        endings=_endings(drawing, code, proven_on, random) if finished else (),
        closed=finished and random.random() < 0.85,
        series=draw_series(
            random, [visit.held_at for visit in visits], drawing.now, shows=last, number=number
        ),
        thought=_thought(drawing, code, random),
    )


def _days(
    today: dt.date, random: Random, *, draft: bool, waits: bool
) -> tuple[list[dt.date], dt.date | None]:
    """Days of the visits held, and of the next one that was planned (`waits`: there is one)."""
    planned = max(int(pick(random, VISITS)), 2 if waits else 1)
    gaps = random.integers(*GAP_DAYS, size=planned, endpoint=True).tolist()
    if draft:
        first = today - dt.timedelta(days=sum(gaps[1:]))
    elif waits:  # the first was a week ago, the next is to come
        first = today - dt.timedelta(days=7)
    else:
        first = today - dt.timedelta(days=int(random.integers(1, LATEST_FIRST_DAYS, endpoint=True)))
    days = [first]
    for gap in gaps[1:]:
        days.append(days[-1] + dt.timedelta(days=gap))
    days = days if draft else [_weekday(day) for day in days]
    missed = not draft and planned > 1 and random.random() < MISSED
    held = [day for day in days if day <= today and (draft or day < today)]
    if missed and len(held) == planned:
        held = held[:-1]
    return held, days[len(held)] if len(held) < planned else None


def _weekday(day: dt.date) -> dt.date:
    """The day, or the Friday before a weekend."""
    return day - dt.timedelta(days=max(0, day.weekday() - 4))


def _bare_case(person: Person, side: str, day: dt.date) -> Case:
    """As the engine sees the patient before the first answer (`triage.differential.case_document`)."""
    return Case(
        setting=person.setting,
        age_years=person.age_on(day),
        sex=person.sex if person.sex in ("female", "male") else None,
        side=side,
        risk_factors=person.factors,
        observations=(),
        allergies=tuple(sorted(item.code for item in person.items if item.kind == "allergy" and item.code)),
    )


def _visits(
    drawing: Drawing, bare: Case, truth: int, days: list[dt.date], random: Random
) -> tuple[Visit, ...]:
    interview, case, visits = drawing.interview, bare, []
    for at, day in enumerate(days):
        known = case.observations
        if at == 0:
            case = interview.begin(case, truth, random)
            case = interview.go_on(case, truth, "intake", int(random.integers(*INTAKE)), random)
            case = interview.go_on(case, truth, "exam", int(random.integers(*EXAM)), random)
        else:
            for stage, (low, high) in LATER.items():
                case = interview.go_on(
                    case, truth, stage, int(random.integers(low, high, endpoint=True)), random
                )
        visits.append(_visit(drawing, day, case, case.observations[len(known) :], random))
    return tuple(visits)


def _visit(drawing: Drawing, day: dt.date, case: Case, new: tuple[Observation, ...], random: Random) -> Visit:
    about: dict[str, Any] = population()
    minute = int(random.integers(8 * 12, 17 * 12)) * 5
    at = timezone.make_aware(dt.datetime.combine(day, dt.time(minute // 60, minute % 60)))
    return Visit(
        held_at=min(at, drawing.now),
        case=case,
        new=new,
        note=one_of(random, about["notes"]) if random.random() < 0.3 else "",
        addendum=one_of(random, about["addenda"]) if random.random() < 0.04 else "",
        dismisses=random.random() < 0.25,
    )


def _title(drawing: Drawing, case: Case) -> str:
    place = next((row.level for row in case.observations if row.finding == PLACE), None) or ""
    return f"Pain: {drawing.places[place]}" if place in drawing.places else "Pain of foot or lower leg"


def _onset_days(case: Case, random: Random) -> int:
    """Days before the first visit, as the patient said where asked."""
    said = next((row.level for row in case.observations if row.finding == "duration" and row.level), None)
    low, high = ONSET_DAYS.get(said or pick(random, dict.fromkeys(ONSET_DAYS, 1.0)), (14, 365))
    return int(random.integers(low, high, endpoint=True))


def _endings(drawing: Drawing, truth: str, day: dt.date, random: Random) -> tuple[Ending, ...]:
    point = random.random()
    judged = _judgement(drawing, truth, random)
    grade = pick(random, GRADES.get(drawing.natures.get(truth, ""), GRADES[""]))
    if point < PROVEN:
        proof = Ending(grade, *_named(truth, random), day)
        earlier = Ending("judgement", *_named(judged, random), day)
        return (earlier, proof) if random.random() < 0.1 else (proof,)
    return (Ending("judgement", *_named(judged, random), day),) if point < PROVEN + JUDGED else ()


def _judgement(drawing: Drawing, truth: str, random: Random) -> str:
    others = drawing.interview.model.conditions
    return truth if random.random() < JUDGED_RIGHT else one_of(random, others)


def _named(code: str, random: Random) -> tuple[str, str]:
    """(condition code, text) of a diagnosis."""
    return ("", one_of(random, population()["unlisted"])) if code == OTHER else (code, "")


def _thought(drawing: Drawing, truth: str, random: Random) -> tuple[tuple[str, str], ...]:
    """Three conditions: any two, and the truth in half of all lists first, in a fifth second."""
    codes = drawing.interview.model.conditions
    others = [code for code in (one_of(random, codes), one_of(random, codes)) if code != truth]
    point = random.random()
    if truth != OTHER and point < FIRST_THOUGHT + SECOND_THOUGHT:
        others.insert(0 if point < FIRST_THOUGHT else 1, truth)
    return tuple((code, drawing.names[code]) for code in dict.fromkeys(others))
