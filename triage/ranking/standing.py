"""Where a case stands, without the reasons: for thousands of cases under two releases (docs/ranking.md, steps
1–6 and 8.2). Some twenty times as fast as the whole ranking, and the same order and alerts.
"""

from __future__ import annotations

from dataclasses import dataclass

from triage.ranking.bands import bands
from triage.ranking.case import Case, find_problems
from triage.ranking.errors import InvalidCase
from triage.ranking.model import CompiledModel
from triage.ranking.panel import ALERT, cant_miss
from triage.ranking.rank import gather_facts, log_likelihoods, weigh
from triage.ranking.rules import fired
from triage.ranking.votes import cast_votes

PLACES = 3


@dataclass(frozen=True)
class Standing:
    """Codes of the first three hypotheses, best first (Other may be one), and of the urgent conditions that
    are on alert, in order of code.
    """

    first_three: tuple[str, ...]
    alerts: tuple[str, ...]

    @property
    def first(self) -> str:
        return self.first_three[0]


def standing(model: CompiledModel, case: Case) -> Standing:
    """Raises InvalidCase, as `rank` does."""
    problems = find_problems(case, model)
    if problems:
        raise InvalidCase(problems)
    votes = cast_votes(model, case).votes
    differential = weigh(model, case, votes, log_likelihoods(model, votes))
    facts = gather_facts(model, case)
    panel = cant_miss(model, bands(model, differential).high, fired(model.rules, facts), facts)
    alerts = tuple(row.condition for row in panel if row.state == ALERT)
    return Standing(tuple(differential.first(PLACES)), alerts)
