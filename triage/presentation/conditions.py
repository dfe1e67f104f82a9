"""One condition opened: its reasons, what is not yet known, treatment by stage, recovery, disputes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.presentation import words
from triage.presentation.knowledge import Shelf, SourceLink
from triage.presentation.reasons import Line, counted_sentences, lines

MISSING_SHOWN = 8


@dataclass(frozen=True)
class Caution:
    text: str
    applies: bool


@dataclass(frozen=True)
class Treatment:
    name: str
    note: str
    source: SourceLink | None
    estimate: bool
    cautions: tuple[Caution, ...]


@dataclass(frozen=True)
class TreatmentStage:
    title: str
    items: tuple[Treatment, ...]


@dataclass(frozen=True)
class Position:
    claim: str
    source: SourceLink | None


@dataclass(frozen=True)
class Dispute:
    topic: str
    positions: tuple[Position, ...]


@dataclass(frozen=True)
class Detail:
    """Everything an opened row shows."""

    condition: str
    name: str
    page_url: str
    release: str  # whose page of the condition tells all its evidence; empty for what has none
    definition: str
    lines: tuple[Line, ...]
    silent: tuple[str, ...]
    counted: tuple[str, ...]
    missing: tuple[Mapping[str, Any], ...]
    missing_more: int
    treatments: tuple[TreatmentStage, ...]
    recovery: str
    recovery_source: SourceLink | None
    icd10: Sequence[Mapping[str, Any]]
    mimics: tuple[str, ...]
    disputes: tuple[Dispute, ...]


def detail(
    hypothesis: Mapping[str, Any],
    ranking: Mapping[str, Any],
    shelf: Shelf,
    *,
    recorded: Collection[str],
    on_record: Collection[str],
    page_url: str,
) -> Detail:
    """`recorded`: codes answered at the visit; `on_record`: codes of comorbidities, medicines, allergies."""
    code = hypothesis["condition"]
    condition = shelf.catalogue.condition(code) or {}
    every = lines(hypothesis["bars"], code, shelf)
    missing = missing_findings(code, shelf, recorded)
    recovery = condition.get("recovery") or {}
    return Detail(
        condition=code,
        name=name_of(code, shelf),
        page_url=page_url,
        release=shelf.sha256 if condition else "",
        definition=condition.get("definition") or _other_words(code),
        lines=tuple(line for line in every if line.direction != "neutral"),
        silent=tuple(line.name for line in every if line.direction == "neutral"),
        counted=counted_sentences(ranking.get("weights") or (), shelf),
        missing=missing[:MISSING_SHOWN],
        missing_more=max(0, len(missing) - MISSING_SHOWN),
        treatments=_treatments(code, shelf, {*recorded, *on_record}) if condition else (),
        recovery=_recovery_text(recovery),
        recovery_source=shelf.source_link(recovery),
        icd10=condition.get("icd10cm") or (),
        mimics=tuple(name_of(other, shelf) for other in condition.get("mimics") or ()),
        disputes=_disputes(condition, shelf),
    )


def name_of(code: str, shelf: Shelf) -> str:
    if code == "other":
        return "Something else"
    condition = shelf.catalogue.condition(code)
    return condition["name"] if condition else code.replace("_", " ")


def missing_findings(
    condition: str, shelf: Shelf, recorded: Collection[str]
) -> tuple[Mapping[str, Any], ...]:
    """Findings with evidence for the condition that nobody has answered, in the order of the examination."""
    return tuple(item for item in shelf.telling.get(condition, ()) if item["code"] not in recorded)


def missing_count(condition: str, shelf: Shelf, recorded: Collection[str]) -> int:
    return len(shelf.telling_codes.get(condition, frozenset()).difference(recorded))


def _other_words(code: str) -> str:
    if code != "other":
        return ""
    return "What no row of this list covers. It keeps its share until the findings speak clearly for a row."


def _recovery_text(recovery: Mapping[str, Any]) -> str:
    text = recovery.get("text") or ""
    weeks = recovery.get("weeks")
    span = f"{weeks[0]:g}–{weeks[1]:g} weeks" if weeks else ""
    return f"{text} ({span})" if text and span else text or span


def _treatments(code: str, shelf: Shelf, on_record: Collection[str]) -> tuple[TreatmentStage, ...]:
    rows = shelf.catalogue.treatments_for(code)
    stages = dict.fromkeys(row["stage"] for row in rows)  # the catalogue gives them in the order of care
    return tuple(
        TreatmentStage(
            words.STAGE_TITLES.get(stage, stage.replace("_", " ").capitalize()),
            tuple(_treatment(row, shelf, on_record) for row in rows if row["stage"] == stage),
        )
        for stage in stages
    )


def _treatment(row: Mapping[str, Any], shelf: Shelf, on_record: Collection[str]) -> Treatment:
    return Treatment(
        name=row.get("name") or row["treatment"].replace("_", " "),
        note=row.get("note") or "",
        source=shelf.source_link(row),
        estimate=row.get("basis") == "expert_estimate",
        cautions=tuple(
            Caution(caution["text"], bool(set((caution.get("if") or {}).values()) & set(on_record)))
            for caution in row.get("cautions") or ()
        ),
    )


def _disputes(condition: Mapping[str, Any], shelf: Shelf) -> tuple[Dispute, ...]:
    return tuple(
        Dispute(
            row["topic"],
            tuple(Position(position["claim"], shelf.source_link(position)) for position in row["positions"]),
        )
        for row in condition.get("disputes") or ()
    )
