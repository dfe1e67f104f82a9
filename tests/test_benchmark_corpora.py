"""Converters: a small file of the source's shape becomes a release that ranks."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from benchmarks import hpo
from benchmarks.corpora import interviews
from benchmarks.corpora.phenotypes import read_corpus, release_document, with_series, with_withheld
from benchmarks.corpora.titles import Titles
from benchmarks.scores import rank_of, summary
from knowledge.schema import canonical_bytes, read_document
from knowledge.schema.published import release_schema
from knowledge.schema.references import flaws
from triage.ranking import compile_release


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two diseases; the first rests on two papers."""
    kb: dict[str, Any] = {
        "meta": {"hpoa": "made-up"},
        "terms": [["T:0", "All", []], ["T:1", "Limp", ["T:0"]], ["T:2", "Rash", ["T:0"]]],
        "alt": {"T:9": "T:1"},
        "diseases": [
            ["D:1", "First", [[1, "f", 4, 5], [2, "n", 0, 0], [2, "f", 1, 9]]],
            ["D:2", "Second", [[2, "o", 0.895, 0]]],
        ],
        "refs": ["PMID:1", "PMID:2", "ORPHA:3"],
        "refs_by_row": {"D:1": [0, 1, 1], "D:2": [2]},
    }
    cases = [
        {
            "id": "x",
            "disease": "D:1",
            "pmid": "PMID:1",
            "observed": ["T:9"],
            "excluded": ["T:2"],
            "in_kb": True,
        },
        {"id": "y", "disease": "D:7", "pmid": "PMID:8", "observed": ["T:1"], "excluded": [], "in_kb": False},
    ]
    paths = tmp_path / "kb.json", tmp_path / "cases.jsonl"
    paths[0].write_text(json.dumps(kb))
    paths[1].write_text("\n".join(json.dumps(case) for case in cases))
    return paths


@pytest.fixture
def interviewed(tmp_path: Path) -> Path:
    """Two conditions, one question of each type, one that hangs on another; three patients."""

    def asked(code: str, kind: str, values: list[Any], default: Any = 0, **more: Any) -> dict[str, Any]:
        choices = [{"v": value} for value in values]
        return {"code": code, "type": kind, "parent": None, "antecedent": False, "question_en": f"{code}?",
                "default": default, "values": choices, **more}  # fmt: skip

    evidences = [
        asked("E_1", "B", []),
        asked("E_2", "C", [0, 1, 2], parent="E_1"),
        asked("E_3", "M", ["N", "arm", "leg"], "N", antecedent=True),
    ]
    patients = [
        {"pathology": "Cold", "age": 30, "sex": "F", "evidences": ["E_1", "E_2_@_1", "E_3_@_arm"]},
        {"pathology": "Cold", "age": 50, "sex": "M", "evidences": ["E_3_@_N"]},
        {"pathology": "Gout", "age": 70, "sex": "M", "evidences": ["E_1", "E_2_@_2", "E_3_@_leg"]},
    ]
    trained = {
        "condition_counts": {"Cold": 20, "Gout": 10},
        "p": {"Cold": {"E_1": 0.5}, "Gout": {"E_1": 0.9}},
    }
    named = [{"name": "Cold"}, {"name": "Gout"}]
    (tmp_path / "conditions.json").write_text(json.dumps(named))
    (tmp_path / "evidences.json").write_text(json.dumps(evidences))
    (tmp_path / "train_evidence_given_condition.json").write_text(json.dumps(trained))
    with gzip.open(tmp_path / "patients_dev.jsonl.gz", "wt") as stream:
        stream.write("\n".join(json.dumps(patient) for patient in patients))
    return tmp_path


def holds_the_format(document: dict[str, Any]) -> bool:
    """Read as any release is, without a flaw; the published schema agrees; nothing is lost on the way."""
    read = read_document(document)
    plain = read.plain()
    errors = list(Draft202012Validator(release_schema()).iter_errors(document))
    again = canonical_bytes(read_document(plain).plain())
    return not flaws(read) and not errors and again == canonical_bytes(plain)


