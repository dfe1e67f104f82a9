"""Local anaesthetics as data: when they begin to work and for how long, with where the times come from.

Times are for a small injection without a tourniquet. Around a large nerve the long-acting ones last longer
than told here; the window is short on purpose, so that what counts as relief is relief by the drug.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

AMIDE, ESTER = "amide", "ester"
OFFICE = "Infiltrative anesthesia in office practice, Am Fam Physician 2014;89:956-962, table of agents"
INFILTRATION = "Kapitanyan R, Local anesthetic agents for infiltration, Medscape 2019, table 2"
ESTIMATE = "expert estimate"


@dataclass(frozen=True)
class Agent:
    """`onset_from`: the earliest minute at which it may work; `works_by`: by then it does; `lasts_from` and
    `lasts_to`: minutes after the injection between which it wears off; `most_mg`: the most an adult gets.
    """

    code: str
    name: str
    family: str
    concentrations_percent: tuple[Decimal, ...]
    onset_from: int
    works_by: int
    lasts_from: int
    lasts_to: int
    most_mg: int
    onset_source: str
    duration_source: str
    preserved: bool = False  # always holds a sulphite, which keeps the adrenaline

    @property
    def far_beyond(self) -> int:
        """Minutes after which relief is no longer the drug's: twice its longest time (expert estimate)."""
        return 2 * self.lasts_to

    @property
    def sources(self) -> str:
        """Where onset and duration come from, each source once."""
        same = self.duration_source in self.onset_source
        return self.onset_source if same else f"onset: {self.onset_source}; duration: {self.duration_source}"


def _percent(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


# `works_by` next to a nerve instead of under the skin is judgement throughout: no source measured it for a
# millilitre or two at the foot.
_AGENTS = (
    Agent(
        "lidocaine",
        "Lidocaine",
        AMIDE,
        _percent("1", "2", "0.5"),
        *(1, 5, 30, 60),
        most_mg=300,
        onset_source=f"begins within 2 min: {OFFICE}; by 5 min next to a nerve: {ESTIMATE}",
        duration_source=OFFICE,
    ),
    Agent(
        "lidocaine_adrenaline",
        "Lidocaine with adrenaline",
        AMIDE,
        _percent("1", "2"),
        *(1, 5, 60, 240),
        most_mg=500,
        onset_source=f"begins within 2 min: {OFFICE}; by 5 min next to a nerve: {ESTIMATE}",
        duration_source=OFFICE,
        preserved=True,
    ),
    Agent(
        "mepivacaine",
        "Mepivacaine",
        AMIDE,
        _percent("1", "1.5", "2", "3"),
        *(2, 10, 45, 90),
        most_mg=400,
        onset_source=ESTIMATE,
        duration_source=INFILTRATION,
    ),
    Agent(
        "prilocaine",
        "Prilocaine",
        AMIDE,
        _percent("1", "2"),
        *(2, 10, 30, 90),
        most_mg=500,
        onset_source=ESTIMATE,
        duration_source=INFILTRATION,
    ),
    Agent(
        "bupivacaine",
        "Bupivacaine",
        AMIDE,
        _percent("0.25", "0.5"),
        *(5, 20, 120, 240),
        most_mg=175,
        onset_source=f"begins at 5 min: {OFFICE}; by 20 min next to a nerve: {ESTIMATE}",
        duration_source=OFFICE,
    ),
    Agent(
        "ropivacaine",
        "Ropivacaine",
        AMIDE,
        _percent("0.2", "0.5", "0.75"),
        *(5, 20, 120, 360),
        most_mg=200,
        onset_source=ESTIMATE,
        duration_source=INFILTRATION,
    ),
    Agent(
        "procaine",
        "Procaine",
        ESTER,
        _percent("1", "2"),
        *(2, 5, 15, 60),
        most_mg=600,
        onset_source=OFFICE,
        duration_source=OFFICE,
    ),
    Agent(
        "chloroprocaine",
        "Chloroprocaine",
        ESTER,
        _percent("1", "2", "3"),
        *(2, 10, 15, 30),
        most_mg=800,
        onset_source=ESTIMATE,
        duration_source=INFILTRATION,
    ),
)
AGENTS: Mapping[str, Agent] = {agent.code: agent for agent in _AGENTS}


def agent(code: str) -> Agent:
    """Raises KeyError for a code that names none."""
    return AGENTS[code]
