"""Outcome measures as data, and their scores: pure Python, no rows and no pages (docs/outcomes.md)."""

from triage.outcomes.alarms import ALARMS, SAFETY, Alarm, alarm, alarms_in
from triage.outcomes.change import Change, change_since
from triage.outcomes.measure import (
    NOT_APPLICABLE,
    Answers,
    Item,
    Measure,
    Score,
    ScoreError,
    TooFewAnswers,
    UnknownItem,
    WrongAnswer,
    score,
)
from triage.outcomes.measures import MEASURES, measure

__all__ = [
    "ALARMS",
    "MEASURES",
    "NOT_APPLICABLE",
    "SAFETY",
    "Alarm",
    "Answers",
    "Change",
    "Item",
    "Measure",
    "Score",
    "ScoreError",
    "TooFewAnswers",
    "UnknownItem",
    "WrongAnswer",
    "alarm",
    "alarms_in",
    "change_since",
    "measure",
    "score",
]
