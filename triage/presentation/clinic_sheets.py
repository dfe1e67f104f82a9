"""Outcomes, waits, results awaited and base rates of a clinic as tables. Fewer than five are not told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from triage.agreement import ClinicAgreement
from triage.evaluation import proportion
from triage.figures.awaited import Asked
from triage.figures.base_rates import BaseRate, BaseRates
from triage.figures.improvement import Course
from triage.figures.waiting import Quartiles, Wait, Waits
from triage.models.diagnoses import Grade
from triage.outcomes import Measure
from triage.presentation import words
from triage.presentation.sheets import (
    FEWEST,
    NONE,
    UNDER_FIVE,
    Cell,
    Column,
    Sheet,
    Strip,
    count,
    few,
    figure,
    guarded_share,
    nothing,
    share_names,
    text,
)

Named = Callable[[str], str]
ALL, OWN_WORDS = "All together", "Named in own words"

CONDITION = Column("Condition", ("condition", "code"), number=False)
MEASURE = Column("Measure", ("measure",), number=False)
FOLLOWED = Column("Followed", ("followed",))
FIRST = Column("First", ("first_median",))
LAST = Column("Last", ("last_median",))
CHANGE = Column("Change", ("change_median",))
BETTER = Column("Better by enough to matter", share_names("better"))
WORSE = Column("Worse by as much", share_names("worse"))
COURSE = (FOLLOWED, FIRST, LAST, CHANGE, BETTER, WORSE)

PROVEN = Column("Proven", ("proven",))
DAYS = Column("Days from the first visit", ("days_median", "days_lower_quartile", "days_upper_quartile"))
ONSET = Column(
    "Days from onset", ("onset_days_median", "onset_days_lower_quartile", "onset_days_upper_quartile")
)
WAIT = (PROVEN, DAYS, ONSET)

HERE = Column("Proven here", share_names("proven"))
EXPECTED = Column("The release expects", ("expected_share",))
USED = Column("In use", ("base_rate_used",))


@dataclass(frozen=True)
class MeasureView:
    """One measure's table; `unfollowed` were scored once only, `few` conditions have under five followed."""

    measure: Measure
    sheet: Sheet
    unfollowed: int
    few: int
    judged: int


def named_by(name: Named) -> Named:
    return lambda code: name(code) if code else OWN_WORDS


def measure_views(courses: Sequence[Course], name: Named) -> list[MeasureView]:
    """`courses` as figures give them: of each measure all together first."""
    return [
        _measure_view(total, [row for row in courses if row.measure is total.measure], name)
        for total in courses
        if total.condition is None
    ]


def _measure_view(total: Course, rows: Sequence[Course], name: Named) -> MeasureView:
    told = [row for row in rows if row.condition is None or row.cases >= FEWEST]
    return MeasureView(
        measure=total.measure,
        sheet=Sheet(
            f"outcomes-{total.measure.code}",
            f"{total.measure.name}, by condition",
            (CONDITION, *COURSE),
            tuple((_condition(row.condition, name), *_course(row)) for row in told),
        ),
        unfollowed=total.once,
        few=len(rows) - len(told),
        judged=total.judged,
    )


def outcomes_sheet(courses: Sequence[Course], name: Named) -> Sheet:
    """Every measure and condition, for the file."""
    rows = tuple((text(row.measure.name), _condition(row.condition, name), *_course(row)) for row in courses)
    return Sheet("outcomes", "Outcomes by condition", (MEASURE, CONDITION, *COURSE), rows)


def _course(row: Course) -> tuple[Cell, ...]:
    if row.cases < FEWEST:
        return (few(row.cases), *(nothing(column) for column in COURSE[1:]))
    way = f"{row.change:+.1f}".replace("-", "−") if row.change else "0"
    return (
        count(row.cases),
        figure(row.first, 1),
        figure(row.last, 1),
        Cell(way, (row.change,)),
        guarded_share(row.better) if row.better else nothing(BETTER, "size not known"),
        guarded_share(row.worse) if row.worse else nothing(WORSE),
    )


def _condition(code: str | None, name: Named) -> Cell:
    if code is None:
        return Cell(ALL, (ALL, ""))
    return Cell(name(code), (name(code), code))


def waits_sheet(waits: Waits, name: Named, *, whole: bool = False) -> Sheet:
    """All proven, then each condition; with `whole` also those with fewer than five, untold."""
    rows = [*([waits.total] if waits.total else []), *waits.conditions]
    told = [row for row in rows if whole or row.code is None or row.cases >= FEWEST]
    longest = _longest(told)
    return Sheet(
        "waits",
        "Time to diagnosis by condition",
        (CONDITION, *WAIT),
        tuple((_condition(row.code, name), *_wait(row, longest)) for row in told),
    )


def few_waits(waits: Waits) -> int:
    """How many conditions were proven one to four times."""
    return sum(row.cases < FEWEST for row in waits.conditions)


