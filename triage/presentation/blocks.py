"""Diagnostic blocks as their own page, the signed visit, the complaint's page and the worklist show them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from clinics.models import Membership
from knowledge.catalogue import Catalogue, catalogue
from knowledge.compiled import release_with
from triage.blocks import (
    LEVELS,
    Agent,
    Allergen,
    Caution,
    Verdict,
    agent,
    next_due_minute,
    relief_percent,
)
from triage.models import DiagnosticBlock, Observation, PainReading
from triage.presentation.block_curves import BlockCurve, block_curve

TREATMENT = "local_anaesthetic_block"
DUE_SHOWN = 20
CAUTIONS = {
    Caution.EARLY_RELIEF: "Relief came before the drug can work: expectation (placebo) or another cause.",
    Caution.OUTLASTS: "Relief far outlasts the drug: expectation (placebo), rest, or a lasting effect of the "
    "injection itself.",
    Caution.READINGS_DISAGREE: "Readings inside the window lie far apart; the best one decides. Repeat the "
    "task.",
    Caution.ONE_READING: "It rests on a single reading inside the window; a second one makes it firmer.",
    Caution.MAY_HAVE_WORN_OFF: "Read late only: it may have worn off, so that little relief says little.",
    Caution.WEAK_START: "The task hardly hurt before, so that one point is a large share of it.",
}
ALLERGY_WORDS = {
    "same_family": "the same family of drugs",
    "other_family": "another local anaesthetic",
    "any_anaesthetic": "an anaesthetic that is not named",
    "preservative": "preservatives: choose a solution without",
    "latex": "latex: gloves and stoppers without",
}
NO_RANKING = "The red flags cannot be read at the moment."


@dataclass(frozen=True)
class ReadingLine:
    pk: uuid.UUID
    at: dt.datetime
    minutes_after: int
    pain: int
    relief: str
    of_task: bool
    in_window: bool
    withdrawn: bool
    note: str


@dataclass(frozen=True)
class BlockView:
    """All that a page says of one block. `recorded` is the level that stands in the visit, in words."""

    row: DiagnosticBlock
    name: str
    drug: str
    agent: Agent | None
    lines: tuple[ReadingLine, ...]
    verdict: Verdict | None
    level: str
    relief: str
    cautions: tuple[str, ...]
    recorded: str
    recorded_code: str
    answer_version: int
    curve: BlockCurve | None
    due_at: dt.datetime | None
    minute_now: int

    @property
    def url(self) -> str:
        return reverse("triage:block-detail", args=[self.row.pk])

    @property
    def overdue(self) -> bool:
        return self.due_at is not None and self.due_at < timezone.now()

    @property
    def proposes(self) -> bool:
        """The readings support a level that is not the one on record."""
        level = self.verdict.level if self.verdict else None
        return level is not None and level != self.recorded_code

    @property
    def step(self) -> int:
        """1 declared only, 2 given and nothing read yet, 3 with readings."""
        return 1 if not self.row.is_given else 3 if self.lines else 2

    @property
    def summary(self) -> str:
        """The block in one line."""
        if self.row.called_off_at:
            return "called off before the injection"
        if not self.row.is_given:
            return f"declared, not given yet: pain {self.row.pain_before} on “{self.row.task}”"
        read = f"{self.relief} on “{self.row.task}”" if self.relief else "no reading while it worked"
        return f"{self.drug}: {read}"


def block_view(
    row: DiagnosticBlock,
    readings: Sequence[PainReading],
    *,
    known: Catalogue,
    observations: Iterable[Observation],
) -> BlockView:
    """`readings` oldest first; `observations` of the block's visit."""
    given = agent(row.agent) if row.is_given else None
    verdict = row.verdict(readings)
    lines = tuple(_line(row, reading, given) for reading in readings if given)
    answer = next((o for o in observations if (o.finding_code, o.side) == (row.finding_code, row.side)), None)
    recorded = answer.level_code if answer else ""
    return BlockView(
        row=row,
        name=known.name("finding", row.finding_code),
        drug=_drug(row, given),
        agent=given,
        lines=lines,
        verdict=verdict,
        level=_label(known, row, verdict.level if verdict else None),
        relief=_relief(verdict),
        cautions=_cautions(row, verdict),
        recorded=_label(known, row, recorded),
        recorded_code=recorded,
        answer_version=answer.version if answer else 0,
        curve=_curve(row, lines, given),
        due_at=due_at(row, readings),
        minute_now=row.minutes_after(timezone.now()) if given else 0,
    )


def view_of(row: DiagnosticBlock) -> BlockView:
    """The same for a row that brings its readings and its visit's answers along (`with_all`)."""
    known = catalogue(release_with(row.encounter.release_id).sha256)
    readings = sorted(row.readings.all(), key=lambda reading: (reading.read_at, reading.created_at))
    return block_view(row, readings, known=known, observations=row.encounter.observations.all())


