"""The published cases of docs/accuracy.md: each has its findings, its diagnosis and its citation here."""

from __future__ import annotations

import csv
from pathlib import Path

from knowledge.loading import SHIPPED, load

MAPPING = Path(__file__).parents[2] / "docs" / "accuracy-mapping.csv"


def test_each_published_case_stands_in_the_knowledge() -> None:
    content = load(SHIPPED)
    cases = {case.code: case for case in content.cases}
    conditions = {condition.code for condition in content.document.conditions}
    with MAPPING.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["case"] for row in rows} == {code for code in cases if code.startswith("published_")}
    for row in rows:
        assert cases[row["case"]].source == row["source"], row["case"]
        assert row["condition"] in conditions | {"other"}, row["case"]
        assert row["diagnosis"], row["case"]
        assert row["proof"], row["case"]
        assert row["core"] in ("yes", "no"), row["case"]
