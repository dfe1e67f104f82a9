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
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.corpora.phenotypes import code_of, read_text
from benchmarks.corpora.settings import DDXPLUS_MODEL, DDXPLUS_SHRINKAGE
from triage.ranking import Observation

Document = dict[str, Any]
Patient = Mapping[str, Any]
SETTING = "interview"
AGES = (1, 5, 15, 30, 45, 60, 75)  # upper bounds of the age groups the data set itself uses
AGE, SEX = "age_group", "sex"
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

    @cached_property
    def question_of(self) -> dict[str, str]:
        """Finding code -> the question that settles it."""
        return {finding: evidence for evidence in self.evidences for finding in self.findings_of(evidence)}

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
) -> Document:
    """The data set as a release, its values fitted on the given development patients and shrunk by so many
    patients' worth of all conditions together.
    """
    names = [row["name"] for row in data.conditions]
    return {
        "schema": "tinel.release/1",
        "name": "Interviews of synthetic patients",
        "kind": "corpus",
        "model": dict(model),
        "findings": list(_findings(data.questions)),
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
            {"code": TRAINING["source"], "citation": "Training patients of the data set"},
            {"code": DEVELOPMENT["source"], "citation": "Development patients of the data set"},
        ],
    }  # fmt: skip


def _findings(questions: Questions) -> Iterator[Document]:
    common = {"role": "votes", "kind": "answer", "stage": "intake"}
    for evidence, row in questions.evidences.items():
        text = row["question_en"]
        parent = questions.parent(evidence)
        gate = {"asked_if": {"finding": code_of(parent), "level": "present"}} if parent else {}
        levels = {}
        if questions.kind(evidence) == "C":
            levels = {"levels": _levels(code_of(f"v_{value}") for value in questions.values(evidence))}
        for finding in questions.findings_of(evidence):
            yield {"code": finding, "name": text, "question": text, **common, **gate, **levels}
    ages = _levels(f"group_{number}" for number in range(len(AGES) + 1))
    yield {"code": AGE, "name": "Age", "question": "Age", "levels": ages, **common}
    yield {"code": SEX, "name": "Sex", "question": "Sex", "levels": _levels(("male", "female")), **common}


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
    """Counts of values, age and sex by condition, each shrunk towards the same counts of all patients."""
    by_condition: dict[str, dict[str, Counter[str]]] = {name: {} for name in names}
    everyone: dict[str, Counter[str]] = {}
    for patient in patients:
        given = given_by(patient)
        asked = [e for e in questions.evidences if questions.kind(e) != "B" and questions.arises(e, given)]
        seen = [*person(patient), *(o for e in asked for o in questions.answer(e, given))]
        for observation in seen:
            for counts in (by_condition[patient["pathology"]], everyone):
                counts.setdefault(observation.finding, Counter())[str(observation.level)] += 1
    for name, findings in by_condition.items():
        for finding, whole in everyone.items():
            own, total = findings.get(finding, Counter()), sum(whole.values())
            shrunk = {level: own[level] + shrinkage * count / total for level, count in whole.items()}
            yield {"condition": code_of(name), "finding": finding, "counts": shrunk, **DEVELOPMENT}
