"""“Said 30 % – proved how often?”: frozen differentials against what was proven afterwards.

Counted from `Forecast` rows of diagnoses that stand (the newest of each complaint) and are proven. The
measures are those of triage/evaluation, summed by the database (docs/evaluation.md).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from triage.evaluation import EXCLUDED_BELOW, Bin, Proportion, Slope, proportion, recalibration_of
from triage.evaluation.reliability import BINS
from triage.figures.asking import CURRENT, ask

FIRST, LAST = "first", "last"

BY_BIN = f"""
    WITH {CURRENT}
    SELECT moment, release_sha256 AS release, least(floor(first_share * {BINS})::int, {BINS - 1}) AS bin,
           count(*) AS cases, sum(first_share) AS claimed, count(*) FILTER (WHERE place = 1) AS was_right,
           sum(-log_share) AS surprise, sum(squared_error) AS squared_error,
           count(*) FILTER (WHERE log_share < %(excluded)s) AS excluded,
           array_agg(first_share) AS shares, array_agg(place = 1) AS rights
    FROM triage_forecast
    JOIN current ON current.id = diagnosis_id AND current.proven
    CROSS JOIN LATERAL (VALUES ('{FIRST}', is_first), ('{LAST}', is_last)) AS told (moment, counts)
    WHERE clinic_id = %(clinic)s AND counts
    GROUP BY moment, release_sha256, bin
"""  # noqa: S608 - parts written above, values are parameters


@dataclass(frozen=True)
class Calibration:
    """How the differentials of one moment fared, over all releases or under one. Means without a case are
    None.
    """

    cases: int
    right: Proportion
    claimed: float | None
    log_score: float | None
    brier: float | None
    excluded: Proportion
    bins: tuple[Bin, ...]
    slope: Slope | None


@dataclass(frozen=True)
class Moment:
    """`releases` by their hash; `total` is all of them together."""

    total: Calibration
    releases: Mapping[str, Calibration]


def calibration_in(clinic_id: uuid.UUID) -> dict[str, Moment]:
    """By moment: the first signed visit, and the last before the proof. One query."""
    rows = ask(BY_BIN, clinic_id, excluded=math.log(EXCLUDED_BELOW))
    return {moment: _moment([row for row in rows if row["moment"] == moment]) for moment in (FIRST, LAST)}


def _moment(rows: list[dict[str, Any]]) -> Moment:
    releases = sorted({row["release"] for row in rows})
    total = _calibration(rows)
    if len(releases) == 1:  # the total is all that there is
        return Moment(total, dict.fromkeys(releases, total))
    return Moment(
        total=total,
        releases={sha: _calibration(row for row in rows if row["release"] == sha) for sha in releases},
    )


def _calibration(found: Iterable[dict[str, Any]]) -> Calibration:
    rows = list(found)
    cases = sum(row["cases"] for row in rows)
    shares = [share for row in rows for share in row["shares"]]
    rights = [right for row in rows for right in row["rights"]]
    return Calibration(
        cases=cases,
        right=proportion(sum(row["was_right"] for row in rows), cases),
        claimed=_mean(rows, "claimed", cases),
        log_score=_mean(rows, "surprise", cases),
        brier=_mean(rows, "squared_error", cases),
        excluded=proportion(sum(row["excluded"] for row in rows), cases),
        bins=tuple(_bin(at, [row for row in rows if row["bin"] == at]) for at in range(BINS)),
        slope=recalibration_of(shares, rights),
    )


def _bin(at: int, rows: list[dict[str, Any]]) -> Bin:
    cases = sum(row["cases"] for row in rows)
    right = proportion(sum(row["was_right"] for row in rows), cases)
    return Bin(at / BINS, (at + 1) / BINS, _mean(rows, "claimed", cases), right)


def _mean(rows: list[dict[str, Any]], name: str, cases: int) -> float | None:
    return math.fsum(row[name] for row in rows) / cases if cases else None
