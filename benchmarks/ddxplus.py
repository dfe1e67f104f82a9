"""Question by question: `python -m benchmarks.ddxplus --data DIR --patients FILE [--json]`.

Patients are diagnosed twice: from all of their evidence, and from the initial evidence with the engine's
own next finding, until a share reaches 0.99 or 30 questions were asked. A multiple-choice question is one
question. A patient who is among those the release is fitted on is scored with a release fitted without
that patient's fold.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.corpora.interviews import (
    SETTING,
    Interviews,
    Patient,
    Questions,
    given_by,
    person,
    read_interviews,
    read_patients,
    release_document,
)
from benchmarks.corpora.phenotypes import code_of
from benchmarks.corpora.settings import DDXPLUS_MODEL, DDXPLUS_SHRINKAGE
from triage.ranking import Case, CompiledModel, Observation, Ranking, compile_release, question_gains, rank

FOLDS = 5
ENOUGH, MOST = 0.99, 30
SEED = 20260101


@dataclass
class Outcomes:
    """One entry per patient. `claimed` is the share of the first when the questions ended."""

    all_evidence: list[bool] = field(default_factory=list)
    sequential: list[bool] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Patients:
    """Answers to questions. A share `wrong` of them is wrong: the other of yes and no, another value, or
    for several choices one that is not among the true ones in place of them all.
    """

    questions: Questions
    wrong: float

    def ask(
        self, evidence: str, given: Mapping[str, set[str]], random: np.random.Generator
    ) -> list[Observation]:
        if random.random() >= self.wrong:
            return self.questions.answer(evidence, given)
        if self.questions.kind(evidence) == "B":
            return self.questions.answer(evidence, {} if evidence in given else {evidence: set()})
        true = given.get(evidence, set())
        others = [value for value in self.questions.values(evidence) if value not in true]
        other = others[int(random.integers(len(others)))]
        return self.questions.answer(evidence, {evidence: {other}})


def case_of(observations: Sequence[Observation]) -> Case:
    return Case(SETTING, None, None, "unknown", (), tuple(observations))


def first_of(model: CompiledModel, ranking: Ranking) -> tuple[str, float]:
    """The first condition and its share."""
    at = int(ranking.differential.scores[:-1].argmax())
    return model.conditions[at], float(ranking.differential.shares[at])


def from_all(model: CompiledModel, questions: Questions, patient: Patient) -> str:
    """The first condition when everything that arises was asked."""
    given = given_by(patient)
    asked = [evidence for evidence in questions.evidences if questions.arises(evidence, given)]
    seen = [*person(patient), *(o for evidence in asked for o in questions.answer(evidence, given))]
    return first_of(model, rank(model, case_of(seen)))[0]


def interview(
    model: CompiledModel, source: Patients, patient: Patient, random: np.random.Generator
) -> tuple[str, float, int]:
    """(first condition, its share, questions asked) from the initial evidence on."""
    questions, given = source.questions, given_by(patient)
    initial = patient["initial"]
    known = {initial: given.get(initial, set())}
    seen = [*person(patient), *questions.answer(initial, given)]
    asked = {initial}
    while True:
        case = case_of(seen)
        first, share = first_of(model, rank(model, case))
        question = None
        if share < ENOUGH and len(asked) <= MOST:
            question = next_question(model, case, questions, known, asked)
        if question is None:
            return first, share, len(asked) - 1
        answer = source.ask(question, given, random)
        asked.add(question)
        seen += answer
        if any(o.level == "present" for o in answer):
            known[question] = set()


def next_question(
    model: CompiledModel, case: Case, questions: Questions, known: Mapping[str, set[str]], asked: set[str]
) -> str | None:
    """The question whose answer the engine expects most of, of those that arise."""
    open_ = {
        question: questions.findings_of(question)
        for question in questions.evidences
        if question not in asked and questions.arises(question, known)
    }
    gains = question_gains(model, case, open_)
    return min(gains, key=lambda question: (-gains[question], question), default=None)


def measure(
    data: Interviews,
    patients: Sequence[Patient],
    *,
    epsilon: float = DDXPLUS_MODEL["epsilon"],
    wrong: float = 0.0,
    expected: float = 0.0,
    shrinkage: float = DDXPLUS_SHRINKAGE,
) -> Outcomes:
    """Diagnose every patient with a release that was not fitted on that patient. `wrong` is the share of
    answers that are wrong, `expected` the share that the release reckons with.
    """
    model = DDXPLUS_MODEL | {"epsilon": epsilon}
    folds = {patient["id"]: at % FOLDS for at, patient in enumerate(data.development)}
    outcomes = Outcomes()
    for fold in (*range(FOLDS), None):
        mine = [patient for patient in patients if folds.get(patient["id"]) == fold]
        if mine:
            fitted = [patient for patient in data.development if folds[patient["id"]] != fold]
            document = release_document(data, fitted, model, shrinkage, expected)
            _diagnose(compile_release(document, "fold"), Patients(data.questions, wrong), mine, outcomes)
    return outcomes


def _diagnose(
    model: CompiledModel, source: Patients, patients: Sequence[Patient], outcomes: Outcomes
) -> None:
    for patient in patients:
        random = np.random.default_rng([SEED, *patient["id"].encode()])
        truth = code_of(patient["pathology"])
        outcomes.all_evidence.append(from_all(model, source.questions, patient) == truth)
        began = time.perf_counter()
        first, share, questions = interview(model, source, patient, random)
        outcomes.milliseconds.append(1000 * (time.perf_counter() - began))
        outcomes.sequential.append(first == truth)
        outcomes.questions.append(questions)
        outcomes.claimed.append(share)


def figures(outcomes: Outcomes) -> dict[str, Any]:
    """Shares as fractions, questions and milliseconds as means."""

    def mean(values: Sequence[float]) -> float:
        return round(float(np.mean(values)), 4)

    return {
        "all_evidence": {"top1": mean(outcomes.all_evidence)},
        "sequential": {
            "top1": mean(outcomes.sequential),
            "questions": mean(outcomes.questions),
            "claimed": mean(outcomes.claimed),
            "ms_per_patient": mean(outcomes.milliseconds),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ddxplus", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--patients", type=Path, required=True)
    parser.add_argument("--epsilon", type=float, default=DDXPLUS_MODEL["epsilon"])
    parser.add_argument("--shrinkage", type=float, default=DDXPLUS_SHRINKAGE)
    parser.add_argument("--wrong", type=float, default=0.0, help="share of answers that are wrong")
    parser.add_argument("--expected", type=float, help="share of wrong answers reckoned with; else --wrong")
    parser.add_argument(
        "--json", action="store_true", help="print the figures as one JSON object on the last line"
    )
    arguments = parser.parse_args()
    data, patients = read_interviews(arguments.data), read_patients(arguments.patients)
    outcomes = measure(
        data,
        patients,
        epsilon=arguments.epsilon,
        wrong=arguments.wrong,
        expected=arguments.wrong if arguments.expected is None else arguments.expected,
        shrinkage=arguments.shrinkage,
    )
    result = figures(outcomes)
    if arguments.json:
        print(json.dumps(result))
    else:
        for view, numbers in result.items():
            print(view, *(f"{name} {value}" for name, value in numbers.items()))


if __name__ == "__main__":
    main()
