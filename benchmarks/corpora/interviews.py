"""Synthetic patients of a question-by-question setting, as a release document of kind `corpus`.

A directory holds `conditions.json`, `evidences.json` (type B yes/no, C one of several values, M any of
several; a value is asked only when its parent is yes), `train_evidence_given_condition.json` (share of
each condition's training patients with an evidence) and `patients_dev.jsonl.gz`. Yes/no cells come from
the training counts; values, age and sex from the development patients given, shrunk towards all conditions
together.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.corpora.phenotypes import code_of, read_text
from benchmarks.corpora.settings import DDXPLUS_MODEL, DDXPLUS_SHRINKAGE, DDXPLUS_VALUE_SHRINKAGE
from triage.ranking import Observation

Document = dict[str, Any]
Patient = Mapping[str, Any]
SETTING = "interview"
AGES = (1, 5, 15, 30, 45, 60, 75)  # upper bounds of the age groups the data set itself uses
AGE, SEX = "age_group", "sex"
GRADE_WIDTH = 1.0
VALUE = "_@_"
TRAINING = {"source": "training_patients", "locator": "counts by condition"}
DEVELOPMENT = {"source": "development_patients", "locator": "counts by condition"}


@dataclass(frozen=True)
class Questions:
    """What can be asked, by evidence code."""

    evidences: Mapping[str, Mapping[str, Any]]

    def kind(self, evidence: str) -> str:
        return str(self.evidences[evidence]["type"])

    def parent(self, evidence: str) -> str | None:
        """The yes/no evidence on which a question hangs; some parents named by the source do not exist."""
        parent = self.evidences[evidence]["parent"]
        return parent if parent in self.evidences and parent != evidence else None

    def values(self, evidence: str) -> list[str]:
        return [str(value["v"]) for value in self.evidences[evidence]["values"]]

    def graded(self, evidence: str) -> bool:
        """Whether the values are grades in order: 0, 1, 2 and so on."""
        values = self.values(evidence)
        return self.kind(evidence) == "C" and values == [str(grade) for grade in range(len(values))]

    def findings_of(self, evidence: str) -> list[str]:
        """A multiple-choice question is one finding per choice."""
        if self.kind(evidence) == "M":
            nothing = str(self.evidences[evidence]["default"])
            return [code_of(f"{evidence}_{value}") for value in self.values(evidence) if value != nothing]
        return [code_of(evidence)]

    def arises(self, evidence: str, given: Mapping[str, set[str]]) -> bool:
        """Whether a patient is asked: the parent, if any, is yes."""
        parent = self.parent(evidence)
        return parent is None or parent in given

    def answer(self, evidence: str, given: Mapping[str, set[str]]) -> list[Observation]:
        """The observations that a patient's answer to a question makes. `given`: evidence -> values."""
        values = given.get(evidence, set())
        kind = self.kind(evidence)
        if kind == "B":
            return [Observation(code_of(evidence), "present" if evidence in given else "absent")]
        if kind == "C":
            value = min(values, default=str(self.evidences[evidence]["default"]))
            return [Observation(code_of(evidence), code_of(f"v_{value}"))]
        chosen = {code_of(f"{evidence}_{value}") for value in values}
        return [
            Observation(finding, "present" if finding in chosen else "absent")
            for finding in self.findings_of(evidence)
        ]


@dataclass(frozen=True)
class Interviews:
    """The directory as read."""

    questions: Questions
    conditions: Sequence[Mapping[str, Any]]
    counts: Mapping[str, int]  # condition -> training patients
    shares: Mapping[str, Mapping[str, float]]  # condition -> evidence -> share of them
    development: Sequence[Patient]


def read_interviews(directory: Path) -> Interviews:
    """The data set of a directory."""
    training = json.loads(read_text(directory / "train_evidence_given_condition.json"))
    evidences = json.loads(read_text(directory / "evidences.json"))
    return Interviews(
        Questions({row["code"]: row for row in evidences}),
        json.loads(read_text(directory / "conditions.json")),
        training["condition_counts"],
        training["p"],
        read_patients(directory / "patients_dev.jsonl.gz"),
    )


def read_patients(path: Path) -> list[Patient]:
    """One JSON object a line."""
    return [json.loads(line) for line in read_text(path).splitlines() if line.strip()]


def given_by(patient: Patient) -> dict[str, set[str]]:
    """Evidence -> values of what a patient has."""
    given: dict[str, set[str]] = {}
    for evidence in patient["evidences"]:
        code, _, value = evidence.partition(VALUE)
        given.setdefault(code, set()).update({value} if value else ())
    return given


def person(patient: Patient) -> list[Observation]:
    """Age and sex, known before the first question."""
    group = sum(patient["age"] >= bound for bound in AGES)
    return [
        Observation(AGE, f"group_{group}"),
        Observation(SEX, "female" if patient["sex"] == "F" else "male"),
    ]


