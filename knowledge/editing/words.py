"""The condition of a red flag as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knowledge.editing.names import Names


def in_words(when: Mapping[str, Any], names: Names) -> str:
    """A sound expression as a person would say it, names in the place of codes."""
    if "finding" in when:
        levels = names.levels.get(when["finding"], {})
        given: list[str] = when["level"] if isinstance(when["level"], list) else [when["level"]]
        answers = " or ".join(levels.get(level, level) for level in given)
        return f"“{names.name('findings', when['finding'])}” is {answers}"
    if "risk_factor" in when:
        return f"“{names.name('risk_factors', when['risk_factor'])}”"
    if "age_at_least" in when:
        return f"age {when['age_at_least']:g} or more"
    if "age_below" in when:
        return f"age below {when['age_below']:g}"
    if "sex" in when:
        return str(when["sex"])
    return _group(when, names)


def _group(when: Mapping[str, Any], names: Names) -> str:
    if "not" in when:
        return f"not {_inner(when['not'], names)}, and recorded so"
    key = next(key for key in ("all", "any", "of") if key in when)
    parts = [_inner(part, names) for part in when[key]]
    if key == "of":
        return f"at least {when['at_least']} of: {'; '.join(parts)}"
    return (" and " if key == "all" else " or ").join(parts)


def _inner(when: Mapping[str, Any], names: Names) -> str:
    said = in_words(when, names)
    several = len(when.get("all", when.get("any", ()))) > 1 or "at_least" in when
    return f"({said})" if several else said
