"""A ranking -> the differential panel. Enums and numbers come in, what a clinician reads goes out."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from triage.presentation import words
from triage.presentation.conditions import Detail, detail, missing_count, name_of
from triage.presentation.knowledge import Shelf, SourceLink
from triage.presentation.outlook import (
    CantMiss,
    NextTest,
    Threshold,
    cant_miss,
    next_tests,
    pair_words,
    thresholds,
)
from triage.presentation.reasons import item_of

ROWS_SHOWN = 8
RELEVANT_ROWS = 5
OTHER = "other"
URGENT = {"urgent", "emergency"}
NOTHING: Mapping[str, PutAside] = MappingProxyType({})
EVIDENCE_KINDS = {"observation", "block", "risk_factor"}


@dataclass(frozen=True)
class Band:
    """Where the share lies in nine of ten draws of the evidence; `x` and `width` in per cent of the bar."""

    text: str
    x: str
    width: str


@dataclass(frozen=True)
class HypothesisRow:
    condition: str
    name: str
    rank: int
    percent: str
    words: str
    width: str
    band: Band | None
    for_count: int
    against_count: int
    missing_count: int
    estimate: str
    other: bool
    urgent: bool
    url: str
    toggle_url: str
    opened: Detail | None
    threshold: Threshold | None = None


@dataclass(frozen=True)
class PutAside:
    """A red flag that a person dismissed: why, who, when, and for which answers (None: as frozen)."""

    reason: str
    by: str
    at: dt.datetime
    matched: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class RedFlag:
    name: str
    urgency: str
    action: str
    matched: tuple[str, ...]
    source: SourceLink | None
    estimate: bool
    code: str = ""
    put_aside: PutAside | None = None
    lapsed: PutAside | None = None  # put aside for other answers than those that raise it now
    earlier: str = ""  # the day, where it stands on answers of earlier visits alone


@dataclass(frozen=True)
class Panel:
    """The differential of one visit. `unavailable`: the engine could not rank; then there are no rows."""

    release_label: str
    answered: int
    red_flags: tuple[RedFlag, ...]
    rows: tuple[HypothesisRow, ...] = ()
    hidden_count: int = 0
    all: bool = False
    total: int = 0
    misfit: bool = False
    contradictions: tuple[str, ...] = ()
    disagreements: tuple[tuple[str, ...], ...] = ()
    unavailable: bool = False
    hidden: bool = False  # until an own list is written (presentation/hidden.py)
    relevant: tuple[str, ...] = ()
    cant_miss: CantMiss | None = None
    next_tests: tuple[NextTest, ...] = ()
    order_can_change: bool = True
    decides: bool = False  # the next tests are in order of what they are worth for the decision
    pair: str = ""

    @property
    def open_flags(self) -> tuple[RedFlag, ...]:
        return tuple(flag for flag in self.red_flags if not flag.put_aside)

    @property
    def relevant_codes(self) -> str:
        return " ".join(self.relevant)

    @property
    def first(self) -> HypothesisRow | None:
        return self.rows[0] if self.rows else None

    @property
    def opened(self) -> Detail | None:
        return next((row.opened for row in self.rows if row.opened), None)


@dataclass(frozen=True)
class View:
    """What the reader chose to see, and what is known of the patient."""

    open: str
    all: bool
    recorded: Collection[str]
    on_record: Collection[str]
    page_url: Callable[[str], str]
    toggle_url: Callable[[str, bool], str]


def build_panel(
    ranking: Mapping[str, Any],
    shelf: Shelf,
    view: View,
    *,
    release_label: str,
    put_aside: Mapping[str, PutAside] = NOTHING,
) -> Panel:
    """The panel of a ranking (`Ranking.to_dict()`)."""
    hypotheses = ranking["hypotheses"]
    shown = [
        item
        for item in hypotheses
        if view.all or item["rank"] <= ROWS_SHOWN or item["condition"] in {OTHER, view.open}
    ]
    known = thresholds(ranking, shelf)
    return Panel(
        release_label=release_label,
        answered=len(view.recorded),
        red_flags=red_flags(ranking.get("red_flags") or (), shelf, put_aside),
        rows=tuple(_row(item, ranking, shelf, view, known) for item in shown),
        hidden_count=len(hypotheses) - len(shown),
        all=view.all,
        total=len(hypotheses),
        relevant=_relevant(hypotheses, shelf, view.recorded),
        cant_miss=cant_miss(ranking, shelf),
        next_tests=next_tests(ranking, shelf),
        order_can_change=any(row.get("changes_order") for row in ranking.get("next") or ()),
        decides="thresholds" in ranking,
        pair=pair_words(ranking, shelf),
        misfit=bool((ranking.get("misfit") or {}).get("fired")),
        contradictions=tuple(_contradiction(row, shelf) for row in ranking.get("contradictions") or ()),
        disagreements=tuple(
            tuple(_finding_name(code, shelf) for code in row["findings"])
            for row in ranking.get("tests_disagree") or ()
        ),
    )


def unavailable_panel(
    flags: Sequence[Mapping[str, Any]],
    shelf: Shelf,
    *,
    answered: int,
    release_label: str,
    put_aside: Mapping[str, PutAside] = NOTHING,
) -> Panel:
    """No list at all, the red flags still."""
    return Panel(
        release_label=release_label,
        answered=answered,
        red_flags=red_flags(flags, shelf, put_aside),
        unavailable=True,
    )


def _row(
    item: Mapping[str, Any],
    ranking: Mapping[str, Any],
    shelf: Shelf,
    view: View,
    known: Mapping[str, Threshold],
) -> HypothesisRow:
    code = item["condition"]
    votes = [bar for bar in item["bars"] if bar["kind"] in EVIDENCE_KINDS]
    directions = [words.direction(bar["log_contribution"]) for bar in votes]
    condition = shelf.catalogue.condition(code) or {}
    is_open = code == view.open
    return HypothesisRow(
        condition=code,
        name=name_of(code, shelf),
        rank=item["rank"],
        percent=words.percent(item["share"]),
        words=words.share_words(item["share"]),
        width=f"{max(item['share'] * 100, 0.5):.1f}",
        band=_band(item),
        for_count=directions.count("for"),
        against_count=directions.count("against"),
        missing_count=missing_count(code, shelf, view.recorded),
        estimate=_estimate_words(votes),
        other=code == OTHER,
        urgent=condition.get("urgency") in URGENT,
        url=view.page_url(code),
        toggle_url=view.toggle_url(code, is_open),
        opened=_detail(item, ranking, shelf, view) if is_open else None,
        threshold=known.get(code),
    )


def _band(item: Mapping[str, Any]) -> Band | None:
    low, high = item.get("low"), item.get("high")
    if low is None or high is None:
        return None
    text = f"{low * 100:.0f}–{high * 100:.0f}"
    return Band(text, f"{low * 100:.1f}", f"{max((high - low) * 100, 0.6):.1f}")


def _relevant(
    hypotheses: Sequence[Mapping[str, Any]], shelf: Shelf, recorded: Collection[str]
) -> tuple[str, ...]:
    """Findings not yet answered that have evidence in one of the first rows."""
    first = [item["condition"] for item in hypotheses[: RELEVANT_ROWS + 1] if item["condition"] != OTHER]
    telling = [shelf.telling_codes.get(code, frozenset()) for code in first[:RELEVANT_ROWS]]
    return tuple(sorted(frozenset().union(*telling).difference(recorded)))


def _detail(item: Mapping[str, Any], ranking: Mapping[str, Any], shelf: Shelf, view: View) -> Detail:
    return detail(
        item,
        ranking,
        shelf,
        recorded=view.recorded,
        on_record=view.on_record,
        page_url=view.page_url(item["condition"]),
    )


def _estimate_words(votes: Sequence[Mapping[str, Any]]) -> str:
    """Whether the row's evidence is estimated: all of it, most of its weight, or not worth saying."""
    moving = [bar for bar in votes if abs(bar["log_contribution"]) >= words.NEUTRAL_LOG]
    total = math.fsum(abs(bar["log_contribution"]) for bar in moving)
    guessed = math.fsum(
        abs(bar["log_contribution"]) for bar in moving if bar.get("basis") == "expert_estimate"
    )
    if not total or guessed / total <= 0.5:
        return ""
    return "expert estimate only" if guessed / total > 0.995 else "mostly expert estimate"