def release_document(
    data: Interviews,
    development: Sequence[Patient],
    model: Mapping[str, Any] = DDXPLUS_MODEL,
    shrinkage: float = DDXPLUS_SHRINKAGE,
    expected: float = 0.0,
) -> Document:
    """The data set as a release, its values fitted on the given development patients and shrunk by so many
    patients' worth of all conditions together (single values by DDXPLUS_VALUE_SHRINKAGE). `expected` is the
    share of wrong answers it reckons with.
    """
    names = [row["name"] for row in data.conditions]
    return {
        "schema": "tinel.release/1",
        "name": "Interviews of synthetic patients",
        "kind": "corpus",
        "model": dict(model),
        "findings": list(_findings(data.questions, expected, model["epsilon"])),
        "conditions": [
            {"code": code_of(name), "name": name, "urgency": "routine"} for name in names
        ],
        "priors": [
            {
                "condition": code_of(name), "setting": SETTING, "n": data.counts[name],
                "share": data.counts[name] / sum(data.counts.values()), **TRAINING,
            }
            for name in names
        ],
        "evidence": [*_yes_no(data), *_values(data.questions, names, development, shrinkage)],
        "sources": [
            _source(TRAINING["source"], "Training patients of the data set"),
            _source(DEVELOPMENT["source"], "Development patients of the data set"),
        ],
    }  # fmt: skip


def _source(code: str, citation: str) -> Document:
    return {"code": code, "citation": citation, "status": "verified"}


def _findings(questions: Questions, expected: float, epsilon: float) -> Iterator[Document]:
    common = {"role": "votes", "kind": "answer", "stage": "intake", "package": "history"}
    for evidence, row in questions.evidences.items():
        text = row["question_en"]
        parent = questions.parent(evidence)
        gate: Document = {"asked_if": {"finding": code_of(parent), "level": "present"}} if parent else {}
        levels: Document = {}
        group = "Background" if row.get("antecedent") else "Complaint"
        count = 2
        if questions.kind(evidence) == "C":
            levels = {"levels": _levels(code_of(f"v_{value}") for value in questions.values(evidence))}
            count = len(levels["levels"])
        if questions.kind(evidence) != "M":
            # of K answers a wrong one is any other: ε spreads over all K, the true one among them
            gate |= {"epsilon": max(epsilon, expected * count / (count - 1))}
        for finding in questions.findings_of(evidence):
            yield {
                "code": finding,
                "name": text,
                "question": text,
                "group": group,
                **common,
                **gate,
                **levels,
            }
    known = {**common, "group": "Person", "epsilon": 0}  # not asked, so never answered wrongly
    ages = _levels(f"group_{number}" for number in range(len(AGES) + 1))
    yield {"code": AGE, "name": "Age", "question": "Age", "levels": ages, **known}
    yield {"code": SEX, "name": "Sex", "question": "Sex", "levels": _levels(("male", "female")), **known}


def _levels(codes: Iterable[str]) -> list[Document]:
    return [{"code": code, "name": code} for code in codes]


def _yes_no(data: Interviews) -> Iterator[Document]:
    """Every condition's share of every yes/no evidence, zeros too: the source leaves them out."""
    for row in data.conditions:
        name = row["name"]
        for evidence in data.questions.evidences:
            if data.questions.kind(evidence) == "B":
                share, n = data.shares[name].get(evidence, 0.0), data.counts[name]
                yield {
                    "condition": code_of(name), "finding": code_of(evidence), "probability": share, "n": n,
                    **TRAINING,
                }  # fmt: skip


def _values(
    questions: Questions, names: Sequence[str], patients: Sequence[Patient], shrinkage: float
) -> Iterator[Document]:
    """Counts of values, age and sex by condition, each shrunk towards the same counts of all patients. A
    patient's grade counts in part for the grades beside it.
    """
    by_condition: dict[str, dict[str, Counter[str]]] = {name: {} for name in names}
    everyone: dict[str, Counter[str]] = {}
    for patient in patients:
        given = given_by(patient)
        asked = [e for e in questions.evidences if questions.kind(e) != "B" and questions.arises(e, given)]
        seen = [*person(patient), *(o for e in asked for o in questions.answer(e, given))]
        for observation in seen:
            for counts in (by_condition[patient["pathology"]], everyone):
                counts.setdefault(observation.finding, Counter())[str(observation.level)] += 1
    graded = {code_of(e): questions.values(e) for e in questions.evidences if questions.graded(e)}
    single = {code_of(e) for e in questions.evidences if questions.kind(e) == "C"}
    for finding, counted in everyone.items():
        grades = graded.get(finding, ())
        whole = spread(counted, grades)
        strength = DDXPLUS_VALUE_SHRINKAGE if finding in single else shrinkage
        shared = {level: strength * count / sum(whole.values()) for level, count in whole.items()}
        for name, findings in by_condition.items():
            own = spread(findings.get(finding, {}), grades)
            shrunk = {level: own.get(level, 0) + count for level, count in shared.items()}
            yield {"condition": code_of(name), "finding": finding, "counts": shrunk, **DEVELOPMENT}


def spread(counts: Mapping[str, float], grades: Sequence[str]) -> dict[str, float]:
    """Counts of grades, each shared out over the grades near it by a normal curve one grade wide; counts of
    what has no grades as they are.
    """
    if not grades:
        return dict(counts)
    levels = [code_of(f"v_{grade}") for grade in grades]
    place = np.arange(len(levels))
    near = np.exp(-((place[:, None] - place) ** 2) / (2 * GRADE_WIDTH**2))
    shared = np.array([counts.get(level, 0) for level in levels]) @ (near / near.sum(axis=1, keepdims=True))
    return dict(zip(levels, shared.tolist(), strict=True))
