"""What a golden case may expect, and how each unmet expectation is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from knowledge.golden import judge_cases
from tests.knowledge.folders import faults, small, small_files
from triage.ranking import compile_release

TENDER = {"finding": "tender_heel", "level": "absent", "stage": "exam"}


def verdict(root: Path, expect: dict[str, Any], *observations: dict[str, Any]) -> tuple[str, ...]:
    """What the case of first-step pain and these observations is told; without any it passed."""
    files = small_files()
    case = files["cases/morning.yaml"]
    case["expect"] = expect
    case["case"]["observations"] += list(observations)
    content = small(root, files)
    [judged] = judge_cases(compile_release(content.document.plain()), content.cases)
    return judged.failures


def test_the_last_place_allowed(tmp_path: Path) -> None:
    assert verdict(tmp_path / "a", {"not_below": {"fasciitis": 1, "other": 2, "fracture": 3}}) == ()
    assert verdict(tmp_path / "b", {"not_below": {"fracture": 2}}) == (
        "fracture must not be below number 2, it is number 3",
    )


def test_open_in_the_panel_until_excluded(tmp_path: Path) -> None:
    assert verdict(tmp_path / "a", {"cant_miss": ["fracture"]}) == ()
    assert verdict(tmp_path / "b", {"cant_miss": ["fracture"]}, TENDER) == (
        "fracture must stand open in the can't-miss panel",
    )


def test_after_a_stage_only_what_was_known_counts(tmp_path: Path) -> None:
    expect = {"cant_miss": ["fracture"]}
    assert verdict(tmp_path / "a", {"after": {"intake": expect}}, TENDER) == ()
    assert verdict(tmp_path / "b", {"after": {"exam": expect, "intake": {"first": "other"}}}, TENDER) == (
        "at intake: other must be first, it is number 2; first is fasciitis",
        "after examination: fracture must stand open in the can't-miss panel",
    )


@pytest.mark.parametrize(
    ("expect", "key"),
    [
        ({"not_below": {"fascitis": 3}}, "expect.not_below"),
        ({"cant_miss": ["fascitis"]}, "expect.cant_miss"),
        ({"after": {"intake": {"first": "fascitis"}}}, "expect.after.intake.first"),
    ],
)
def test_what_is_expected_must_exist(tmp_path: Path, expect: dict[str, Any], key: str) -> None:
    files = small_files()
    files["cases/morning.yaml"]["expect"] = expect
    [fault] = faults(tmp_path, files)
    assert (fault.key, fault.problem) == (key, "there is no condition fascitis")
    assert "fasciitis" in fault.remedy


def test_a_place_is_at_least_the_first(tmp_path: Path) -> None:
    files = small_files()
    files["cases/morning.yaml"]["expect"] = {"not_below": {"fasciitis": 0}}
    assert [fault.key for fault in faults(tmp_path, files)] == ["expect.not_below.fasciitis"]
