"""A diagnostic block as an event: agents, allergies and the level of relief. Pure Python, no rows and no
pages (docs/blocks.md).
"""

from triage.blocks.agents import AGENTS, AMIDE, ESTER, Agent, agent
from triage.blocks.allergens import Allergen, allergen_in
from triage.blocks.levels import LEVELS, Caution, Reading, Verdict, judge, next_due_minute, relief_percent

__all__ = [
    "AGENTS",
    "AMIDE",
    "ESTER",
    "LEVELS",
    "Agent",
    "Allergen",
    "Caution",
    "Reading",
    "Verdict",
    "agent",
    "allergen_in",
    "judge",
    "next_due_minute",
    "relief_percent",
]
