"""A case: what was recorded, read from plain data and checked against a release (docs/ranking.md, step 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triage.ranking.constants import is_number
from triage.ranking.errors import InvalidCase, Problem, nearest

if TYPE_CHECKING:
    from triage.ranking.model import CompiledModel

STATUSES = ("observed", "equivocal", "not_tested")
SIDES = ("left", "right", "both")
CASE_SIDES = (*SIDES, "unknown")
STAGES = ("intake", "exam", "investigation")
SEXES = ("female", "male", "other", "unknown")
CASE_KEYS = frozenset(
    {
        "setting",
        "age_years",
        "sex",
        "side",
        "risk_factors",
        "observations",
        "id",
        "diagnosis",
        "proof",
        "allergies",
    }
)
# `seen_on`: the day of the earlier visit at which it was answered; the engine does not look at it
OBSERVATION_KEYS = frozenset({"finding", "level", "status", "side", "stage", "seen_on"})


@dataclass(frozen=True)
class Observation:
    """A finding's level recorded at a visit. `level` may be None when equivocal or not tested."""

    finding: str
    level: str | None
    status: str = "observed"  # observed | equivocal | not_tested
    side: str | None = None  # left | right | both | None
    stage: str = "exam"  # intake | exam | investigation

    @property
    def order(self) -> tuple[str, str, str, str, str]:
        """Sort key: results never depend on the order in which observations were recorded."""
        return (self.finding, self.side or "", self.level or "", self.status, self.stage)


@dataclass(frozen=True)
class Case:
    """One visit: setting, person, side of the complaint, risk factors and observations."""

    setting: str
    age_years: float | None
    sex: str | None  # female | male | other | unknown | None
    side: str  # left | right | both | unknown
    risk_factors: tuple[str, ...]
    observations: tuple[Observation, ...]
    allergies: tuple[str, ...] = ()  # codes that `avoid_if` may name


def read_case(data: Mapping[str, Any], model: CompiledModel) -> Case:
    """The case of a case file. Raises InvalidCase with every fault, nearest codes beside unknown ones."""
    if not isinstance(data, Mapping):
        raise InvalidCase([Problem("case", "not_an_object")])
    problems = [
        Problem(str(key), "unknown_key", "", nearest(str(key), CASE_KEYS)) for key in data.keys() - CASE_KEYS
    ]
    risk_factors = _list(data, "risk_factors", problems)
    allergies = _list(data, "allergies", problems)
    read = [
        _read_observation(n, row, problems) for n, row in enumerate(_list(data, "observations", problems))
    ]
    case = Case(
        setting=data.get("setting") or "",
        age_years=data.get("age_years"),
        sex=data.get("sex"),
        side=data.get("side") or "unknown",
        risk_factors=tuple(str(code) for code in risk_factors),
        observations=tuple(observation for observation in read if observation is not None),
        allergies=tuple(str(code) for code in allergies),
    )
    problems += find_problems(case, model)
    if problems:
        raise InvalidCase(problems)
    return case


def _list(data: Mapping[str, Any], key: str, problems: list[Problem]) -> Sequence[Any]:
    value = data.get(key) or []
    if isinstance(value, list | tuple):
        return value
    problems.append(Problem(key, "not_a_list"))
    return []


def _read_observation(number: int, row: Any, problems: list[Problem]) -> Observation | None:
    where = f"observations[{number}]"
    if not isinstance(row, Mapping) or not isinstance(row.get("finding"), str):
        problems.append(Problem(where, "needs_a_finding"))
        return None
    for key in row.keys() - OBSERVATION_KEYS:
        problems.append(Problem(f"{where}.{key}", "unknown_key", "", nearest(str(key), OBSERVATION_KEYS)))
    not_text = [key for key in OBSERVATION_KEYS if not isinstance(row.get(key) or "", str)]
    if not_text:
        problems += [Problem(f"{where}.{key}", "not_text", str(row[key])) for key in not_text]
        return None
    return Observation(
        finding=row["finding"],
        level=row.get("level"),
        status=row.get("status") or "observed",
        side=row.get("side") or None,
        stage=row.get("stage") or "exam",
    )


def find_problems(case: Case, model: CompiledModel) -> list[Problem]:
    """Every way in which a case does not fit a release."""
    problems = _values_problems(
        ("setting", case.setting, tuple(model.priors.by_setting)),
        ("side", case.side, CASE_SIDES),
        ("sex", case.sex or "unknown", SEXES),
    )
    age = case.age_years
    if age is not None and not (is_number(age) and 0 <= age <= 130):
        problems.append(Problem("age_years", "bad_figure", str(age)))
    for number, code in enumerate(case.risk_factors):
        if code not in model.risk_factor_at:
            where = f"risk_factors[{number}]"
            problems.append(Problem(where, "unknown_risk_factor", code, nearest(code, model.risk_factor_at)))
    seen: set[tuple[str, str | None]] = set()
    for number, observation in enumerate(case.observations):
        where = f"observations[{number}]"
        problems += _observation_problems(where, observation, model)
        if (observation.finding, observation.side) in seen:
            problems.append(Problem(f"{where}.finding", "recorded_twice", observation.finding))
        seen.add((observation.finding, observation.side))
    return problems


def _values_problems(*fields: tuple[str, str, Sequence[str]]) -> list[Problem]:
    """(place, value, known values) of every field whose value is not known."""
    return [
        Problem(where, "unknown_value", str(value), nearest(str(value), known))
        for where, value, known in fields
        if value not in known
    ]


def _observation_problems(where: str, observation: Observation, model: CompiledModel) -> list[Problem]:
    code, levels = observation.finding, model.levels_of(observation.finding)
    if levels is None:
        return [Problem(f"{where}.finding", "unknown_finding", code, nearest(code, model.observable))]
    problems = _values_problems(
        (f"{where}.status", observation.status, STATUSES),
        (f"{where}.side", observation.side or "both", SIDES),
        (f"{where}.stage", observation.stage, STAGES),
    )
    missing_is_fine = observation.level is None and observation.status in ("equivocal", "not_tested")
    if not missing_is_fine and observation.level not in levels:
        value = str(observation.level)
        problems.append(Problem(f"{where}.level", "unknown_level", value, nearest(value, levels)))
    return problems
