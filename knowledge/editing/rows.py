"""A row of a table in words: what it says and on what it rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.editing.names import Names
from knowledge.editing.parts import Part, token_of
from knowledge.mapping import Plain
from knowledge.models import Source
from knowledge.pages.lines import short_citation


@dataclass(frozen=True)
class RowView:
    """What a table shows of a row; `warning` is why publishing will refuse it."""

    pk: int
    token: str
    title: str
    says: str
    rests: str
    notes: tuple[str, ...]
    warning: str = ""


class Telling:
    """Tells rows in words; names and sources are read once."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._status: dict[str, tuple[str, str]] | None = None

    def rows(self, part: Part, code: str) -> list[RowView]:
        views = [self.row(part, row.pk, part.plain(row)) for row in part.rows(code)]
        return sorted(views, key=lambda view: view.title.casefold()) if part.slug == "evidence" else views

    def row(self, part: Part, pk: int, plain: Plain) -> RowView:
        title, says, notes = TELL[part.slug](self, plain)
        rests, warning = self.rests(plain) if part.is_claim else ("", "")
        return RowView(
            pk, token_of(plain), title, says, rests, tuple(note for note in notes if note), warning
        )

    def rests(self, plain: Mapping[str, Any]) -> tuple[str, str]:
        estimate = plain.get("basis") == "expert_estimate"
        code = plain.get("source", "")
        if not code:
            return ("◇ expert estimate" if estimate else "nothing"), ""
        citation, status = self._sources().get(code, (code, "verified"))
        place = f", {plain['locator']}" if plain.get("locator") else ""
        warning = "" if status == "verified" else f"its source is {status}"
        return f"{short_citation(citation)}{place}" + (" · ◇ expert estimate" if estimate else ""), warning

    def _sources(self) -> dict[str, tuple[str, str]]:
        if self._status is None:
            rows = Source.objects.values_list("pk", "citation", "status")
            self._status = {pk: (citation, status) for pk, citation, status in rows}
        return self._status

    def level(self, plain: Mapping[str, Any], level: str) -> str:
        return self.names.levels.get(plain.get("finding", ""), {}).get(level, level.replace("_", " "))


Told = tuple[str, str, Sequence[str]]


def _evidence(tell: Telling, plain: Plain) -> Told:
    title = tell.names.name("findings", plain.get("finding", ""))
    level = tell.level(plain, plain.get("level", ""))
    weight = plain.get("weight", 1)
    return (
        title + (f": {level}" if level and level != "yes" else ""),
        _figure(tell, plain) + (f" · counts × {weight:g}" if weight != 1 else ""),
        (
            plain.get("population", ""),
            f"judged by {plain['reference_standard']}" if "reference_standard" in plain else "",
            plain.get("design", ""),
            f"risk of bias {plain['risk_of_bias']}" if "risk_of_bias" in plain else "",
            plain.get("note", ""),
        ),
    )


def _figure(tell: Telling, plain: Plain) -> str:
    if "positives" in plain:
        return f"{plain['positives']} of {plain['n']}"
    if "probability" in plain:
        return f"{100 * plain['probability']:.3g} % of {plain['n']}"
    if "class" in plain:
        return str(plain["class"]).replace("_", " ")
    return ", ".join(
        f"{tell.level(plain, level)} {count:g}" for level, count in plain.get("counts", {}).items()
    )


def _prior(tell: Telling, plain: Plain) -> Told:
    if "share" in plain:
        people = f", n = {plain['n']}" if "n" in plain else ""
        setting = str(plain.get("setting", "")).replace("_", " ")
        return setting.capitalize(), f"{100 * plain['share']:.3g} %{people}", (plain.get("caveat", ""),)
    return "In words", str(plain.get("class", "")).replace("_", " "), (plain.get("caveat", ""),)


def _treatment(tell: Telling, plain: Plain) -> Told:
    cautions = [f"Caution: {caution['text']}" for caution in plain.get("cautions", [])]
    return (
        tell.names.name("treatments", plain.get("treatment", "")),
        str(plain.get("stage", "")).replace("_", " "),
        (plain.get("note", ""), plain.get("outcome", ""), *cautions),
    )


def _dispute(tell: Telling, plain: Plain) -> Told:
    claims = [f"{position['claim']} ({tell.rests(position)[0]})" for position in plain.get("positions", [])]
    return plain.get("topic", ""), f"{len(claims)} positions", claims


def _effect(tell: Telling, plain: Plain) -> Told:
    limits = f" ({plain['low']:g}–{plain['high']:g})" if "low" in plain and "high" in plain else ""
    return tell.names.name("conditions", plain["condition"]), f"odds × {plain['odds_ratio']:g}{limits}", ()


TELL = {
    "evidence": _evidence,
    "priors": _prior,
    "treatments": _treatment,
    "disputes": _dispute,
    "effects": _effect,
}
