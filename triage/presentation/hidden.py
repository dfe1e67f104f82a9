"""The panel of somebody who writes an own list first: what is safe to know, and nothing of the ranking.

It is built anew from the few parts that may be shown, so that a part added to the panel later stays hidden.
"""

from __future__ import annotations

from dataclasses import replace

from triage.presentation.moves import Comparison
from triage.presentation.outlook import CantMiss
from triage.presentation.panel import Panel


def hidden_panel(panel: Panel) -> Panel:
    """Red flags and can't-miss alerts never wait; what is recorded against itself is no ranking either."""
    urgent = panel.cant_miss
    return Panel(
        release_label=panel.release_label,
        answered=panel.answered,
        red_flags=panel.red_flags,
        contradictions=panel.contradictions,
        disagreements=panel.disagreements,
        unavailable=panel.unavailable,
        cant_miss=CantMiss(urgent.alerts, urgent.unscreened, ()) if urgent else None,
        hidden=True,
    )


def hidden_comparison(told: Comparison) -> Comparison:
    """Another release's red flags and answers, without places, shares and reasons."""
    return replace(told, rows=(), more=0, also=(), hidden=True)
