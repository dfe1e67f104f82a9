"""Evidence rows of a release, read into flat arrays (docs/ranking.md, step 2)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.constants import Constants, is_number
from triage.ranking.errors import Problem, nearest
from triage.ranking.findings import Finding

Counts = list[tuple[int, float]]  # (level, discounted pseudo-count)


@dataclass(frozen=True)
class Rows:
    """R evidence rows with E entries, one entry per level a row counts. Counts are already discounted by
    quality."""

    condition: NDArray[np.int64]  # (R,)
    finding: NDArray[np.int64]  # (R,)
    studied: NDArray[np.bool_]  # (R,) counts of patients; False: an expert's frequency class
    entry_row: NDArray[np.int64]  # (E,)
    entry_level: NDArray[np.int64]  # (E,)
    entry_count: NDArray[np.float64]  # (E,)
    source: list[str | None]  # (R,)
    basis: list[str]  # (R,)
    ratio: Mapping[int, Mapping[str, float]]  # row -> published likelihood ratios


@dataclass
class _Reader:
    """Collects rows; one pass over the document."""

    findings: Sequence[Finding]
    finding_at: Mapping[str, int]
    condition_at: Mapping[str, int]
    constants: Constants
    problems: list[Problem] = field(default_factory=list)

    def place(self, number: int, row: Mapping[str, Any]) -> tuple[int, int] | None:
        """(condition, finding) of a row, or None after noting unknown codes."""
        condition = self.condition_at.get(row.get("condition", ""))
        finding = self.finding_at.get(row.get("finding", ""))
        if condition is not None and finding is not None:
            return condition, finding
        for key, at, known in (
            ("condition", condition, self.condition_at),
            ("finding", finding, self.finding_at),
        ):
            if at is None:
                value = str(row.get(key))
                self.problems.append(
                    Problem(f"evidence[{number}].{key}", f"unknown_{key}", value, nearest(value, known))
                )
        return None

    def counts(self, number: int, row: Mapping[str, Any], finding: Finding) -> Counts:
        """Discounted pseudo-counts by level; empty after noting a fault."""
        weight = self.weight(row)
        if weight is None:
            self.problems.append(Problem(f"evidence[{number}].weight", "weight_must_lie_in_0_to_1"))
            return []
        if "counts" in row:
            return self.by_level(number, row["counts"], finding, weight)
        levels = finding.levels
        level = row.get("level", levels[1] if len(levels) == 2 else None)
        if level not in levels:
            where = f"evidence[{number}].level"
            self.problems.append(Problem(where, "unknown_level", str(level), nearest(str(level), levels)))
            return []
        share_and_size = self.share(row)
        if share_and_size is None:
            self.problems.append(Problem(f"evidence[{number}]", "bad_figure"))
            return []
        share, size = share_and_size
        return _spread(finding, levels.index(level), share, size * weight)

    def weight(self, row: Mapping[str, Any]) -> float | None:
        """Quality discount in (0, 1]: the row's own, else that of its risk of bias, else 1."""
        weight = row.get("weight")
        if weight is None and not self.constants.bias_weights:
            return 1.0
        if weight is None:
            weight = self.constants.bias_weights.get(row.get("risk_of_bias", ""), 1.0)
        return float(weight) if is_number(weight) and 0 < weight <= 1 else None

    def share(self, row: Mapping[str, Any]) -> tuple[float, float] | None:
        """(share with the level, number of patients) of a row without `counts`."""
        if "class" in row:
            known = self.constants.class_weights.get(row["class"])
            return None if known is None else (known["mean"], known["strength"])
        size = row.get("n")
        if not is_number(size) or size is None or size <= 0:
            return None
        share = row["probability"] if "probability" in row else row.get("positives", -1) / size
        return (share, size) if is_number(share) and 0 <= share <= 1 else None

    def by_level(self, number: int, counts: Any, finding: Finding, weight: float) -> Counts:
        known = {level: i for i, level in enumerate(finding.levels)}
        for level in counts.keys() - known.keys():
            self.problems.append(
                Problem(f"evidence[{number}].counts", "unknown_level", level, nearest(level, finding.levels))
            )
        if (
            not all(is_number(count) and count >= 0 for count in counts.values())
            or not sum(counts.values()) > 0
        ):
            self.problems.append(Problem(f"evidence[{number}].counts", "bad_figure"))
            return []
        return [(known[level], count * weight) for level, count in counts.items() if level in known]


def _spread(finding: Finding, level: int, share: float, size: float) -> Counts:
    """`share·size` on the level, the rest over the other levels as the finding's default rates stand."""
    if len(finding.rates) == 2:
        return [(level, share * size), (1 - level, (1 - share) * size)]
    others = 1 - finding.rates[level]
    return [
        (i, share * size if i == level else (1 - share) * size * rate / others)
        for i, rate in enumerate(finding.rates)
    ]


def read_rows(
    document: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    finding_at: Mapping[str, int],
    condition_at: Mapping[str, int],
    constants: Constants,
) -> tuple[Rows, list[Problem]]:
    """Evidence rows as arrays, and every fault found. Rows with a fault are left out."""
    reader = _Reader(findings, finding_at, condition_at, constants)
    places, studied = array("q"), bytearray()
    row_of, level_of, count_of = array("q"), array("q"), array("d")
    for number, row in enumerate(document):
        place = reader.place(number, row)
        places.extend(place or (0, 0))
        studied.append("class" not in row)
        for level, count in reader.counts(number, row, findings[place[1]]) if place else ():
            row_of.append(number)
            level_of.append(level)
            count_of.append(count)
    at = np.array(places, dtype=np.int64).reshape(-1, 2)
    return _rows(document, at, studied, (row_of, level_of, count_of)), reader.problems


def _rows(
    document: Sequence[Mapping[str, Any]],
    places: NDArray[np.int64],
    studied: bytearray,
    entries: tuple[array[int], array[int], array[float]],
) -> Rows:
    return Rows(
        condition=places[:, 0],
        finding=places[:, 1],
        studied=np.array(studied, dtype=np.bool_),
        entry_row=np.array(entries[0], dtype=np.int64),
        entry_level=np.array(entries[1], dtype=np.int64),
        entry_count=np.array(entries[2], dtype=np.float64),
        source=[row.get("source") for row in document],
        basis=[row.get("basis") or ("study" if row.get("source") else "expert_estimate") for row in document],
        ratio={number: row["published_lr"] for number, row in enumerate(document) if row.get("published_lr")},
    )
