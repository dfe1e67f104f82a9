"""Counts and codes of an impact as a person reads them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def named(names: dict[str, str], code: str) -> str:
    return names.get(code, code.replace("_", " "))


@register.filter
def count_told(count: int | None) -> str:
    """A count that was not told stands for fewer than five."""
    return "fewer than five" if count is None else str(count)