def _label(known: Catalogue, row: DiagnosticBlock, level: str | None) -> str:
    return known.label(row.finding_code, level) if level else ""


def _drug(row: DiagnosticBlock, given: Agent | None) -> str:
    if given is None or row.volume_ml is None or row.concentration_percent is None:
        return ""
    return f"{given.name} {row.concentration_percent.normalize():f} %, {row.volume_ml.normalize():f} ml"


def _line(row: DiagnosticBlock, reading: PainReading, given: Agent | None) -> ReadingLine:
    minutes = row.minutes_after(reading.read_at)
    inside = given is not None and given.works_by <= minutes <= given.lasts_to
    return ReadingLine(
        pk=reading.pk,
        at=reading.read_at,
        minutes_after=minutes,
        pain=reading.pain,
        relief=_percent(float(relief_percent(row.pain_before, reading.pain))),
        of_task=reading.of_task,
        in_window=inside and reading.of_task and not reading.withdrawn,
        withdrawn=reading.withdrawn,
        note=reading.note,
    )


def _percent(relief: float) -> str:
    if relief == 0:
        return "unchanged"
    return f"{abs(relief):.0f} % {'less' if relief > 0 else 'more'}"


def _relief(verdict: Verdict | None) -> str:
    if verdict is None or verdict.relief_percent is None or verdict.decided_by is None:
        return ""
    return f"{_percent(float(verdict.relief_percent))} pain at {verdict.decided_by.minutes_after} min"


def _cautions(row: DiagnosticBlock, verdict: Verdict | None) -> tuple[str, ...]:
    said = [CAUTIONS[caution] for caution in verdict.cautions] if verdict else []
    if row.numb_area == DiagnosticBlock.NumbArea.NOT_NUMB and verdict and verdict.level in LEVELS[:2]:
        said.insert(0, "The skin did not go numb: a block that missed says nothing. Consider “not tested”.")
    return tuple(said)


def _curve(row: DiagnosticBlock, lines: Sequence[ReadingLine], given: Agent | None) -> BlockCurve | None:
    counted = [(line.minutes_after, line.pain, line.of_task) for line in lines if not line.withdrawn]
    return block_curve(row.pain_before, counted, given) if given and counted else None


def due_at(row: DiagnosticBlock, readings: Iterable[PainReading]) -> dt.datetime | None:
    """When the task is to be repeated next; None before the injection and when the drug is over and read."""
    if row.injected_at is None:
        return None
    read = [row.minutes_after(reading.read_at) for reading in readings if not reading.withdrawn]
    minute = next_due_minute(read, agent(row.agent))
    return None if minute is None else row.injected_at + dt.timedelta(minutes=minute)


def against_words(known: Catalogue, codes: Iterable[str]) -> list[str]:
    """Rules and conditions that stand against a block, by name."""
    names = []
    for code in codes:
        kind = "rule" if known.rule(code) else "condition"
        names.append(NO_RANKING if code == "no_ranking" else known.name(kind, code))
    return names


def allergy_words(allergies: Iterable[Allergen]) -> list[str]:
    return [f"“{row.text}” – {ALLERGY_WORDS[row.reason]}" for row in allergies]


def release_cautions(known: Catalogue, on_record: Iterable[str]) -> list[tuple[str, bool]]:
    """What the release warns of with an injection of local anaesthetic; True where the record has it."""
    noted = set(on_record)
    said: dict[str, bool] = {}
    rows: Sequence[Mapping[str, Any]] = known.rows("condition_treatments")
    for row in (row for row in rows if row["treatment"] == TREATMENT):
        for caution in row.get("cautions") or ():
            met = bool(set((caution.get("if") or {}).values()) & noted)
            said[caution["text"]] = said.get(caution["text"], False) or met
    return sorted(said.items(), key=lambda pair: not pair[1])


@dataclass(frozen=True)
class DueReading:
    url: str
    patient: str
    title: str
    at: dt.datetime
    overdue: bool


def due_readings(member: Membership) -> list[DueReading]:
    """Blocks given today whose task is to be repeated today, the longest waiting first."""
    now = timezone.now()
    today = timezone.localdate(now)
    blocks = DiagnosticBlock.objects.visible_to(member).standing().of_drafts().injected_on(today)
    lines = []
    for row in blocks.with_patient().with_readings().oldest_first()[:DUE_SHOWN]:
        at = due_at(row, row.readings.all())
        if at is not None and timezone.localdate(at) == today:
            lines.append(
                DueReading(
                    url=reverse("triage:block-detail", args=[row.pk]),
                    patient=str(row.encounter.episode.patient),
                    title=row.encounter.episode.title,
                    at=at,
                    overdue=at < now,
                )
            )
    return sorted(lines, key=lambda line: line.at)
