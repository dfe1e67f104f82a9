"""The bars of one hypothesis -> the lines a clinician checks: sign, ratio, words, study, source."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.presentation import words
from triage.presentation.knowledge import Shelf, SourceLink

HALF_WIDTH = 50.0  # of the diverging bar's view box, on either side of the axis
FULL_SCALE = math.log(20)  # a contribution this large fills its half; larger ones are cut there
SETTLED = {"prior": 0, "risk_factor": 1}


@dataclass(frozen=True)
class Line:
    """One line of reasons; `x` and `width` are in view-box units from the axis."""

    name: str
    answer: str
    side: str
    direction: str
    sign: str
    ratio: str
    words: str
    x: str
    width: str
    study: str
    estimate: bool
    match: str
    remarks: tuple[str, ...]
    published: str
    sources: tuple[SourceLink, ...]


def lines(bars: Sequence[Mapping[str, Any]], condition: str, shelf: Shelf) -> tuple[Line, ...]:
    """Starting point first, then what speaks for it, then against, the heaviest first."""
    ordered = sorted(
        bars, key=lambda bar: (SETTLED.get(bar["kind"], 2), _side_order(bar), -abs(bar["log_contribution"]))
    )
    return tuple(_line(bar, condition, shelf) for bar in ordered)


def _side_order(bar: Mapping[str, Any]) -> int:
    return {"for": 0, "against": 1, "neutral": 2}[words.direction(bar["log_contribution"])]


def _line(bar: Mapping[str, Any], condition: str, shelf: Shelf) -> Line:
    contribution = bar["log_contribution"]
    width = min(abs(contribution) / FULL_SCALE, 1.0) * HALF_WIDTH
    direction = words.direction(contribution)
    ratio = bar.get("likelihood_ratio") or math.exp(contribution)
    cells = shelf.cells(condition, bar.get("finding") or "") if bar["kind"] == "observation" else ()
    return Line(
        name=_name(bar, shelf),
        answer=_answer(bar, shelf),
        side=bar.get("side") or "",
        direction=direction,
        sign={"for": "+", "against": "−", "neutral": ""}[direction],
        ratio=words.ratio_text(ratio),
        words="where it starts, against something not in this list"
        if bar["kind"] == "prior"
        else words.strength_words(contribution),
        x=f"{0.0 if contribution >= 0 else -width:.2f}",
        width=f"{width:.2f}",
        study=_study(bar, cells),
        estimate=bar.get("basis") == "expert_estimate",
        match=words.MATCH_WORDS.get(bar.get("match") or "", ""),
        remarks=_remarks(bar),
        published=_published(bar),
        sources=_sources(bar, cells, shelf),
    )


def _name(bar: Mapping[str, Any], shelf: Shelf) -> str:
    if bar["kind"] == "prior":
        return "How common it is in your setting"
    if bar["kind"] in {"silence", "breadth"}:
        return "What was not mentioned" if bar["kind"] == "silence" else "How much of it was looked at"
    item = item_of(shelf, bar["finding"])
    return item["name"] if item else str(bar["finding"])


def item_of(shelf: Shelf, code: str) -> Mapping[str, Any] | None:
    """A finding, risk factor or contributing factor by its code."""
    known = shelf.catalogue
    return known.finding(code) or known.risk_factor(code) or known.contributing_factor(code)


def _answer(bar: Mapping[str, Any], shelf: Shelf) -> str:
    if bar["kind"] != "observation":
        return ""
    if bar.get("status") == "equivocal":
        return "equivocal"
    return shelf.catalogue.label(bar["finding"], bar["level"]) if bar.get("level") else ""


def _study(bar: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> str:
    people = sum(int(cell["n"]) for cell in cells if cell.get("basis") == "study" and cell.get("n"))
    if bar.get("basis") != "study" or not people:
        return ""
    return f"study of {people} people"


def _remarks(bar: Mapping[str, Any]) -> tuple[str, ...]:
    """What lessens the line or puts it in doubt."""
    weight = bar.get("weight", 1.0)
    return tuple(
        remark
        for holds, remark in (
            (weight < 0.995, f"counted at {weight * 100:.0f} %, it repeats another"),
            (bar.get("own_control"), "the symptom-free side is the same: read as equivocal"),
            (bar.get("sources_disagree"), "sources disagree"),
            (bar.get("seen_on"), f"answered on {bar.get('seen_on')}, not asked since"),
        )
        if holds
    )


def _published(bar: Mapping[str, Any]) -> str:
    ratio = bar.get("published_lr")
    return words.ratio_text(ratio) if ratio else ""


def _sources(
    bar: Mapping[str, Any], cells: Sequence[Mapping[str, Any]], shelf: Shelf
) -> tuple[SourceLink, ...]:
    """The sources of the cells behind the line, with their place; else those the engine names."""
    named = [cell for cell in cells if cell.get("source") in (bar.get("sources") or ())]
    return shelf.source_links(named) or shelf.source_links(
        {"source": code} for code in bar.get("sources") or ()
    )


def counted_sentences(weights: Sequence[Mapping[str, Any]], shelf: Shelf) -> tuple[str, ...]:
    """“Counted as 1.9 tests, not 3” for each cluster in which more than one test was recorded."""
    clusters: dict[str, list[float]] = {}
    for row in weights:
        if row.get("cluster"):
            clusters.setdefault(row["cluster"], []).append(row["weight"])
    return tuple(
        f"{shelf.clusters.get(code, code)}: counted as {sum(found):.1f} tests, not {len(found)}."
        for code, found in sorted(clusters.items())
        if len(found) > 1 and sum(found) < len(found) - 0.05
    )
