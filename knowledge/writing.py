"""Plain data into rows: the one way in which imports and editors write the working copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knowledge.mapping import Branch, Numbers, Plain, Shape, column_values, get_path, plain_of


def set_columns(row: Any, values: Mapping[str, Any]) -> bool:
    """Whether any column became another."""
    changed = False
    for attribute, value in values.items():
        if getattr(row, attribute) != value or row._state.adding:
            setattr(row, attribute, value)
            changed = True
    return changed


def write_row(shape: Shape, row: Any, plain: Plain, before: Plain) -> None:
    """A row with all that hangs on it; what did not change is left alone, so that its history stays quiet."""
    if set_columns(row, column_values(shape, plain)) or row._state.adding:
        row.save()
    write_related(shape, row, plain, before)


def write_related(shape: Shape, row: Any, plain: Plain, before: Plain) -> None:
    for path, name in shape.links.items():
        if get_path(plain, path) != get_path(before, path):
            getattr(row, name).set(get_path(plain, path) or [])
    for numbers in shape.numbers:
        wanted, had = get_path(plain, numbers.key) or {}, get_path(before, numbers.key) or {}
        if wanted != had:
            _write_numbers(numbers, row, wanted, had)
    for branch in shape.branches:
        if plain.get(branch.key, []) != before.get(branch.key, []):
            _write_branch(branch, row, plain.get(branch.key, []))


def _write_numbers(numbers: Numbers, row: Any, wanted: Mapping[str, Any], had: Mapping[str, Any]) -> None:
    there = (
        {getattr(entry, numbers.code): entry for entry in getattr(row, numbers.related).all()} if had else {}
    )
    for code in there.keys() - wanted.keys():
        there[code].delete()
    for code in there.keys() & wanted.keys():
        if getattr(there[code], numbers.value) != wanted[code]:
            setattr(there[code], numbers.value, wanted[code])
            there[code].save()
    numbers.model._default_manager.bulk_create(
        numbers.model(**{numbers.owner: row, numbers.code: code, numbers.value: wanted[code]})
        for code in wanted
        if code not in there
    )


def _write_branch(branch: Branch, row: Any, wanted: list[Plain]) -> None:
    """Entries keep their rows where they can: a row that says the same stays untouched."""
    there = list(getattr(row, branch.related).order_by("position" if branch.positioned else "pk"))
    had = [(entry, plain_of(branch.shape, entry)) for entry in there]
    rows = _matched(had, wanted)
    for entry in there:
        if all(entry is not kept for kept, _ in rows):
            entry.delete()
    children, added = [], []
    for position, ((entry, _), plain) in enumerate(zip(rows, wanted, strict=True)):
        child: Any = entry if entry is not None else branch.shape.model(**{branch.owner: row})
        changed = set_columns(child, column_values(branch.shape, plain))
        if branch.positioned and child.position != position:
            child.position = position
            changed = True
        if entry is None:
            added.append(child)
        elif changed:
            child.save()
        children.append(child)
    branch.shape.model._default_manager.bulk_create(added)
    for child, (_, before), plain in zip(children, rows, wanted, strict=True):
        write_related(branch.shape, child, plain, before)


def _matched(had: list[tuple[Any, Plain]], wanted: list[Plain]) -> list[tuple[Any, Plain]]:
    """The row of each wanted entry with what it said: the same text first, then the same code or place."""
    left = list(had)
    found: list[tuple[Any, Plain]] = [(None, {}) for _ in wanted]
    for alike in (lambda a, b: a == b, lambda a, b: "code" in b and a.get("code") == b["code"]):
        for at, plain in enumerate(wanted):
            if found[at][0] is None:
                same = next((pair for pair in left if alike(pair[1], plain)), None)
                if same is not None:
                    left.remove(same)
                    found[at] = same
    for at, plain in enumerate(wanted):
        if found[at][0] is None and left and "code" not in plain:
            found[at] = left.pop(0)
    return found