def test_phenotypes_are_a_release_document(files):
    corpus = read_corpus(files[0])
    document = release_document(corpus)
    assert holds_the_format(document)
    twins = with_withheld(document, [("d_1", "reference_0")])
    assert holds_the_format(with_series(corpus, twins, [("D:1", 0)]))
    kept = read_document(document)
    assert {row.frequency_class for row in kept.evidence if row.frequency_class} >= {"linked_very_frequent"}


def test_interviews_are_a_release_document(interviewed):
    data = interviews.read_interviews(interviewed)
    document = interviews.release_document(data, data.development)
    assert holds_the_format(document)
    assert {prior.setting for prior in read_document(document).priors} == {"interview"}
    ours, theirs = compile_release(document, "x"), compile_release(read_document(document).plain(), "x")
    assert sorted(ours.conditions) == sorted(theirs.conditions) == ["cold", "gout"]


def test_a_row_without_frequency_counts_only_where_no_other_states_one(files):
    document = release_document(read_corpus(files[0]))
    rows = [row for row in document["evidence"] if row["condition"] == "d_1" and row["finding"] == "t_2"]
    assert [(row["positives"], row["n"]) for row in rows] == [(1, 9)]
    assert compile_release(document).conditions == ("d_1", "d_2")


def test_a_twin_has_all_rows_but_those_of_the_paper(files):
    document = with_withheld(release_document(read_corpus(files[0])), [("d_1", "reference_0")])
    twin = [row["finding"] for row in document["evidence"] if row["condition"] == "d_1_without_reference_0"]
    assert twin == ["t_2"]


def test_a_case_is_found_with_its_paper_and_lost_without(files):
    knowledge, cases = files
    full, _ = hpo.measure(knowledge, cases)
    bare, scored = hpo.measure(knowledge, cases, drop=True)
    assert (full["cases"], full["top1"], bare["cases"], bare["all_cases"]["cases"]) == (1, 1.0, 1, 1)
    assert scored.ranks[0] >= 1


def test_a_title_names_findings_and_a_series():
    terms = [
        ["T:0", "All", []],
        ["T:1", "Skin", ["T:0"]],
        ["T:2", "Sign", ["T:1"]],
        ["T:3", "Red spot", ["T:2"]],
    ]
    diseases = [
        ["D:1", "Made-up syndrome 1 with red spots", []],
        ["D:2", "Made-up syndrome 2", [[3, "f", 1, 2], [1, "f", 1, 4]]],
        ["D:3", "Made-up syndrome, type 3", [[3, "c", 1.0, 0]]],
        ["D:4", "Another", [[3, "n", 0, 0]]],
    ]
    references = {"D:1": [], "D:2": [0, 1], "D:3": [1], "D:4": [1]}
    titles = Titles({"terms": terms, "diseases": diseases, "refs_by_row": references})
    assert titles.named(diseases[0][1]) == ["T:3"]
    assert titles.named("A sign") == []
    assert dict(titles.borrowed(diseases[0])) == {"T:1": 0.125, "T:3": 0.75}
    assert dict(titles.borrowed(diseases[0], without=1)) == {"T:3": 0.5}
    assert list(titles.borrowed(diseases[3])) == []


def test_a_disease_without_its_only_paper_stands_as_its_series(files):
    knowledge, cases = files
    raw = json.loads(knowledge.read_text())
    raw["diseases"][0][1:] = ["Made-up syndrome 1", [[1, "f", 4, 5]]]
    raw["diseases"][1][1] = "Made-up syndrome 2"
    raw["refs_by_row"]["D:1"] = [0]
    knowledge.write_text(json.dumps(raw))
    bare, _ = hpo.measure(knowledge, cases, drop=True)
    field_, _ = hpo.prepare(read_corpus(knowledge), hpo.read_cases(cases), drop=True)
    model = field_.model
    rows = model.table.rows(model.finding_at["t_2"], model.condition_at["d_1_without_reference_0"])
    assert (bare["cases"], bare["all_cases"]["cases"]) == (0, 1)
    assert [model.rows.source[row] for row in rows] == ["series"]


def test_half_of_the_ties_count_and_macro_means_over_truths():
    assert rank_of(np.array([3.0, 2.0, 2.0, 1.0]), 1) == 2.5
    figures = summary([1, 1, 4], ["a", "a", "b"])
    assert figures["top1"] == 0.6667
    assert figures["macro"] == {"top1": 0.5, "top3": 0.5, "top10": 1.0, "mrr": 0.625}
