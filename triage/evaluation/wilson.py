"""A share of cases with its 95 % Wilson interval (docs/evaluation.md, "Measures")."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # standard normal quantile of 97.5 %


@dataclass(frozen=True)
class Proportion:
    """`count` of `total`; `share`, `low` and `high` are fractions, None when there is no case."""

    count: int
    total: int
    share: float | None
    low: float | None
    high: float | None


def proportion(count: int, total: int) -> Proportion:
    """Wilson: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). Raises ValueError unless
    0 ≤ count ≤ total."""
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no proportion")
    if not total:
        return Proportion(0, 0, None, None, None)
    share, spread = count / total, Z * Z / total
    middle = share + spread / 2
    reach = sqrt(spread * share * (1 - share) + spread * spread / 4)
    # At 0 and at n the formula gives 0 and 1 but for rounding.
    low = 0.0 if count == 0 else (middle - reach) / (1 + spread)
    high = 1.0 if count == total else (middle + reach) / (1 + spread)
    return Proportion(count, total, share, low, high)
