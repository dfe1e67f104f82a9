"""Decimals as Python rounds them, for whole arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DOUBT = 1e-4  # of a unit in the last place: nearer to a half than this, Python decides


def rounded(values: Floats, decimals: int) -> Floats:
    """`round(value, decimals)` of every value, bit for bit, where |value| · 10^decimals is below 10^9.

    np.round alone differs where a value times 10^decimals is a half in floating point only.
    """
    scale = 10.0**decimals
    scaled = values * scale
    whole = np.rint(scaled)
    result: Floats = whole / scale
    doubtful = np.abs(np.abs(scaled - whole) - 0.5) < DOUBT
    if doubtful.any():
        result[doubtful] = [round(value, decimals) for value in values[doubtful].tolist()]
    return result
