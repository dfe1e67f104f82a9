"""What an import would do, in words a clinician can read before agreeing to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.differences import differences
from knowledge.exporting import assemble
from knowledge.importing import Key, Plan
from knowledge.mapping import Plain

WORDS = {"create": "new", "update": "changed", "delete": "taken out"}
KINDS = {"release": "the release block", "cases": "golden case"}
SHORT = 300


@dataclass(frozen=True)
class Step:
    """One entity and what happens to it, each change as a sentence."""

    what: str
    kind: str
    code: str
    sentences: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.what}: {self.kind} {self.code}"
        return "\n".join([head, *(f"  {sentence}" for sentence in self.sentences)])


@dataclass(frozen=True)
class Side:
    """A field in which mine and theirs differ, shown side by side; `base` is what both began from."""

    field: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Clash:
    kind: str
    code: str
    sides: tuple[Side, ...]

    def __str__(self) -> str:
        lines = [f"conflict: {self.kind} {self.code} was changed here and in the new content"]
        for side in self.sides:
            lines += [f"  {side.field}", f"    base:   {side.base}", f"    mine:   {side.mine}"]
            lines.append(f"    theirs: {side.theirs}")
        return "\n".join(lines)


@dataclass(frozen=True)
class PlanWords:
    """`steps` are written, `kept` are local edits that stay, `clashes` refuse the whole import."""

    steps: tuple[Step, ...]
    kept: tuple[Step, ...]
    clashes: tuple[Clash, ...]


def plan_words(plan: Plan) -> PlanWords:
    said = _sentences(plan)
    return PlanWords(
        steps=tuple(
            Step(
                WORDS[change.action],
                _kind(change.kind),
                change.code,
                said.get((change.kind, change.code), ()),
            )
            for change in plan.writes
        ),
        kept=tuple(
            Step("local edit kept", _kind(change.kind), change.code, (", ".join(change.fields),))
            for change in plan.having("keep")
        ),
        clashes=tuple(_clashes(plan)),
    )


def _kind(kind: str) -> str:
    return KINDS.get(kind, kind.removesuffix("s").replace("_", " "))


def _sentences(plan: Plan) -> dict[Key, tuple[str, ...]]:
    """What changes in each entity that both sides have."""
    updates = plan.having("update")
    if not updates:
        return {}
    before = dict(plan.mine)
    after = {**before, **{(change.kind, change.code): change.theirs or {} for change in updates}}
    old, old_cases = _document(before)
    new, new_cases = _document(after)
    found = differences(old, new, old_cases=old_cases, new_cases=new_cases)
    return {(row.kind, row.code): row.sentences for row in found}


def _document(entities: Mapping[Key, Plain]) -> tuple[Plain, list[Plain]]:
    rows: dict[str, list[Plain]] = {}
    block: Plain = {}
    for (kind, _), content in sorted(entities.items()):
        if kind == "release":
            block = content
        else:
            rows.setdefault(kind, []).append(content)
    cases = rows.pop("cases", [])
    return assemble(block, rows), cases


def _clashes(plan: Plan) -> Iterator[Clash]:
    for change in plan.having("conflict"):
        base = plan.base.get((change.kind, change.code)) or {}
        mine, theirs = change.mine or {}, change.theirs or {}
        sides = []
        for key in change.fields:
            values = [side.get(key) for side in (base, mine, theirs)]
            sides.append(Side(key, *(_short(_apart(value, values)) for value in values)))
        yield Clash(_kind(change.kind), change.code, tuple(sides))


def _apart(value: Any, values: Sequence[Any]) -> Any:
    """Of a list only what the other sides do not all have; everything else whole."""
    lists = [side for side in values if isinstance(side, list)]
    if not isinstance(value, list):
        return value
    own = [entry for entry in value if not all(entry in side for side in lists)]
    return own or "nothing that the others do not have"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
