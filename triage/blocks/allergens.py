"""Whether words of an allergy concern an injection of a local anaesthetic, and how.

Generous on purpose: a word too many asks the clinician to settle it in words, a word missed lets it pass.
The list of names is judgement of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.blocks.agents import AMIDE, ESTER, Agent

SAME_FAMILY = "same_family"
OTHER_FAMILY = "other_family"
ANY_ANAESTHETIC = "any_anaesthetic"
PRESERVATIVE = "preservative"
LATEX = "latex"
CODE = "local_anaesthetic"  # what a release calls such an allergy in `avoid_if`

ESTERS = re.compile(
    r"\bester|procain|novoca[ií]n|benzocain|tetracain|amethocain|\bcocain|p-?aminobenzo|\bpaba\b"
)
AMIDES = re.compile(
    r"\bamide|li(do|gno)[ck]ain|xylo[ck]ain|mepiva[ck]ain|carbo[ck]ain|scandic?ain|prilo[ck]ain"
    r"|arti[ck]ain|bupiva[ck]ain|marcain|ropiva[ck]ain|naropin|etido[ck]ain|\bemla\b"
)
ANAESTHETICS = re.compile(r"an(ae|e|ä)sthe|.{3}[ck]a[iï]ne?s?\b|numbing|dental injection")
PRESERVATIVES = re.compile(r"preservativ|parab[eè]n|sul(ph|f)it|bisul(ph|f)it")
LATICES = re.compile(r"latex|natural rubber")


@dataclass(frozen=True)
class Allergen:
    """How the words concern the agent: `reason` is one of the marks above."""

    text: str
    reason: str


def allergen_in(text: str, given: Agent, code: str = "") -> Allergen | None:
    """What in the words of one allergy, or in its code, stands against giving the agent before somebody
    settled it.
    """
    said = text.casefold()
    amide, ester = bool(AMIDES.search(said)), bool(ESTERS.search(said))
    if (amide and given.family == AMIDE) or (ester and given.family == ESTER):
        return Allergen(text, SAME_FAMILY)
    if amide or ester:
        return Allergen(text, OTHER_FAMILY)
    for words, reason in (
        (ANAESTHETICS, ANY_ANAESTHETIC),
        (PRESERVATIVES, PRESERVATIVE),
        (LATICES, LATEX),
    ):
        if words.search(said):
            return Allergen(text, reason)
    return Allergen(text, ANY_ANAESTHETIC) if code == CODE else None
