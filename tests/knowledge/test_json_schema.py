"""The published JSON Schema: documents that we publish hold it, broken ones do not."""

from __future__ import annotations

import json
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from knowledge.schema import read_document
from knowledge.schema.published import release_schema
from knowledge.schema.references import flaws
from tests.knowledge.folders import small
from tests.knowledge_fixtures import Shipped

Plain = dict[str, Any]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = release_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def document(tmp_path: Path) -> Plain:
    return small(tmp_path).document.plain()


def places(validator: Draft202012Validator, document: Plain) -> list[str]:
    return ["/".join(map(str, error.absolute_path)) for error in validator.iter_errors(document)]


def test_shipped_release_holds_the_schema(validator: Draft202012Validator, shipped: Shipped) -> None:
    assert places(validator, json.loads(shipped.document_bytes)) == []


def test_small_document_holds_the_schema(validator: Draft202012Validator, document: Plain) -> None:
    assert places(validator, document) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "hospital"),
        (("name",), ""),
        (("model", "epsilon"), "small"),
        (("model", "draws"), 0),
        (("evidence", 0, "weight"), 2),
        (("evidence", 0, "often"), True),
        (("conditions", 0, "code"), "Not A Code"),
        (("conditions", 0, "urgency"), "soonish"),
        (("rules", 0, "when"), {"any": []}),
        (("rules", 0, "when"), {"finding": "tender_heel"}),
        (("rules", 0, "when"), {"not": {"sex": "unknown"}}),
        (("sources", 0, "status"), "believed"),
    ],
)
def test_broken_documents_do_not(
    validator: Draft202012Validator, document: Plain, path: tuple[str | int, ...], value: object
) -> None:
    broken: Any = deepcopy(document)
    place = broken
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert places(validator, broken)


@pytest.fixture
def wide(document: Plain) -> Plain:
    """The small document with what only a corpus may say."""
    document["model"]["class_weights"]["now_and_then"] = {"mean": 0.1, "strength": 3}
    document["model"]["settings"] = ["ward"]
    said = {"condition": "fracture", "finding": "tender_heel", "basis": "expert_estimate", "level": "present"}
    document["evidence"] += [{**said, "positives": 1.5, "n": 7.25}, {**said, "class": "now_and_then"}]
    rest = [row for row in document["priors"] if row["condition"] != "fracture"]
    prior = {"condition": "fracture", "share": 0.1, "setting": "ward", "basis": "expert_estimate"}
    document["priors"] = [row for row in rest if "setting" not in row] + [prior]
    return document | {"kind": "corpus"}


def test_a_corpus_has_words_of_its_own(validator: Draft202012Validator, wide: Plain) -> None:
    read = read_document(wide)
    assert places(validator, wide) == []
    assert flaws(read) == []
    assert read_document(read.plain()).plain() == read.plain()


def test_a_clinics_release_has_not(validator: Draft202012Validator, wide: Plain) -> None:
    clinic = wide | {"kind": "clinic"}
    told = {"model/class_weights", "model/settings"}
    assert told < set(places(validator, clinic))
    assert {place.split("/")[-1] for place in places(validator, clinic)} == {
        *("class_weights", "settings", "class", "positives", "n", "setting")
    }
    assert {str(flaw.path[-1]) for flaw in flaws(read_document(clinic))} == {
        *("now_and_then", "settings", "class", "positives", "n", "setting")
    }


def test_a_corpus_declares_its_words(wide: Plain) -> None:
    wide["model"]["settings"] = ["theatre"]
    del wide["model"]["class_weights"]["now_and_then"]
    found = {(flaw.path, flaw.problem) for flaw in flaws(read_document(wide))}
    assert (("setting",), "there is no setting ward") in found
    assert (("class",), "class now_and_then has no weight in the model block") in found


def test_whole_numbers_stay_as_they_are_written(document: Plain) -> None:
    counted = [row for row in document["evidence"] if "positives" in row]
    read = read_document(document).plain()["evidence"]
    assert counted
    assert [row for row in read if "positives" in row] == counted
    assert {type(row["n"]) for row in read if "positives" in row} == {int}


def test_a_document_says_which_schema_it_has(validator: Draft202012Validator, document: Plain) -> None:
    del document["schema"]
    assert places(validator, document) == [""]


@pytest.mark.parametrize(
    "when",
    [
        {"all": [{"risk_factor": "heavy"}, {"not": {"age_below": 18}}]},
        {"at_least": 2, "of": [{"sex": "female"}, {"age_at_least": 50}, {"risk_factor": "heavy"}]},
        {"finding": "worst_when", "level": ["night", "evening"]},
    ],
)
def test_every_form_of_a_rule_is_known(validator: Draft202012Validator, document: Plain, when: Plain) -> None:
    document["rules"][0]["when"] = when
    assert places(validator, document) == []


def test_command_prints_the_schema() -> None:
    out = StringIO()
    call_command("kb", "schema", stdout=out)
    assert json.loads(out.getvalue()) == release_schema()
