"""Codes and numbers of a release as a person writes them."""

from __future__ import annotations

from django import template
from django.urls import reverse

from knowledge.pages.lines import Link

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


PAGES = {"risk_factor": "finding", "contributing_factor": "finding"}  # shown on the page of findings


@register.simple_tag
def address(link: Link, query: str = "") -> str:
    """The page of whatever a link leads to, in the release of the page it stands on."""
    return reverse(f"knowledge:{PAGES.get(link.kind, link.kind)}-detail", args=[link.code]) + query


@register.filter
def factor(ratio: float) -> str:
    """A ratio as it moves the odds: × 8, ÷ 3, × 1."""
    larger = max(ratio, 1 / ratio)
    shown = f"{larger:.0f}" if larger >= 9.95 else f"{larger:.1f}".removesuffix(".0")
    return f"÷ {shown}" if ratio < 1 and shown != "1" else f"× {shown}"
