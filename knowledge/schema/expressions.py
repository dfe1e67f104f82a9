"""The language of red-flag rules: a small tree of conditions over what was recorded.

`{"finding": c, "level": l}` (or a list of levels) · `{"risk_factor": c}` · `{"age_at_least": y}` ·
`{"age_below": y}` · `{"sex": s}` · `{"all": […]}` · `{"any": […]}` · `{"not": …}` · `{"at_least": k, "of":
[…]}`. Ages in years. Errors: ValueError naming the place inside the expression. Source:
docs/knowledge-format.md, rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

from knowledge.schema.base import CODE_PATTERN

FORMS = "finding + level, risk_factor, age_at_least, age_below, sex, all, any, not, or at_least + of"
DEPTH = 12


def expression_faults(expression: Any, place: str = "when", depth: int = 0) -> Iterator[str]:
    """Every fault of one expression as "place: what is wrong; remedy"."""
    if depth > DEPTH:
        yield f"{place}: nested deeper than {DEPTH}; split the rule in two"
        return
    if not isinstance(expression, dict):
        yield f"{place}: must be a mapping with {FORMS}"
        return
    keys = frozenset(expression)
    if keys == {"finding", "level"}:
        yield from _leaf_faults(expression, place)
    elif keys == {"risk_factor"}:
        yield from _code_fault(expression["risk_factor"], f"{place}.risk_factor")
    elif keys in ({"age_at_least"}, {"age_below"}):
        yield from _age_fault(expression, place)
    elif keys == {"sex"}:
        if expression["sex"] not in ("female", "male", "other"):
            yield f"{place}.sex: must be female, male or other"
    elif keys in ({"all"}, {"any"}, {"at_least", "of"}, {"not"}):
        yield from _group_faults(expression, place, depth)
    else:
        yield f"{place}: has the keys {', '.join(map(str, sorted(keys, key=str))) or 'none'}; must be {FORMS}"


def _leaf_faults(expression: dict[str, Any], place: str) -> Iterator[str]:
    yield from _code_fault(expression["finding"], f"{place}.finding")
    levels = expression["level"] if isinstance(expression["level"], list) else [expression["level"]]
    if not levels:
        yield f"{place}.level: an empty list is never true; name a level"
    for level in levels:
        yield from _code_fault(level, f"{place}.level")


def _code_fault(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not re.match(CODE_PATTERN, value):
        yield f"{place}: {value!r} is not a code (small letters, digits, underscores)"


def _age_fault(expression: dict[str, Any], place: str) -> Iterator[str]:
    ((key, value),) = expression.items()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 120:
        yield f"{place}.{key}: must be an age in years, 0 to 120"


def _group_faults(expression: dict[str, Any], place: str, depth: int) -> Iterator[str]:
    if "not" in expression:
        yield from expression_faults(expression["not"], f"{place}.not", depth + 1)
        return
    key = "of" if "of" in expression else next(iter(expression))
    parts = expression[key]
    if not isinstance(parts, list) or not parts:
        yield f"{place}.{key}: must be a list with at least one condition"
        return
    least = expression.get("at_least", 1)
    if isinstance(least, bool) or not isinstance(least, int) or not 1 <= least <= len(parts):
        yield f"{place}.at_least: must be a whole number from 1 to {len(parts)}, the length of of"
    for index, part in enumerate(parts):
        yield from expression_faults(part, f"{place}.{key}[{index}]", depth + 1)


def expression_references(
    expression: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str, str, tuple[str, ...]]]:
    """The codes a sound expression names: (path inside it, "finding" | "risk_factor", code, levels)."""
    if "finding" in expression:
        level = expression["level"]
        levels = tuple(level) if isinstance(level, list) else (level,)
        yield (*place, "finding"), "finding", expression["finding"], levels
    elif "risk_factor" in expression:
        yield (*place, "risk_factor"), "risk_factor", expression["risk_factor"], ()
    elif "not" in expression:
        yield from expression_references(expression["not"], (*place, "not"))
    else:
        for key in ("all", "any", "of"):
            for index, part in enumerate(expression.get(key, [])):
                yield from expression_references(part, (*place, key, index))


def _sound(expression: dict[str, Any]) -> dict[str, Any]:
    faults = list(expression_faults(expression))
    if faults:
        raise ValueError("; ".join(faults))
    return expression


Expression = Annotated[dict[str, Any], AfterValidator(_sound)]
