"""The slope of logistic recalibration, held against an outside reckoning and against known truths."""

from __future__ import annotations

import numpy as np
import pytest

from triage.evaluation import recalibration


def drawn(slope: float, *, cases: int = 4000, seed: int = 7) -> list[tuple[float, bool]]:
    """Claims of which a claim with log odds x comes true with log odds slope · x."""
    random = np.random.default_rng(seed)
    log_odds = random.normal(0.3, 1.2, cases)
    right = random.random(cases) < 1 / (1 + np.exp(-slope * log_odds))
    return list(zip((1 / (1 + np.exp(-log_odds))).tolist(), right.tolist(), strict=True))


@pytest.mark.parametrize("truth", [0.5, 1.0, 1.6])
def test_finds_the_slope_that_the_claims_were_drawn_with(truth: float) -> None:
    found = recalibration(drawn(truth))
    assert found is not None
    assert found.low < truth < found.high
    assert found.high - found.low < 0.3
    assert found.cases == 4000


def test_four_cells_give_the_log_odds_ratio_and_woolfs_interval() -> None:
    """Two claims only: b = ln(odds ratio) / difference of the log odds; Woolf's standard error alike."""
    claims = [(0.25, n < 30) for n in range(100)] + [(0.75, n < 60) for n in range(100)]
    across = 2 * np.log(3)
    expected = (np.log(60 / 40) - np.log(30 / 70)) / across
    error = np.sqrt(1 / 60 + 1 / 40 + 1 / 30 + 1 / 70) / across
    found = recalibration(claims)
    assert found is not None
    assert found.slope == pytest.approx(expected, abs=1e-9)
    assert found.low == pytest.approx(expected - 1.959964 * error, abs=1e-9)


@pytest.mark.parametrize(
    "claims",
    [
        [],
        [(0.3, True)] * 100,
        [(0.3, n < 50) for n in range(100)],
        [(0.2 + n / 500, n >= 50) for n in range(100)],
        [(0.2 + n / 500, n % 6 == 0) for n in range(100)],
    ],
    ids=["none", "all right", "all alike", "told apart completely", "too few right"],
)
def test_says_nothing_where_nothing_can_be_said(claims: list[tuple[float, bool]]) -> None:
    assert recalibration(claims) is None


def test_certainty_is_no_error() -> None:
    assert recalibration([(1.0, True), (0.0, False), *drawn(1.0, cases=300)]) is not None