def red_flags(
    flags: Sequence[Mapping[str, Any]], shelf: Shelf, put_aside: Mapping[str, PutAside] = NOTHING
) -> tuple[RedFlag, ...]:
    """The fired rules with what to do, from the release that fired them; those put aside last."""
    found = [_red_flag(flag, shelf, put_aside.get(flag["rule"])) for flag in flags]
    return tuple(sorted(found, key=lambda flag: flag.put_aside is not None))


def _red_flag(flag: Mapping[str, Any], shelf: Shelf, earlier: PutAside | None) -> RedFlag:
    rule = shelf.rules.get(flag["rule"], {})
    holds = earlier is not None and (earlier.matched is None or earlier.matched == flag.get("matched"))
    matched = flag.get("matched") or ()
    days = flag.get("matched_on") or [""] * len(matched)
    return RedFlag(
        name=rule.get("name") or flag["rule"].replace("_", " "),
        urgency=words.URGENCY_TITLES.get(flag["urgency"], flag["urgency"]),
        action=rule.get("action") or "",
        matched=tuple(
            _matched({**match, "seen_on": day}, shelf) for match, day in zip(matched, days, strict=True)
        ),
        source=shelf.source_link(rule),
        estimate=rule.get("basis") == "expert_estimate",
        code=flag["rule"],
        put_aside=earlier if holds else None,
        lapsed=None if holds else earlier,
        earlier=days[0] if days and all(days) else "",
    )


def _matched(match: Mapping[str, Any], shelf: Shelf) -> str:
    name = _finding_name(match["finding"], shelf)
    level = shelf.catalogue.label(match["finding"], match["level"]) if match.get("level") else ""
    notes = ", ".join(note for note in (match.get("side"), match.get("seen_on")) if note)
    answer = f": {level}" if level and level != "yes" else ""
    return f"{name}{answer}{f' ({notes})' if notes else ''}"


def _contradiction(row: Mapping[str, Any], shelf: Shelf) -> str:
    return f"{_matched(row['present'], shelf)}, but {_matched(row['absent'], shelf)}"


def _finding_name(code: str, shelf: Shelf) -> str:
    item = item_of(shelf, code)
    return item["name"] if item else code.replace("_", " ")
