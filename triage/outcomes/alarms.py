"""Answers that must not wait for the next visit, and what the patient is told at once.

The list and its marks are clinical judgement of ours; no study stands behind the numbers. It is short, so
that a mark is worth reading, and asks about what nobody should find out from a curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from triage.outcomes.measure import Answers, Item

YES = 1
SEVERE_PAIN = (
    9  # of 10; at rest and with a new deficit it fits a limb in danger (compartment, clot, infection)
)
HIGH_PAIN = 8  # of 10; at rest, alone, worth a call the same day
MOOD_MARK = 7  # of 12: more than "some days" on most questions
LOW_MARK = 3  # of 3: low or joyless nearly always, whatever the rest says

EMERGENCY, TODAY, SOON = "emergency", "today", "soon"

# Asked beneath every measure, with yes and no; no part of any score.
SAFETY: tuple[Item, ...] = (
    Item("rest_pain", "Is there strong pain even when you lie still?"),
    Item("new_deficit", "Is there new numbness, or new weakness such as a foot that drags?"),
    Item("saddle", "Numbness between the legs, or new trouble holding or passing urine or stool?"),
    Item("clot", "One calf newly swollen, warm and sore, or new shortness of breath or chest pain?"),
    Item("infection", "Fever or chills together with a hot, red, swollen place or a wound?"),
)


@dataclass(frozen=True)
class Alarm:
    """`words` for the clinic, `advice` for the patient; `urgency` orders both."""

    code: str
    urgency: str
    words: str
    advice: str
    fires: Callable[[Answers], bool]


def _yes(answers: Answers, code: str) -> bool:
    return answers.get(code) == YES


def _pain(answers: Answers) -> int:
    pain = answers.get("pain")
    return pain if isinstance(pain, int) else 0


def _mood(answers: Answers) -> bool:
    asked = [answers.get(code) for code in ("low", "healing", "movement", "sleep")]
    return (
        sum(number for number in asked if isinstance(number, int)) >= MOOD_MARK
        or answers.get("low") == LOW_MARK
    )


ALARMS: tuple[Alarm, ...] = (
    Alarm(
        "saddle",
        EMERGENCY,
        "numbness between the legs or trouble with bladder or bowel",
        "Go to an emergency department now, and do not drive yourself. Say that you have numbness between "
        "the legs, or trouble with bladder or bowel.",
        lambda answers: _yes(answers, "saddle"),
    ),
    Alarm(
        "clot",
        EMERGENCY,
        "a swollen warm calf, breathlessness or chest pain",
        "Short of breath or pain in the chest: call the emergency number now. A swollen, warm, sore calf "
        "alone: have it examined today, in an emergency department if nobody else can.",
        lambda answers: _yes(answers, "clot"),
    ),
    Alarm(
        "limb",
        EMERGENCY,
        "severe pain at rest with new numbness or weakness",
        "Go to an emergency department now. Severe pain at rest together with new numbness or weakness can "
        "mean that nerves or blood supply are in danger.",
        lambda answers: (
            _pain(answers) >= SEVERE_PAIN and _yes(answers, "rest_pain") and _yes(answers, "new_deficit")
        ),
    ),
    Alarm(
        "infection",
        TODAY,
        "fever with a hot, red or open place",
        "Have this examined today. If you feel very ill, confused or faint, call the emergency number.",
        lambda answers: _yes(answers, "infection"),
    ),
    Alarm(
        "deficit",
        TODAY,
        "new numbness or weakness",
        "Call your clinic today, and say that numbness or weakness is new. If it spreads or gets worse "
        "within hours, go to an emergency department.",
        lambda answers: _yes(answers, "new_deficit"),
    ),
    Alarm(
        "rest_pain",
        TODAY,
        "pain of 8 or more of 10, even at rest",
        "Call your clinic today. If the pain keeps rising, or the place turns tight, pale, cold or numb, go "
        "to an emergency department.",
        lambda answers: _pain(answers) >= HIGH_PAIN and _yes(answers, "rest_pain"),
    ),
    Alarm(
        "mood",
        SOON,
        "the mood and worry questions above our mark",
        "Being hurt can weigh on you, and you need not carry it alone: call your clinic or your family "
        "doctor this week. If you ever think of harming yourself, call the emergency number or a crisis line "
        "at once.",
        _mood,
    ),
)
_BY_CODE = {alarm.code: alarm for alarm in ALARMS}
# The second says nothing that the first has not said more urgently.
COVERS = {"limb": ("deficit", "rest_pain")}


def alarms_in(answers: Answers) -> tuple[Alarm, ...]:
    """The alarms of one set of answers (items and safety questions), the most urgent first."""
    fired = [row for row in ALARMS if row.fires(answers)]
    covered = {code for row in fired for code in COVERS.get(row.code, ())}
    return tuple(row for row in fired if row.code not in covered)


def alarm(code: str) -> Alarm:
    """Raises KeyError."""
    return _BY_CODE[code]
