"""Whole arrays are rounded as Python rounds one number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.ranking.rounding import rounded


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50), st.integers(0, 6))
def test_each_value_is_what_round_gives(values: list[float], decimals: int) -> None:
    assert rounded(np.array(values), decimals).tolist() == [round(value, decimals) for value in values]


@pytest.mark.parametrize("decimals", [3, 6, 9])
def test_halves_are_rounded_as_round_does(decimals: int) -> None:
    halves = (np.arange(20_000) + 0.5) / 10.0**decimals
    beside = np.concatenate([halves, np.nextafter(halves, 0), np.nextafter(halves, 1)])
    assert rounded(beside, decimals).tolist() == [round(value, decimals) for value in beside.tolist()]


def test_any_shape_and_none_at_all() -> None:
    assert rounded(np.array([[0.1234567, 0.7654321]]), 6).tolist() == [[0.123457, 0.765432]]
    assert rounded(np.empty((0, 3)), 6).shape == (0, 3)
