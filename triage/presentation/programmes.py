"""A programme of a complaint in words: where it stands, what opens the next step, how it came there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.catalogue import Catalogue, catalogue
from knowledge.compiled import release_with
from knowledge.models import Release
from triage.models import EpisodeProgramme, Run, StepChange
from triage.presentation.runs import RunLine, run_line
from triage.services import steps_of, ticked

AS_IN = re.compile(r"[Aa]s in step ([1-9])")


@dataclass(frozen=True)
class StepShown:
    number: int
    title: str
    text: str
    criteria: tuple[str, ...]
    rules: tuple[str, ...]
    as_in: tuple[str, ...]  # the rules of the step that one of them names
    stops: dict[str, Any]


@dataclass(frozen=True)
class CriterionLine:
    place: int
    text: str
    met: bool
    said_on: dt.date | None  # of the newest tick, also of one taken back
    said_by: str


@dataclass(frozen=True)
class HistoryLine:
    on: dt.date
    words: str
    rule: str
    reason: str
    by: str


@dataclass(frozen=True)
class ProgrammeShown:
    row: EpisodeProgramme
    name: str
    basis: str
    steps: tuple[StepShown, ...]
    now: StepShown | None
    following: StepShown | None
    before: StepShown | None
    criteria: tuple[CriterionLine, ...]  # of the following step
    history: tuple[HistoryLine, ...]
    release: str

    @property
    def open_count(self) -> int:
        return sum(not line.met for line in self.criteria)


@dataclass(frozen=True)
class Proposal:
    """Runs that met a stop rule which nobody has answered; `run` is the newest."""

    run: Run
    lines: tuple[RunLine, ...]


def shown_steps(programme: EpisodeProgramme) -> tuple[StepShown, ...]:
    rows = steps_of(programme)
    return tuple(_step(number, row, rows) for number, row in enumerate(rows, start=1))


def _step(number: int, row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> StepShown:
    title = str(row["title"]).removeprefix(f"{number} ")
    criteria, rules = row.get("entry_criteria", ()), row.get("stop_rules", ())
    return StepShown(
        number, title, row["text"], tuple(criteria), tuple(rules), _named(rules, rows), row.get("stops", {})
    )


def _named(rules: Sequence[str], rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """What “As in step 4” says, so that nobody has to look it up."""
    places = [int(found[1]) - 1 for rule in rules if (found := AS_IN.search(rule))]
    return tuple(rule for place in places if place < len(rows) for rule in rows[place].get("stop_rules", ()))


def programme_name(programme: EpisodeProgramme) -> str:
    known = catalogue(release_with(programme.release_id).sha256)
    return known.name("programme", programme.programme_code)


def programme_shown(programme: EpisodeProgramme) -> ProgrammeShown:
    release = release_with(programme.release_id)
    known = catalogue(release.sha256)
    steps, place = shown_steps(programme), programme.step
    following = steps[place] if place < len(steps) else None
    changes = programme.changes.select_related("recorded_by").order_by("changed_on", "created_at", "id")
    return ProgrammeShown(
        row=programme,
        name=known.name("programme", programme.programme_code),
        basis=_basis(known, programme.programme_code),
        steps=steps,
        now=steps[place - 1] if place else None,
        following=following,
        before=steps[place - 2] if place > 1 else None,
        criteria=_criteria(programme, following) if following else (),
        history=tuple(_history(row, steps) for row in changes),
        release=f"release {release.number}",
    )


def _basis(known: Catalogue, code: str) -> str:
    row = known.row("programme", code) or {}
    source = known.source(row["source"]) if row.get("source") else None
    cited = str(source["citation"]) if source else ""
    estimate = "expert estimate" if row.get("basis") == "expert_estimate" else ""
    return " · ".join(filter(None, [estimate, cited, str(row.get("locator", ""))]))


def _criteria(programme: EpisodeProgramme, step: StepShown) -> tuple[CriterionLine, ...]:
    said = ticked(programme)
    lines = []
    for place, text in enumerate(step.criteria):
        tick = said.get((step.number, place))
        lines.append(
            CriterionLine(
                place,
                text,
                tick is not None and tick.met,
                tick.met_on if tick else None,
                str(tick.recorded_by) if tick else "",
            )
        )
    return tuple(lines)


def _history(row: StepChange, steps: Sequence[StepShown]) -> HistoryLine:
    def name(number: int) -> str:
        return f"step {number}, {steps[number - 1].title}" if number else "before the first step"

    words = {
        StepChange.Kind.BEGUN: "Begun",
        StepChange.Kind.FORWARD: f"Entered {name(row.step_to)}",
        StepChange.Kind.BACK: f"Went back to {name(row.step_to)}",
        StepChange.Kind.STAYED: f"Stayed on {name(row.step_to)}",
        StepChange.Kind.FINISHED: f"Finished after {name(row.step_to)}",
        StepChange.Kind.STOPPED: f"Stopped at {name(row.step_to)}",
        StepChange.Kind.RESUMED: f"Taken up again at {name(row.step_to)}",
    }[StepChange.Kind(row.kind)]
    return HistoryLine(row.changed_on, words, row.rule, row.reason, str(row.recorded_by))


def proposal(programme: ProgrammeShown, waiting: Sequence[Run]) -> Proposal | None:
    """`waiting`: runs with a stop rule met and unanswered, the newest first."""
    if not waiting:
        return None
    stops = {step.number: step.stops for step in programme.steps}
    return Proposal(waiting[0], tuple(run_line(run, stops.get(run.step, {})) for run in waiting))


def offered(release: Release, condition_code: str) -> list[tuple[str, str]]:
    """Code and name of the programmes of a release, those meant for the diagnosis first."""
    known = catalogue(release.sha256)
    rows = sorted(
        known.rows("programmes"),
        key=lambda row: (condition_code not in row.get("conditions", ()), row["name"]),
    )
    return [(row["code"], _offer(known, row, condition_code)) for row in rows]


def _offer(known: Catalogue, row: dict[str, Any], condition_code: str) -> str:
    meant = condition_code and condition_code in row.get("conditions", ())
    fits = f" – meant for {known.name('condition', condition_code)}" if meant else ""
    return f"{row['name']} ({len(row['steps'])} steps){fits}"
