"""The inference engine: a compiled release and a case in, a ranking out. No Django, no I/O
(docs/ranking.md)."""

from triage.ranking.case import Case, Observation, read_case
from triage.ranking.clinic_model import compile_with_clinic
from triage.ranking.compile import compile_release
from triage.ranking.errors import InvalidCase, InvalidRelease, Problem, RankingError
from triage.ranking.misfit import misfit_centiles
from triage.ranking.model import CompiledModel
from triage.ranking.questions import question_gains
from triage.ranking.rank import next_gains, rank, rank_now
from triage.ranking.result import Ranking
from triage.ranking.standing import Standing, standing
from triage.ranking.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "Case",
    "CompiledModel",
    "InvalidCase",
    "InvalidRelease",
    "Observation",
    "Problem",
    "Ranking",
    "RankingError",
    "Standing",
    "compile_release",
    "compile_with_clinic",
    "misfit_centiles",
    "next_gains",
    "question_gains",
    "rank",
    "rank_now",
    "read_case",
    "standing",
]
