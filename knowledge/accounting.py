"""Every figure that was gathered from studies: used by a row of the content, or refused with the reason.

`content/accounting.csv` has one line for each fact: what was found in whom, by which source, and either the
row that rests on it or the reason why none does. The table is checked against the content: a line that says
"used" names a row with that source and those figures. Needs no Django. Source: docs/knowledge-format.md, 12.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.faults import ContentFaults, Fault
from knowledge.schema import Document, Evidence

FILE = "accounting.csv"
COLUMNS = (
    "id", "kind", "condition", "finding", "source", "figures", "share", "n", "odds_ratio", "outcome", "row",
    "reason",
)  # fmt: skip
EXPECTED = {"accuracy": 223, "frequency": 105}  # the verified facts: accuracy studies; counted frequencies
OUTCOMES = ("used", "refused")
ROUNDING = 0.006  # figures are printed with two decimals
CLASSES = ("never", "rare", "occasional", "frequent", "very_frequent", "always")
CLASS_BOUNDS = (0.0, 0.01, 0.05, 0.30, 0.80, 1.0)  # the lower bound of each class, as the format defines it
STEPS = 1  # a class chosen with caution may lie one step beside the share it rests on
REASON_LENGTH = 20


@dataclass(frozen=True)
class Fact:
    """One line; `share` is that of people with the condition, `n` their number, None where not given."""

    line: int
    id: str
    kind: str
    condition: str
    finding: str
    source: str
    figures: str
    share: float | None
    n: int | None
    odds_ratio: float | None
    outcome: str
    row: str
    reason: str


def read_accounting(root: Path) -> list[Fact]:
    """The table beside the content files; raises ContentFaults."""
    path = root / FILE
    if not path.is_file():
        raise ContentFaults([Fault(FILE, 0, "", "the table is missing", f"keep {FILE} beside release.yaml")])
    lines = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    if tuple(lines.fieldnames or ()) != COLUMNS:
        raise ContentFaults([Fault(FILE, 1, "", "has other columns", f"write {','.join(COLUMNS)}")])
    facts, faults = [], []
    for entry in lines:
        try:
            facts.append(_fact(lines.line_num, entry))
        except (TypeError, ValueError) as error:
            faults.append(Fault(FILE, lines.line_num, str(entry.get("id")), str(error), "correct the number"))
    if faults:
        raise ContentFaults(faults)
    return facts


def _fact(line: int, entry: Mapping[str, Any]) -> Fact:
    if None in entry or None in entry.values():
        raise ValueError("has too few or too many columns")
    texts = {key: entry[key].strip() for key in COLUMNS}
    share, odds_ratio, count = (texts.pop(key) for key in ("share", "odds_ratio", "n"))
    return Fact(
        line=line,
        **texts,
        share=float(share) if share else None,
        odds_ratio=float(odds_ratio) if odds_ratio else None,
        n=int(count) if count else None,
    )


def accounting_faults(facts: Sequence[Fact], document: Document) -> list[Fault]:
    """What is wrong with the table beside this content; empty where every fact is accounted for."""
    faults = [*_count_faults(facts)]
    sources = {source.code: source.status for source in document.sources}
    for fact in facts:
        status = sources.get(fact.source, "unknown")
        if status != "verified":
            faults.append(_fault(fact, f"its source {fact.source} is {status}", "name a verified source"))
        if fact.outcome == "used":
            faults += _use_faults(fact, document)
        elif fact.outcome == "refused":
            faults += _refusal_faults(fact)
        else:
            faults.append(_fault(fact, "is not accounted for", f"write {' or '.join(OUTCOMES)}"))
    return sorted(faults)


def _count_faults(facts: Sequence[Fact]) -> Iterator[Fault]:
    found = Counter(fact.kind for fact in facts)
    for kind in sorted({*EXPECTED, *found}):
        if found[kind] != EXPECTED.get(kind, 0):
            problem = (
                f"{found[kind]} lines of the kind {kind!r}, there are {EXPECTED.get(kind, 0)} such facts"
            )
            yield Fault(FILE, 0, "", problem, "give each fact one line")
    for code, times in Counter(fact.id for fact in facts).items():
        if times > 1:
            yield Fault(FILE, 0, code, "stands in several lines", "keep one")


def _refusal_faults(fact: Fact) -> Iterator[Fault]:
    if len(fact.reason) < REASON_LENGTH:
        yield _fault(fact, "is refused without a reason", "say why in a sentence")
    if fact.row:
        yield _fault(fact, "is refused and names a row", "take the row out, or write used")


def _use_faults(fact: Fact, document: Document) -> Iterator[Fault]:
    kind, _, place = fact.row.partition(":")
    look = _LOOKS.get(kind)
    if look is None:
        yield _fault(fact, f"is used in {fact.row!r}", f"name {', '.join(f'{key}:…' for key in _LOOKS)}")
        return
    rows = look(document, place.split("/"))
    if not rows:
        yield _fault(fact, f"there is no {kind} {place}", "name the row that rests on it, or refuse it")
        return
    cited = [row for row in rows if row.source == fact.source]
    if not cited:
        yield _fault(fact, f"no {kind} {place} rests on {fact.source}", "name the row that does")
    elif not any(_agrees(fact, row) for row in cited):
        yield _fault(fact, f"{kind} {place} has other figures", f"the source says {fact.figures}")


def _evidence(document: Document, place: Sequence[str]) -> list[Any]:
    """condition/finding, or condition/finding/level."""
    named = dict(zip(("condition", "finding", "level"), place, strict=False))
    return [
        row
        for row in document.evidence
        if all(
            getattr(row, key) == value or (key == "level" and value in row.counts)
            for key, value in named.items()
        )
    ]


def _effects(document: Document, place: Sequence[str]) -> list[Any]:
    """factor/condition."""
    return [
        effect
        for factor in document.risk_factors
        for effect in factor.effects
        if [factor.code, effect.condition] == list(place)
    ]


_LOOKS: Mapping[str, Callable[[Document, Sequence[str]], list[Any]]] = {
    "evidence": _evidence,
    "effect": _effects,
}


def _agrees(fact: Fact, row: Any) -> bool:
    """Whether a row holds the figures of the fact, as far as the fact gives them and the row's form can."""
    if not isinstance(row, Evidence):
        return fact.odds_ratio is None or abs(row.odds_ratio - fact.odds_ratio) <= ROUNDING
    if row.frequency_class is not None:
        return fact.share is None or abs(_step(fact.share) - CLASSES.index(row.frequency_class)) <= STEPS
    if fact.n is not None and row.n is not None and fact.n != row.n:
        return False
    shares = _shares(row)
    person = 0.5 / row.n if row.n else ROUNDING
    return fact.share is None or any(abs(share - fact.share) <= person + ROUNDING for share in shares)


def _step(share: float) -> int:
    """The class a share lies in, by position in CLASSES."""
    return max(place for place, bound in enumerate(CLASS_BOUNDS) if share >= bound)


def _shares(row: Evidence) -> list[float]:
    if row.counts:
        total = sum(row.counts.values())
        return [count / total for count in row.counts.values()]
    if row.positives is not None and row.n is not None:
        return [row.positives / row.n]
    return [] if row.probability is None else [row.probability]


def _fault(fact: Fact, problem: str, remedy: str) -> Fault:
    return Fault(FILE, fact.line, fact.id, problem, remedy)
