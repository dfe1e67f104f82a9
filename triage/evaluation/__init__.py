"""How well rankings fare against proven diagnoses: plain values in, frozen dataclasses out
(docs/evaluation.md)."""

from triage.evaluation.frozen import frozen_outcome
from triage.evaluation.outcomes import Judged, Outcome, ProvenCase, judge
from triage.evaluation.reliability import Bin, reliability
from triage.evaluation.scores import EXCLUDED_BELOW, Evaluation, Measures, evaluate, measures
from triage.evaluation.slope import Slope, recalibration, recalibration_of
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
    "Slope",
    "evaluate",
    "frozen_outcome",
    "judge",
    "measures",
    "proportion",
    "recalibration",
    "recalibration_of",
    "reliability",
]
