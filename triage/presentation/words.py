"""Numbers as words. One place, so that the panel, the detail and the signed page say the same."""

from __future__ import annotations

import datetime as dt
import math

SHARE_WORDS = (
    (0.90, "very likely"),
    (0.60, "likely"),
    (0.30, "quite possible"),
    (0.10, "possible"),
    (0.02, "unlikely"),
    (0.0, "very unlikely"),
)
# |log contribution| of a ratio of 10, 5 and 2, the customary steps of a likelihood ratio
STRENGTH_WORDS = (
    (math.log(10), "strongly"),
    (math.log(5), "clearly"),
    (math.log(2), "somewhat"),
    (0.0, "slightly"),
)
NEUTRAL_LOG = 0.05
COUNT_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MATCH_WORDS = {
    "exact": "",
    "ancestor": "from a more general finding",
    "default": "no evidence of its own: counts as usual for this complaint",
    "block": "from which structures the block numbs",
}
STAGE_TITLES = {
    "first_line": "First line",
    "second_line": "Second line",
    "surgical": "Surgery",
    "adjunct": "Alongside",
}
ADVICE = {  # what the share says, and whether a test leaves any room
    ("neither", True): "neither test nor treat",
    ("neither", False): "not yet worth treating",
    ("test", True): "the test could change what you do",
    ("treat", True): "treating need not wait for the test",
    ("treat", False): "worth treating",
}
SETTING_TITLES = {
    "runners": "Running clinic",
    "sports_clinic": "Sports clinic",
    "primary_care": "Primary care",
}
URGENCY_TITLES = {
    "immediate": "Now",
    "emergency": "Now",
    "same_day": "Today",
    "urgent": "Today",
    "days": "Within days",
    "soon": "Within days",
    "caution": "Caution",
    "routine": "Routine",
}


def day_words(day: dt.date, beside: dt.date) -> str:
    """`12 May`, with the year where it is not that of the day beside it."""
    return f"{day.day} {day:%B}" if day.year == beside.year else f"{day.day} {day:%B} {day.year}"


def share_words(share: float) -> str:
    """The share of a hypothesis (0..1) in words."""
    return next(words for bound, words in SHARE_WORDS if share >= bound)


def percent(share: float) -> str:
    """The share as the reader sees it: whole per cent, never 0 and never 100."""
    if share < 0.01:
        return "< 1 %"
    return "> 99 %" if share > 0.99 else f"{share * 100:.0f} %"


def direction(log_contribution: float) -> str:
    """``for``, ``against`` or ``neutral``."""
    if abs(log_contribution) < NEUTRAL_LOG:
        return "neutral"
    return "for" if log_contribution > 0 else "against"


def strength_words(log_contribution: float) -> str:
    """How much a line moves the hypothesis, in words."""
    side = direction(log_contribution)
    if side == "neutral":
        return "says little"
    strength = next(words for bound, words in STRENGTH_WORDS if abs(log_contribution) >= bound)
    return f"{strength} {side}"


def ratio_text(ratio: float) -> str:
    """A likelihood ratio as a factor: × 8, ÷ 3."""
    if ratio >= 1:
        return f"× {_figure(ratio)}"
    return f"÷ {_figure(1 / ratio)}" if ratio > 0 else "÷ ∞"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
