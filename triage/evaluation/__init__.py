"""How well rankings fare against proven diagnoses: plain values in, frozen dataclasses out
(docs/evaluation.md)."""

from triage.evaluation.outcomes import Judged, Outcome, ProvenCase, judge
from triage.evaluation.reliability import Bin, reliability
from triage.evaluation.scores import EXCLUDED_BELOW, Evaluation, Measures, evaluate, measures
from triage.evaluation.wilson import Proportion, proportion

__all__ = [
    "EXCLUDED_BELOW",
    "Bin",
    "Evaluation",
    "Judged",
    "Measures",
    "Outcome",
    "Proportion",
    "ProvenCase",
    "evaluate",
    "judge",
    "measures",
    "proportion",
    "reliability",
]
