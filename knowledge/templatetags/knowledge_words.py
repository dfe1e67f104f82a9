"""Codes and numbers of a release as a person writes them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def words(code: str | None) -> str:
    """ "very_frequent" → "very frequent"."""
    return str(code or "").replace("_", " ")


@register.filter
def figure(value: float | str | None) -> str:
    """Three significant digits, no more zeros than needed: 85.9, 2.5, 0.002. Nothing for nothing."""
    return "" if value is None or isinstance(value, str) else format(float(format(value, ".3g")), ",.10g")


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else figure(100 * share)


@register.filter
def weeks(span: list[float]) -> str:
    """[6, 6] → "6", [8, 52] → "8–52"."""
    return "–".join(dict.fromkeys(map(figure, span)))
