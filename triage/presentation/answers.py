"""Catalogue and recorded observations -> the rows of the encounter form, and back.

A radio group is named ``o:<code>:<side>``, its version ``v:<code>:<side>``; the side is empty where none is.
The value is a level code, ``EQUIVOCAL`` or empty for "not tested".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from triage.carrying import Carried
from triage.presentation.words import day_words

EQUIVOCAL = "~equivocal"
NOT_TESTED = ""
PACKAGE_TITLES = {
    "history": "History",
    "standing": "Standing",
    "sitting": "Sitting",
    "supine": "Supine",
    "prone": "Prone",
    "investigations": "Tests",
    "response": "Response",
}
SIDE_TITLES = {"left": "Left", "right": "Right"}
BINARY = {"absent", "present"}
RESPONSE = "response"
RADIOS_MAX = 7  # levels; a longer list (the place of pain) becomes a menu


@dataclass(frozen=True)
class Choice:
    """One radio of a row: its value, its words, whether it is the recorded one."""

    value: str
    label: str
    checked: bool
    kind: str


@dataclass(frozen=True)
class EarlierAnswer:
    """What was answered at an earlier visit and not yet asked today; `value` says the same once more."""

    day: str
    label: str
    value: str


@dataclass(frozen=True)
class Control:
    """One radio group: a finding on one side."""

    code: str
    side: str
    complaint: bool
    version: int
    choices: tuple[Choice, ...]
    answered: bool
    recorded: str
    earlier: EarlierAnswer | None = None

    @property
    def key(self) -> str:
        return f"{self.code}-{self.side or 'one'}"

    @property
    def field(self) -> str:
        return f"o:{self.code}:{self.side}"

    @property
    def version_field(self) -> str:
        return f"v:{self.code}:{self.side}"

    @property
    def is_menu(self) -> bool:
        return sum(choice.kind == "level" for choice in self.choices) > RADIOS_MAX

    @property
    def options(self) -> tuple[Choice, ...]:
        """The menu: nothing first, then the levels, then equivocal."""
        return (self.choices[-1], *self.choices[:-1])

    @property
    def side_title(self) -> str:
        return SIDE_TITLES.get(self.side, "")


@dataclass(frozen=True)
class Row:
    """One finding, risk factor or contributing factor with its controls (complaint side first)."""

    code: str
    name: str
    question: str
    how_to: str
    positive_if: str
    role: str
    controls: tuple[Control, ...]
    asked_if: str
    hidden: bool
    kind: str = ""

    @property
    def answered(self) -> bool:
        return any(control.answered for control in self.controls)

    @property
    def waits(self) -> bool:
        """Asked at an earlier visit, not yet today."""
        return any(control.earlier and not control.answered for control in self.controls)

    @property
    def explained(self) -> bool:
        return bool(self.how_to or self.positive_if or (self.question and self.question != self.name))


@dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[Row, ...]

    @property
    def answered(self) -> int:
        return sum(row.answered for row in self.rows)

    @property
    def waits(self) -> bool:
        return any(row.waits for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    groups: tuple[Group, ...]

    @property
    def answered(self) -> int:
        return sum(group.answered for group in self.groups)

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)


Recorded = Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Before:
    """What stands from earlier visits, by finding and side, as seen from the day of this one."""

    rows: Mapping[tuple[str, str], Carried]
    today: dt.date

    def of(self, code: str, side: str) -> Carried | None:
        return self.rows.get((code, side)) or (self.rows.get((code, "both")) if side else None)


NOTHING_BEFORE = Before({}, dt.date.min)


def recorded_by_key(observations: Iterable[Any]) -> dict[tuple[str, str], Any]:
    """Observation rows by (finding code, side)."""
    return {(row.finding_code, row.side): row for row in observations}


def sections(
    catalogue: Any, observations: Iterable[Any], complaint_side: str, before: Before = NOTHING_BEFORE
) -> tuple[Section, ...]:
    """The whole form in the order of the examination. Where something stands from an earlier visit, it begins
    with what has been tried since.
    """
    recorded = recorded_by_key(observations)
    found = tuple(
        Section(
            package,
            PACKAGE_TITLES.get(package, package.replace("_", " ").capitalize()),
            tuple(
                Group(title, tuple(row_for(item, recorded, complaint_side, before) for item in items))
                for title, items in groups
                if items
            ),
        )
        for package, groups in catalogue.packages()
    )
    return tuple(sorted(found, key=lambda section: section.code != RESPONSE)) if before.rows else found


def row_for(
    item: Mapping[str, Any], recorded: Recorded, complaint_side: str, before: Before = NOTHING_BEFORE
) -> Row:
    """The row of one catalogue item."""
    asked_if = item.get("asked_if") or {}
    controls = tuple(
        control_for(item, side, recorded.get((item["code"], side)), complaint_side, before)
        for side in sides_of(item, complaint_side)
    )
    return Row(
        code=item["code"],
        name=item["name"],
        question=item.get("question") or "",
        how_to=item.get("how_to") or "",
        positive_if=item.get("positive_if") or "",
        role=item.get("role") or "",
        controls=controls,
        asked_if=f"{asked_if['finding']}={asked_if['level']}" if asked_if else "",
        kind=item.get("kind") or "",
        hidden=bool(asked_if)
        and not any(control.answered or control.earlier for control in controls)
        and not (_met(asked_if, recorded) or _met(asked_if, before.rows)),
    )


def sides_of(item: Mapping[str, Any], complaint_side: str) -> tuple[str, ...]:
    """The sides a finding is recorded for, the side of the complaint first."""
    if not item.get("side_aware"):
        return ("",)
    return ("right", "left") if complaint_side == "right" else ("left", "right")


def control_for(
    item: Mapping[str, Any], side: str, row: Any, complaint_side: str, before: Before = NOTHING_BEFORE
) -> Control:
    """The radio group of one finding on one side, with what is recorded."""
    value = recorded_value(row)
    choices = [Choice(code, label, value == code, "level") for code, label in level_choices(item)]
    stands = before.of(item["code"], side)
    if item.get("stage") in {"exam", "investigation"} or EQUIVOCAL in {value, recorded_value(stands)}:
        choices.append(Choice(EQUIVOCAL, "equivocal", value == EQUIVOCAL, "equivocal"))
    known = {choice.value for choice in choices}
    if value and value not in known:  # an answer of an older release is shown, never dropped
        choices.append(Choice(value, value.replace("_", " "), True, "level"))
    choices.append(Choice(NOT_TESTED, untested_word(item), value == NOT_TESTED, "untested"))
    return Control(
        code=item["code"],
        side=side,
        complaint=bool(side) and complaint_side in {side, "both"},
        version=row.version if row else 0,
        choices=tuple(choices),
        answered=value != NOT_TESTED,
        recorded=next((c.label for c in choices if c.checked and c.value), ""),
        earlier=_earlier(stands, choices, before.today),
    )


def _earlier(row: Carried | None, choices: Iterable[Choice], today: dt.date) -> EarlierAnswer | None:
    """None where the earlier answer is no longer among the choices."""
    value = recorded_value(row)
    label = next((choice.label for choice in choices if choice.value == value), None)
    if row is None or label is None:
        return None
    return EarlierAnswer(day_words(row.seen_on, today), label, value)


def level_choices(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(code, name) of the levels as they are offered: yes before no, longer lists in their own order."""
    levels = [(level["code"], level["name"]) for level in item.get("levels") or ()]
    if not levels:
        return [("present", "yes"), ("absent", "no")]
    if {code for code, _ in levels} == BINARY:
        return sorted(levels, key=lambda level: level[0] != "present")
    return levels


def untested_word(item: Mapping[str, Any]) -> str:
    """What silence is called: asked in history, tested on examination."""
    return "not tested" if item.get("stage") in {"exam", "investigation"} else "not asked"


def recorded_value(row: Any) -> str:
    """The form value of an observation row, or of none."""
    if row is None or row.status == "not_tested":
        return NOT_TESTED
    return EQUIVOCAL if row.status == "equivocal" else row.level_code


def status_and_level(value: str) -> tuple[str, str | None]:
    """Form value -> (status, level code) as the service takes them; "not tested" takes an answer back."""
    if value == EQUIVOCAL:
        return "equivocal", None
    return "observed", value or None


def value_of(said: Mapping[str, str]) -> str:
    """(status, level) as an error carries them -> form value."""
    if said.get("status") == "equivocal":
        return EQUIVOCAL
    return said.get("level") or NOT_TESTED


def _met(asked_if: Mapping[str, str], recorded: Recorded) -> bool:
    return any(
        recorded_value(recorded.get((asked_if["finding"], side))) == asked_if["level"]
        for side in ("", "left", "right", "both")
    )
