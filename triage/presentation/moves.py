"""What another release does to one visit, in words: places and shares, red flags, answers, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.compiled import release_with
from knowledge.differences import differences
from triage.comparing import Compared, Ranking
from triage.models import Observation, ReleaseMove
from triage.moving import Moved, Reason, Said, successor
from triage.presentation import words
from triage.presentation.impacts import names_of
from triage.presentation.knowledge import Shelf, shelf
from triage.presentation.outlook import ALERT
from triage.presentation.reasons import item_of

PLACES_SHOWN = 8
ENGINE = "All conditions"  # what differs in the constants of the model concerns every one
SIDE_WORDS = {"left": "left", "right": "right", "both": "both sides"}
REASON_WORDS = {
    Reason.FINDING: "is no longer asked",
    Reason.LEVEL: "this answer is no longer offered",
    Reason.SIDE: "its sides are asked otherwise now",
    Reason.TWICE: "the question that takes its place has another answer",
}
OF_FINDING = ("code", "name", "levels", "default", "cluster", "kind", "block", "epsilon", "side_control")
# What the ranking reads of each kind of row; other fields differ without moving anything.
OF_CONDITION = ("code", "name", "urgency", "pain_from", "excluded_by", "replaced_by")


@dataclass(frozen=True)
class ConditionRow:
    """One condition under both releases; a place is None where the release does not have it."""

    name: str
    place_before: int | None
    place_after: int | None
    share_before: str
    share_after: str
    moved: str  # "▲ up two", "▼ down one", "stays", "new", "gone"
    why: tuple[str, ...]


@dataclass(frozen=True)
class FlagRow:
    name: str
    detail: str


@dataclass(frozen=True)
class AnswerRow:
    """An answer as it was recorded, where it goes, and why it cannot follow."""

    text: str
    goes: str
    reason: str
    code: str  # of the question to ask again, in the other release; empty where there is none
    asked_under: int | None = None  # the number of the release under which it was recorded


@dataclass(frozen=True)
class Comparison:
    rows: tuple[ConditionRow, ...]
    more: int  # conditions below the places shown
    new: tuple[str, ...]
    retired: tuple[str, ...]
    flags_gained: tuple[FlagRow, ...]
    flags_lost: tuple[FlagRow, ...]
    alerts_gained: tuple[str, ...]
    alerts_lost: tuple[str, ...]
    also: tuple[str, ...]  # what else differs about the answers of this visit
    stay: int
    renamed: tuple[AnswerRow, ...]
    again: tuple[AnswerRow, ...]
    unused: tuple[str, ...]
    without_numbers: bool
    before_fails: bool
    after_fails: bool
    hidden: bool = False  # until an own list is written (presentation/hidden.py)

    @property
    def same(self) -> bool:
        """Nothing a reader would notice."""
        return not (
            any(row.moved != "stays" or row.share_before != row.share_after for row in self.rows)
            or self.new
            or self.retired
            or self.flags_gained
            or self.flags_lost
            or self.alerts_gained
            or self.alerts_lost
        )


def comparison(compared: Compared, *, before: str, after: str) -> Comparison:
    """`before` and `after` are hashes of releases."""
    old, new = shelf(before), shelf(after)
    names = names_of(before, after)
    told = _told(compared, old, new)
    rows = _rows(compared, names, told)
    come, gone = _come_and_gone(old, new)
    return Comparison(
        rows=_shown(rows),
        more=max(0, len(rows) - len(_shown(rows))),
        new=tuple(sorted(names[code] for code in come)),
        retired=tuple(sorted(names[code] for code in gone)),
        flags_gained=_flags(compared.after, compared.before, new),
        flags_lost=_flags(compared.before, compared.after, old),
        alerts_gained=_alerts(compared.after, compared.before, names),
        alerts_lost=_alerts(compared.before, compared.after, names),
        also=told.also,
        stay=sum(row.stays for row in compared.moves),
        renamed=tuple(_answer_row(row, old, new) for row in compared.moves if row.renamed or row.merged),
        again=tuple(_answer_row(row, old, new) for row in compared.moves if row.reason),
        unused=tuple(_name(code, old) for code in compared.unused),
        without_numbers=compared.without_numbers,
        before_fails=compared.before is None,
        after_fails=compared.after is None,
    )


@dataclass(frozen=True)
class _Told:
    """Sentences of the difference that concern this visit: by condition, and the rest."""

    of: Mapping[str, tuple[str, ...]]
    also: tuple[str, ...]


def _told(compared: Compared, old: Shelf, new: Shelf) -> _Told:
    """The knowledge's own difference, cut down to what this visit's ranking reads."""
    codes = {code for row in compared.moves for code in (row.said.finding, row.finding) if code}
    cut = [_cut(known.catalogue.document, codes) for known in (old, new)]
    by_condition, also = {}, []
    for row in differences(*cut):
        if row.kind == "conditions" and row.what in ("changed", "retired"):
            by_condition[row.code] = row.sentences
        elif row.kind in ("findings", "risk_factors", "release"):
            also += [f"{row.name or ENGINE}: {sentence}" for sentence in row.sentences or (row.what,)]
    return _Told(by_condition, tuple(also))


def _cut(document: Mapping[str, Any], codes: Collection[str]) -> dict[str, Any]:
    """The document with the evidence on these findings, the findings and factors themselves, the priors and
    the engine's numbers.
    """
    model = {key: value for key, value in document["model"].items() if key != "misfit"}
    return {
        "kind": document.get("kind", ""),
        "name": "",
        "model": model,
        "conditions": [
            {key: row[key] for key in OF_CONDITION if key in row} for row in document.get("conditions", [])
        ],
        "priors": document.get("priors", []),
        "evidence": [row for row in document.get("evidence", []) if row["finding"] in codes],
        "findings": [
            {key: value for key, value in row.items() if key in OF_FINDING}
            for row in document.get("findings", [])
            if row["code"] in codes
        ],
        "risk_factors": [row for row in document.get("risk_factors", []) if row["code"] in codes],
        "sources": document.get("sources", []),  # for their names alone
    }


def _rows(compared: Compared, names: Mapping[str, str], told: _Told) -> list[ConditionRow]:
    """Every condition that either release ranks, by place in the later one."""
    was, now = _by_code(compared.before), _by_code(compared.after)
    last = len(was) + len(now) + 1
    codes = sorted(
        {*was, *now},
        key=lambda code: (now.get(code, {}).get("rank", last), was.get(code, {}).get("rank", last)),
    )
    return [
        ConditionRow(
            name=names.get(code, code.replace("_", " ")),
            place_before=was[code]["rank"] if code in was else None,
            place_after=now[code]["rank"] if code in now else None,
            share_before=words.percent(was[code]["share"]) if code in was else "",
            share_after=words.percent(now[code]["share"]) if code in now else "",
            moved=_moved(was.get(code), now.get(code)),
            why=told.of.get(code, ()),
        )
        for code in codes
    ]


def _shown(rows: Sequence[ConditionRow]) -> tuple[ConditionRow, ...]:
    """The first places of either release."""
    return tuple(
        row
        for row in rows
        if (row.place_before or PLACES_SHOWN + 1) <= PLACES_SHOWN
        or (row.place_after or PLACES_SHOWN + 1) <= PLACES_SHOWN
    )


def _moved(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    if was is None:
        return "new"
    if now is None:
        return "gone"
    steps = was["rank"] - now["rank"]
    if not steps:
        return "stays"
    many = words.COUNT_WORDS[abs(steps)] if abs(steps) < len(words.COUNT_WORDS) else abs(steps)
    return f"▲ up {many}" if steps > 0 else f"▼ down {many}"


def _by_code(ranking: Ranking | None) -> dict[str, Mapping[str, Any]]:
    return {row["condition"]: row for row in ranking["hypotheses"]} if ranking else {}


def _come_and_gone(old: Shelf, new: Shelf) -> tuple[set[str], set[str]]:
    """Codes of conditions in use in one release only."""
    was, now = (
        {row["code"] for row in known.catalogue.rows("conditions") if not row.get("replaced_by")}
        for known in (old, new)
    )
    return now - was, was - now


def _flags(here: Ranking | None, there: Ranking | None, known: Shelf) -> tuple[FlagRow, ...]:
    """Red flags raised here and not there."""
    others = {flag["rule"] for flag in there["red_flags"]} if there else set()
    fired = here["red_flags"] if here and there else ()
    return tuple(_flag(flag, known) for flag in fired if flag["rule"] not in others)


def _flag(flag: Mapping[str, Any], known: Shelf) -> FlagRow:
    rule = known.rules.get(flag["rule"], {})
    urgency = words.URGENCY_TITLES.get(flag["urgency"], flag["urgency"])
    name = rule.get("name") or flag["rule"].replace("_", " ")
    return FlagRow(f"{urgency}: {name}", rule.get("action") or "")


def _alerts(here: Ranking | None, there: Ranking | None, names: Mapping[str, str]) -> tuple[str, ...]:
    if not here or not there:
        return ()
    return tuple(names.get(code, code) for code in sorted(_alerting(here) - _alerting(there)))


def _alerting(ranking: Ranking) -> set[str]:
    return {row["condition"] for row in ranking.get("cant_miss") or () if row["state"] == ALERT}


def _answer_row(row: Moved, old: Shelf, new: Shelf) -> AnswerRow:
    text = _answer(row.said, old)
    goes = "" if row.reason else _answer(Said(row.finding, row.said.side, row.said.status, row.level), new)
    reason = REASON_WORDS[row.reason] if row.reason else "said already" if row.merged else ""
    return AnswerRow(text, goes, reason, row.finding)


def _answer(said: Said, known: Shelf) -> str:
    """Such as "Pain on hopping (left): yes"."""
    side = f" ({SIDE_WORDS.get(said.side, said.side)})" if said.side else ""
    value = "equivocal" if said.status == "equivocal" else "not tested"
    if said.status == "observed":
        value = known.catalogue.label(said.finding, said.level)
    return f"{_name(said.finding, known)}{side}: {value}"


def _name(code: str, known: Shelf) -> str:
    item = item_of(known, code)
    return str(item["name"]) if item else code.replace("_", " ")


def asked_again(
    moves: Iterable[ReleaseMove], observations: Iterable[Observation], *, release: str
) -> tuple[AnswerRow, ...]:
    """What could not follow in the moves that stand, and is not answered under the visit's release since."""
    here = shelf(release)
    answered = {row.finding_code for row in observations}
    rows = []
    for move in moves:
        under = release_with(move.before_id)
        for entry in move.asked_again:
            code = successor(entry["to_finding"] or entry["finding"], here.catalogue)
            if code and code in answered:
                continue
            said = Said(entry["finding"], entry["side"], entry["status"], entry["level"])
            reason = REASON_WORDS[Reason(entry["reason"])]
            rows.append(AnswerRow(_answer(said, shelf(under.sha256)), "", reason, code, under.number))
    return tuple(rows)
