"""Two versions of the knowledge told apart in words, row by row, as an editor would say it.

    first-step pain – sensitivity 18 of 20 → 26 of 44 (Smith 2019)
    prior common → uncommon
    new evidence: tender heel – sensitivity frequent (estimate)

Works on any two release documents; golden cases, which are no part of a document, may be given beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from knowledge.catalogue import Catalogue
from knowledge.difference_words import claim_words, field_words, shown, telling
from knowledge.importing import entities

Item = Mapping[str, Any]
ORDER = (
    "release",
    "conditions",
    "findings",
    "risk_factors",
    "contributing_factors",
    "rules",
    "treatments",
    "programmes",
    "sources",
    "sites",
    "structures",
    "clusters",
    "cases",
)
CLAIMS = ("evidence", "priors", "condition_treatments", "effects", "excluded_by", "icd10cm", "levels")
MEASURED = ("misfit",)  # of the model: follows from the rest, nobody writes it


@dataclass(frozen=True)
class Difference:
    """What happened to one row: the list it is in, its code and name, and each change as a sentence."""

    kind: str
    code: str
    name: str
    what: Literal["new", "changed", "retired", "gone"]
    sentences: tuple[str, ...] = ()


def differences(
    old: Item | None, new: Item, *, old_cases: Sequence[Item] = (), new_cases: Sequence[Item] = ()
) -> list[Difference]:
    """From `old` (None: nothing) to `new`, in the order in which a person would read them."""
    before = entities(old, [dict(case) for case in old_cases]) if old else {}
    after = entities(new, [dict(case) for case in new_cases])
    names = Names(old or {}, new)
    found = [
        _difference(names, key, before.get(key), after.get(key))
        for key in {*before, *after}
        if before.get(key) != after.get(key)
    ]
    kept = [difference for difference in found if difference is not None]
    return sorted(kept, key=lambda row: (ORDER.index(row.kind), row.name.casefold(), row.code))


class Names:
    """The name of a code: as the new version has it, else as the old one had it."""

    def __init__(self, old: Item, new: Item) -> None:
        self._known = [Catalogue(dict(document)) for document in (new, old)]

    def of(self, kind: str, code: str) -> str:
        for known in self._known:
            row = known.row(kind, code)
            if row is not None:
                return str(row.get("name") or row.get("citation") or row.get("title") or code)
        return code.replace("_", " ")

    def level(self, finding: str, level: str) -> str:
        for known in self._known:
            for row in (known.finding(finding) or {}).get("levels", []):
                if row["code"] == level:
                    return str(row["name"])
        return level.replace("_", " ")


def _difference(
    names: Names, key: tuple[str, str], before: Item | None, after: Item | None
) -> Difference | None:
    kind, code = key
    tell = partial(Difference, kind, code)
    if before is None or after is None:
        row = after or before or {}
        name = str(row.get("name") or row.get("title") or row.get("citation") or code)
        if after is None:
            return tell(name, "gone")
        return tell(name, "new", tuple(_claims(names, kind, {}, after)))
    name = str(after.get("name") or after.get("title") or after.get("citation") or code)
    sentences = (*_fields(names, kind, before, after), *_claims(names, kind, before, after))
    if not sentences:
        return None
    retired = after.get("replaced_by") and not before.get("replaced_by")
    return tell(name, "retired" if retired else "changed", sentences)


def _fields(names: Names, kind: str, before: Item, after: Item, path: str = "") -> Iterable[str]:
    """The plain fields, nested ones by their path; lists of claims are told by `_claims`."""
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was == now or (not path and key in CLAIMS) or (path == "model." and key in MEASURED):
            continue
        if isinstance(was or now, Mapping) and key not in ("when", "case", "expect"):
            yield from _fields(names, kind, was or {}, now or {}, f"{path}{key}.")
        else:
            yield field_words(names, f"{path}{key}", was, now)


def _claims(names: Names, kind: str, before: Item, after: Item) -> Iterable[str]:
    for part in CLAIMS:
        was, now = list(before.get(part, [])), list(after.get(part, []))
        for old, new in _paired(part, was, now):
            if old is None or new is None:
                verb = "new" if old is None else "no longer"
                yield f"{verb} {shown(part)}: {claim_words(names, part, old or new or {})}"
            else:
                yield from telling(names, part, old, new)


def _paired(part: str, was: list[Item], now: list[Item]) -> Iterable[tuple[Item | None, Item | None]]:
    """Rows that stayed are left out; of the others those about the same thing are told together, first the
    ones from the same source.
    """
    gone = [row for row in was if row not in now]
    come = [row for row in now if row not in was]
    for same in (lambda row: (_subject(part, row), row.get("source")), lambda row: _subject(part, row)):
        for new in list(come):
            old = next((row for row in gone if same(row) == same(new)), None)
            if old is not None:
                gone.remove(old)
                come.remove(new)
                yield old, new
    yield from ((row, None) for row in gone)
    yield from ((None, row) for row in come)


def _subject(part: str, row: Item) -> tuple[Any, ...]:
    """What a claim is about."""
    keys = {
        "evidence": ("finding", "level"),
        "priors": ("setting",),
        "condition_treatments": ("treatment",),
        "effects": ("condition",),
        "excluded_by": ("finding",),
    }.get(part, ("code",))
    subject = tuple(row.get(key) for key in keys)
    return ("any",) if part == "priors" else subject
