"""A plan as its page, its print and the letter show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.cautions import ALWAYS, NOT_HERE, PERHAPS, Caution
from triage.models import HomeExercise, LoadStep, Observation, Plan, PlannedTreatment
from triage.presentation import words
from triage.presentation.conditions import name_of
from triage.presentation.knowledge import Shelf, SourceLink
from triage.questions import CONTRIBUTING_FACTOR, questions


@dataclass(frozen=True)
class CautionLine:
    """One sentence to mind, the treatments it speaks of, and why it applies here."""

    treatments: tuple[str, ...]
    text: str
    because: tuple[str, ...]
    perhaps: bool
    planned: bool  # one of the treatments is on the plan and not over
    source: SourceLink | None
    estimate: bool
    asks: str = ""


@dataclass(frozen=True)
class TreatmentLine:
    row: PlannedTreatment
    name: str
    note: str
    outcome: str
    source: SourceLink | None
    estimate: bool
    cautions: tuple[CautionLine, ...]
    factor: str


@dataclass(frozen=True)
class Offer:
    """A treatment of the release that is not on the plan."""

    code: str
    name: str
    note: str
    outcome: str
    source: SourceLink | None
    estimate: bool
    pressing: tuple[CautionLine, ...]
    always: tuple[CautionLine, ...]


@dataclass(frozen=True)
class OfferStage:
    title: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Remedy:
    code: str
    name: str
    planned: bool


@dataclass(frozen=True)
class FactorLine:
    """A contributing factor found at a visit, and what addresses it."""

    code: str
    name: str
    side: str
    seen: str
    equivocal: bool
    remedies: tuple[Remedy, ...]

    @property
    def addressed(self) -> bool:
        return any(remedy.planned for remedy in self.remedies)


def condition_name(plan: Plan, shelf: Shelf) -> str:
    return plan.text or name_of(plan.condition_code, shelf)


def pressing_lines(
    found: Iterable[Caution], planned: Sequence[PlannedTreatment], shelf: Shelf
) -> tuple[CautionLine, ...]:
    """What applies on this record, sentences that several treatments share once; those of treatments that
    are on the plan first.
    """
    grouped: dict[tuple[str, str, bool, tuple[str, ...]], list[Caution]] = {}
    for caution in found:
        if caution.is_pressing:
            because = tuple(reason.words for reason in caution.because)
            grouped.setdefault((caution.text, caution.asks, caution.state == PERHAPS, because), []).append(
                caution
            )
    codes = _open_codes(planned)
    lines = [_line(cautions, codes, shelf) for cautions in grouped.values()]
    return tuple(sorted(lines, key=lambda line: (not line.planned, line.perhaps)))


def folded_lines(found: Iterable[Caution], shelf: Shelf) -> tuple[CautionLine, ...]:
    """Cautions that ask for something which is not on this record."""
    return tuple(_line([caution], frozenset(), shelf) for caution in found if caution.state == NOT_HERE)


def treatment_lines(
    planned: Sequence[PlannedTreatment], found: Sequence[Caution], condition: str, shelf: Shelf
) -> tuple[TreatmentLine, ...]:
    """In the order of care."""
    known = {row["treatment"]: row for row in shelf.catalogue.treatments_for(condition)}
    stages = list(PlannedTreatment.Stage.values)
    return tuple(
        _treatment(row, known.get(row.treatment_code, {}), found, shelf)
        for row in sorted(planned, key=lambda row: stages.index(row.stage))
    )


def _treatment(
    row: PlannedTreatment, known: Mapping[str, Any], found: Sequence[Caution], shelf: Shelf
) -> TreatmentLine:
    of_it = [caution for caution in found if caution.treatment == row.treatment_code]
    return TreatmentLine(
        row=row,
        name=treatment_name(row, shelf),
        note=known.get("note") or "",
        outcome=known.get("outcome") or "",
        source=shelf.source_link(known),
        estimate=known.get("basis") == "expert_estimate",
        cautions=tuple(_line([caution], frozenset(), shelf) for caution in of_it if caution.state == ALWAYS),
        factor=_factor_name(row.factor_code, shelf),
    )


def treatment_name(row: PlannedTreatment, shelf: Shelf) -> str:
    return row.text or shelf.catalogue.name("treatment", row.treatment_code)


def offers(
    planned: Sequence[PlannedTreatment], found: Sequence[Caution], condition: str, shelf: Shelf
) -> tuple[OfferStage, ...]:
    """What the release names for the condition and the plan does not hold yet, by stage."""
    codes = {row.treatment_code for row in planned}
    rows = [row for row in shelf.catalogue.treatments_for(condition) if row["treatment"] not in codes]
    return tuple(
        OfferStage(
            words.STAGE_TITLES.get(stage, stage),
            tuple(_offer(row, found, shelf) for row in rows if row["stage"] == stage),
        )
        for stage in dict.fromkeys(row["stage"] for row in rows)
    )


def _offer(row: Mapping[str, Any], found: Sequence[Caution], shelf: Shelf) -> Offer:
    of_it = [caution for caution in found if caution.treatment == row["treatment"]]
    return Offer(
        code=row["treatment"],
        name=row.get("name") or row["treatment"].replace("_", " "),
        note=row.get("note") or "",
        outcome=row.get("outcome") or "",
        source=shelf.source_link(row),
        estimate=row.get("basis") == "expert_estimate",
        pressing=tuple(_line([one], frozenset(), shelf) for one in of_it if one.is_pressing),
        always=tuple(_line([one], frozenset(), shelf) for one in of_it if one.state == ALWAYS),
    )


def _line(cautions: Sequence[Caution], codes: frozenset[str], shelf: Shelf) -> CautionLine:
    first = cautions[0]
    names = dict.fromkeys(shelf.catalogue.name("treatment", one.treatment) for one in cautions)
    kind, _, code = first.asks.partition(":")
    return CautionLine(
        treatments=tuple(names),
        text=first.text,
        because=tuple(reason.words for reason in first.because),
        perhaps=first.state == PERHAPS,
        planned=any(one.treatment in codes for one in cautions),
        source=shelf.source_link(first.said_in),
        estimate=first.said_in.get("basis") == "expert_estimate",
        asks=f"{kind.replace('_', ' ')}: {_asked_name(code, shelf)}" if code else "",
    )


def _asked_name(code: str, shelf: Shelf) -> str:
    return shelf.catalogue.name("risk_factor", code).lower()


def _open_codes(planned: Iterable[PlannedTreatment]) -> frozenset[str]:
    over = {PlannedTreatment.Status.STOPPED, PlannedTreatment.Status.DONE}
    return frozenset(row.treatment_code for row in planned if row.status not in over)


def factor_codes(release_sha256: str) -> list[str]:
    known = questions(release_sha256)
    return [code for code, asked in known.items() if asked.role == CONTRIBUTING_FACTOR]


def factor_lines(
    answers: Iterable[Observation], planned: Sequence[PlannedTreatment], shelf: Shelf
) -> tuple[FactorLine, ...]:
    """Factors found positive when they were last looked for, oldest visit first in `answers`; those that
    nothing on the plan addresses stand first.
    """
    newest = {(row.finding_code, row.side): row for row in answers}
    codes = _open_codes(planned)
    lines = [
        _factor(row, codes, shelf)
        for row in newest.values()
        if row.status == Observation.Status.EQUIVOCAL or row.level_code == "present"
    ]
    return tuple(sorted(lines, key=lambda line: (line.addressed, line.name)))


def _factor(row: Observation, planned: frozenset[str], shelf: Shelf) -> FactorLine:
    known = shelf.catalogue.contributing_factor(row.finding_code) or {}
    return FactorLine(
        code=row.finding_code,
        name=_factor_name(row.finding_code, shelf),
        side=row.get_side_display().lower() if row.side else "",
        seen=f"{row.encounter.held_at:%-d %b %Y}",
        equivocal=row.status == Observation.Status.EQUIVOCAL,
        remedies=tuple(
            Remedy(code, shelf.catalogue.name("treatment", code), code in planned)
            for code in known.get("addressed_by") or ()
        ),
    )


def _factor_name(code: str, shelf: Shelf) -> str:
    return shelf.catalogue.name("contributing_factor", code) if code else ""


def dose_words(row: HomeExercise) -> str:
    """“3 sets of 12, hold 5 seconds, twice a day, 6 days a week, with a green band”."""
    parts = []
    if row.sets and row.repetitions:
        parts.append(f"{row.sets} {'set' if row.sets == 1 else 'sets'} of {row.repetitions}")
    elif row.sets:
        parts.append(f"{row.sets} {'set' if row.sets == 1 else 'sets'}")
    elif row.repetitions:
        parts.append(f"{row.repetitions} times")
    if row.hold_seconds:
        parts.append(f"hold {row.hold_seconds} s")
    if row.times_a_day:
        parts.append(
            {1: "once a day", 2: "twice a day"}.get(row.times_a_day, f"{row.times_a_day} times a day")
        )
    if row.days_a_week:
        parts.append("every day" if row.days_a_week == 7 else f"{row.days_a_week} days a week")
    if row.load:
        parts.append(row.load)
    return ", ".join(parts)


def load_words(row: LoadStep) -> str:
    parts = []
    if row.running_km is not None:
        parts.append(f"{row.running_km.normalize():f} km")
    if row.running_minutes is not None:
        parts.append(f"{row.running_minutes} minutes")
    return " or ".join(parts)