def grades_sheet(waits: Waits) -> Sheet:
    """By what the diagnosis rests on, the firmest first."""
    order = list(Grade.values)
    rows = sorted(waits.grades, key=lambda row: order.index(row.code or ""))
    longest = _longest(rows)
    column = Column("Rests on", ("grade",), number=False)
    said = Column("Recorded", ("recorded",))
    lines = tuple((text(Grade(row.code or "").label), *_wait(row, longest)) for row in rows)
    return Sheet("grades", "Time to diagnosis by grade", (column, said, DAYS, ONSET), lines)


def _wait(row: Wait, longest: float) -> tuple[Cell, ...]:
    if row.cases < FEWEST:
        return few(row.cases), nothing(DAYS), nothing(ONSET)
    onset = row.onset_days if row.onsets >= FEWEST else None
    return count(row.cases), _quartiles(row.days, longest), _quartiles(onset, longest)


def _longest(rows: Sequence[Wait]) -> float:
    """The end of the scale of days."""
    ends = [days.high for row in rows for days in (row.days, row.onset_days) if days]
    return max(ends, default=0) or 1


def _quartiles(days: Quartiles | None, longest: float) -> Cell:
    if days is None:
        return Cell(NONE, (None, None, None))
    low, middle, high = (round(100 * at / longest, 2) for at in (days.low, days.middle, days.high))
    shown = f"{days.middle:.0f} ({days.low:.0f}–{days.high:.0f})"
    return Cell(shown, (days.middle, days.low, days.high), Strip(low, min(high, 100), middle))


def asked_sheet(asked: Sequence[Asked]) -> Sheet:
    kind = Column("Kind", ("kind",), number=False)
    urgency = Column("Urgency", ("urgency",), number=False)
    answered = Column("Answered", share_names("answered"))
    overdue = Column("Overdue", ("overdue",))
    took = Column("Days to the answer", ("days_median", "days_lower_quartile", "days_upper_quartile"))
    columns = (kind, urgency, Column("Asked", ("asked",)), answered, overdue, took)
    rows = tuple(tuple(_asked(row, columns)) for row in asked)
    return Sheet("referrals", "Referrals and results awaited", columns, rows)


def _asked(row: Asked, columns: Sequence[Column]) -> Iterator[Cell]:
    yield text(row.kind)
    yield Cell(row.urgency or NONE, (row.urgency,))
    if row.asked < FEWEST:
        yield few(row.asked)
        yield from (nothing(column) for column in columns[3:])
        return
    yield count(row.asked)
    yield guarded_share(row.answered)
    yield few(row.overdue)
    told = row.answered.count >= FEWEST and row.days is not None
    yield _quartiles(row.days, row.days.high or 1) if told and row.days else nothing(columns[-1])


def base_rates_sheet(rates: BaseRates, name: Named, *, whole: bool = False) -> Sheet:
    """Conditions proven five times or more, and what the knowledge does not hold; with `whole` every one."""
    told = [row for row in rates.rates if whole or not row.condition or row.proven.count >= FEWEST]
    return Sheet(
        "base-rates",
        "Base rates by condition",
        (CONDITION, HERE, EXPECTED, USED),
        tuple(_base_rate(row, name) for row in told),
    )


def _base_rate(row: BaseRate, name: Named) -> tuple[Cell, ...]:
    heading = Cell(name(row.condition), (name(row.condition), row.condition))
    total = row.proven.total
    here = (
        Cell(f"{UNDER_FIVE} of {total}", (UNDER_FIVE, total, None, None, None))
        if 0 < row.proven.count < FEWEST
        else guarded_share(row.proven, mark=row.expected)
    )
    used = nothing(USED, "no") if row.used is None else Cell(words.percent(row.used), (row.used,))
    return heading, here, Cell(words.percent(row.expected), (row.expected,)), used


def own_lists_sheet(found: ClinicAgreement) -> Sheet:
    """Before proof how alike the lists were, after it which of them had it."""
    what = Column("Own list and differential", ("what",), number=False)
    lists = Column("Lists", share_names("lists"))
    parts = (
        ("The same condition first", found.same_first, found.compared),
        ("Proven: first in the own list", found.own_in_first_place, found.proven),
        ("Proven: first in the differential", found.engine_in_first_place, found.proven),
        ("Proven: better placed in the own list", found.own_first, found.proven),
        ("Proven: better placed in the differential", found.engine_first, found.proven),
        ("Proven: in the same place", found.same_place, found.proven),
        ("Proven: in neither", found.neither, found.proven),
    )
    rows = tuple(
        (text(said), guarded_share(proportion(some, total)) if total >= FEWEST else _untold(total))
        for said, some, total in parts
    )
    return Sheet("own-lists", "Own lists beside the differential", (what, lists), rows)


def _untold(total: int) -> Cell:
    said = UNDER_FIVE if total else NONE
    return Cell(said, (None, said if total else 0, None, None, None))
