"""Two versions of the knowledge in words."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from knowledge.differences import Difference, differences
from tests.knowledge.folders import small, small_files

FASCIITIS, FRACTURE = "conditions/fasciitis.yaml", "conditions/fracture.yaml"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[Change], list[Difference]]:
    """What is said of a change to the small folder."""

    def tell(change: Change) -> list[Difference]:
        files = deepcopy(small_files())
        change(files)
        old, new = small(tmp_path / "old"), small(tmp_path / "new", files)
        return differences(
            old.document.plain(),
            new.document.plain(),
            old_cases=[case.plain() for case in old.cases],
            new_cases=[case.plain() for case in new.cases],
        )

    return tell


def sentences(found: list[Difference]) -> list[str]:
    return [f"{row.name}: {sentence}" for row in found for sentence in row.sentences]


def test_nothing_changed(told: Any) -> None:
    assert told(lambda files: None) == []


def test_a_larger_study_replaces_a_smaller_one(told: Any) -> None:
    def change(files: dict[str, Any]) -> None:
        files["sources.yaml"]["sources"].append(
            {"code": "smith2019", "citation": "Smith J. Heels again. 2019", "status": "verified"}
        )
        row = files[FASCIITIS]["evidence"][0]
        row |= {"positives": 26, "n": 44, "source": "smith2019"}
        files[FASCIITIS]["prior"] = [{"class": "uncommon", "basis": "expert_estimate"}]

    found = told(change)
    assert [(row.kind, row.what) for row in found] == [("conditions", "changed"), ("sources", "new")]
    assert sentences(found) == [
        "Fasciitis: First steps hurt – sensitivity 18 of 20 → 26 of 44 (Smith 2019)",
        "Fasciitis: prior common → uncommon (expert estimate)",
    ]


def test_the_source_alone(told: Any) -> None:
    def change(files: dict[str, Any]) -> None:
        row = files[FASCIITIS]["evidence"][0]
        del row["source"], row["locator"]
        row["basis"] = "expert_estimate"

    assert sentences(told(change)) == [
        "Fasciitis: First steps hurt – sensitivity 18 of 20: from (Rose 2003) to (expert estimate)",
        "Fasciitis: First steps hurt – sensitivity: locator table 2 taken out",
    ]


def test_claims_come_and_go(told: Any) -> None:
    def change(files: dict[str, Any]) -> None:
        files[FRACTURE]["evidence"] = [
            {"finding": "tender_heel", "class": "always", "basis": "expert_estimate"}
        ]

    assert sentences(told(change)) == [
        "Fracture: no longer evidence: First steps hurt – sensitivity rare (expert estimate)",
        "Fracture: new evidence: Tender heel – sensitivity always (expert estimate)",
    ]


def test_fields_lists_and_long_texts(told: Any) -> None:
    def change(files: dict[str, Any]) -> None:
        files[FRACTURE] |= {"urgency": "emergency", "definition": "The bone gives way. " * 6}
        files[FRACTURE]["recovery"] = {**files[FRACTURE]["recovery"], "weeks": [6, 16]}
        files[FASCIITIS]["mimics"] = []
        files[FASCIITIS]["synonyms"] = ["policeman's heel", "heel spur"]
        files["release.yaml"]["model"]["epsilon"] = 0.05

    assert sentences(told(change)) == [
        "Small: epsilon 0.04 → 0.05",
        "Fasciitis: imitated by: − Fracture",
        "Fasciitis: synonyms: + heel spur",
        f"Fracture: definition now reads: “{('The bone gives way. ' * 6).strip()}”",
        "Fracture: recovery weeks 6, 12 → 6, 16",
        "Fracture: urgency urgent → emergency",
    ]


def test_new_retired_and_gone_rows(told: Any) -> None:
    def change(files: dict[str, Any]) -> None:
        rows = files["findings/history.yaml"]["findings"]
        rows.append({"code": "limps", "name": "Limps", "kind": "symptom"})
        files["clusters.yaml"]["clusters"].append({"code": "gait", "name": "Gait"})
        files["risk_factors.yaml"]["risk_factors"][0]["effects"][0]["odds_ratio"] = 3.0
        files["treatments.yaml"]["treatments"].append({"code": "ice", "name": "Ice"})
        files["rules.yaml"]["rules"] = []

    found = {(row.kind, row.code): row for row in told(change)}
    assert found["findings", "limps"].what == "new"
    assert found["rules", "image_now"].what == "gone"
    assert found["clusters", "gait"].name == "Gait"
    assert found["risk_factors", "heavy"].sentences == ("Fasciitis – odds × 2 → odds × 3 (expert estimate)",)


def test_a_retired_finding_names_its_successor(tmp_path: Path) -> None:
    old = small(tmp_path).document.plain()
    new = deepcopy(old)
    row = next(row for row in new["findings"] if row["code"] == "first_steps")
    row["replaced_by"] = "tender_heel"
    (only,) = differences(old, new)
    assert (only.what, only.name) == ("retired", "First steps hurt")


def test_golden_cases_are_compared_too(told: Any) -> None:
    def change(files: dict[str, Any]) -> None:
        files["cases/morning.yaml"]["expect"] = {"first_three": ["fasciitis"]}

    (only,) = told(change)
    assert (only.kind, only.code) == ("cases", "morning")
    assert "expect first fasciitis → first three fasciitis" in only.sentences


def test_the_first_release_is_all_new(tmp_path: Path) -> None:
    found = differences(None, small(tmp_path).document.plain())
    assert {row.what for row in found} == {"new"}
    assert {"conditions", "sources", "programmes"} <= {row.kind for row in found}
