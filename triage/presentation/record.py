"""What was answered, to read or print: of this visit, and apart from it what stands from earlier ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from triage.carrying import Carried
from triage.presentation.answers import recorded_by_key, sections
from triage.presentation.words import day_words


@dataclass(frozen=True)
class RecordAnswer:
    """`day` is empty for an answer of the visit itself."""

    side: str
    recorded: str
    day: str


@dataclass(frozen=True)
class RecordRow:
    name: str
    answers: tuple[RecordAnswer, ...]


@dataclass(frozen=True)
class RecordSection:
    """The answered rows of one package."""

    code: str
    title: str
    rows: tuple[RecordRow, ...]


def answered_sections(
    catalogue: Any, rows: Iterable[Any], complaint_side: str, *, beside: dt.date
) -> tuple[RecordSection, ...]:
    """Only what is answered, in the order of the examination: observations of a visit or what it carries.
    `beside` is the day of the visit.
    """
    known = recorded_by_key(rows)
    days = {key: day_words(row.seen_on, beside) for key, row in known.items() if isinstance(row, Carried)}
    found = (
        RecordSection(
            section.code,
            section.title,
            tuple(
                RecordRow(
                    row.name,
                    tuple(
                        RecordAnswer(control.side, control.recorded, days.get((row.code, control.side), ""))
                        for control in row.controls
                        if control.answered
                    ),
                )
                for group in section.groups
                for row in group.rows
                if row.answered
            ),
        )
        for section in sections(catalogue, known.values(), complaint_side)
    )
    return tuple(section for section in found if section.rows)
