"""The cautions of treatments against what a record says: which apply, which perhaps, which not.

    cautions_of(document, condition) ─rows─► check(rows, said, names) ─► Caution, the pressing ones first

Pure: rows of a release and `Said` come in, frozen values go out. Nothing is left out of the result; a page
folds what does not apply and never loses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.cautions.matching import SURE, meant
from triage.cautions.said import Kind, Said

APPLIES, PERHAPS, ALWAYS, NOT_HERE = "applies", "perhaps", "always", "not_here"
ORDER = (APPLIES, PERHAPS, ALWAYS, NOT_HERE)
# An allergy to a medicine is no course of it, and the other way round.
ANSWERED_BY = {
    "allergy": frozenset({Kind.ALLERGY}),
    "comorbidity": frozenset(Kind) - {Kind.ALLERGY},
    "medicine": frozenset(Kind) - {Kind.ALLERGY},
    "risk_factor": frozenset(Kind) - {Kind.ALLERGY},
}


@dataclass(frozen=True, slots=True)
class Because:
    words: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Caution:
    """One caution of one treatment. `asks` is kind and code of what it asks for, empty where it always holds;
    `row` is the row of the release that it stands in.
    """

    treatment: str
    text: str
    state: str
    asks: str
    because: tuple[Because, ...]
    row: Mapping[str, Any]
    said_in: Mapping[str, Any]  # where the caution's own source stands, or else that of its row

    @property
    def is_pressing(self) -> bool:
        return self.state in (APPLIES, PERHAPS)


def cautions_of(
    document: Mapping[str, Any], condition: str, treatments: Iterable[str] = ()
) -> list[Mapping[str, Any]]:
    """The rows whose cautions count: all treatments of the condition, and of what else is on the plan the
    rows under other conditions, for a treatment keeps its dangers elsewhere.
    """
    rows = document.get("condition_treatments", [])
    own = [row for row in rows if row["condition"] == condition]
    rest = set(treatments) - {row["treatment"] for row in own}
    return [*own, *(row for row in rows if row["treatment"] in rest)]


def check(
    rows: Iterable[Mapping[str, Any]], said: Sequence[Said], names: Mapping[str, Sequence[str]]
) -> tuple[Caution, ...]:
    """Every caution of the rows, each once; those that apply first, otherwise in the order of the rows."""
    found: dict[tuple[str, str, str], Caution] = {}
    for row in rows:
        for caution in row.get("cautions") or ():
            checked = _checked(row, caution, said, names)
            found.setdefault((checked.treatment, checked.asks, checked.text), checked)
    return tuple(sorted(found.values(), key=lambda caution: ORDER.index(caution.state)))


def _checked(
    row: Mapping[str, Any],
    caution: Mapping[str, Any],
    said: Sequence[Said],
    names: Mapping[str, Sequence[str]],
) -> Caution:
    condition = caution.get("if") or {}
    because = tuple(
        reason
        for kind, code in condition.items()
        for one in said
        if one.kind in ANSWERED_BY[kind] and (reason := _because(one, code, names.get(code, (code,))))
    )
    sure = tuple(reason for reason in because if reason.sure)
    state = ALWAYS if not condition else APPLIES if sure else PERHAPS if because else NOT_HERE
    return Caution(
        treatment=row["treatment"],
        text=caution["text"],
        state=state,
        asks=next((f"{kind}:{code}" for kind, code in condition.items()), ""),
        because=sure or because,
        row=row,
        said_in=caution if caution.get("source") or caution.get("basis") else row,
    )


def _because(one: Said, code: str, names: Sequence[str]) -> Because | None:
    if one.code == code:
        return Because(one.words, one.sure)
    found = meant(one.text, names) if one.text else ""
    return Because(one.words, one.sure and found == SURE) if found else None
