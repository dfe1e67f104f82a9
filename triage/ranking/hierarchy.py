"""The is-a hierarchy of findings, and what it does to the observations of a case (docs/ranking.md, step
3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class CyclicHierarchy(ValueError):
    """`members` are the findings on, or below, a cycle."""

    def __init__(self, members: list[int]) -> None:
        self.members = members
        super().__init__(f"cycle through {members}")


@dataclass(frozen=True)
class Hierarchy:
    """Reflexive ancestor closure in compressed rows.

    `index[start[f]:start[f + 1]]` are the ancestors of finding f, itself first, then ascending by index.
    """

    start: Ints  # (findings + 1,)
    index: Ints  # (sum of closure sizes,)
    parents: tuple[tuple[int, ...], ...]

    def closure(self, finding: int) -> Ints:
        """The finding and all its ancestors, shape (n,)."""
        return self.index[self.start[finding] : self.start[finding + 1]]

    def ancestors(self, finding: int) -> Ints:
        """All proper ancestors, shape (n,)."""
        return self.index[self.start[finding] + 1 : self.start[finding + 1]]

    def is_ancestor(self, above: int, below: int) -> bool:
        """True when `above` is a proper ancestor of `below`."""
        return above in self.ancestors(below)


def build_hierarchy(parents: Sequence[Sequence[int]]) -> Hierarchy:
    """Ancestor closure of a directed acyclic graph given each finding's parents. Raises CyclicHierarchy."""
    closures: list[list[int]] = [[] for _ in parents]
    for finding in _from_the_root(parents):
        above: set[int] = set()
        for parent in parents[finding]:
            above.update(closures[parent])
        closures[finding] = [finding, *sorted(above)]
    sizes = [len(closure) for closure in closures]
    start = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    index = np.fromiter((a for closure in closures for a in closure), dtype=np.int64, count=int(start[-1]))
    return Hierarchy(start, index, tuple(tuple(p) for p in parents))


def _from_the_root(parents: Sequence[Sequence[int]]) -> list[int]:
    """Findings ordered so that parents precede children (Kahn). Raises CyclicHierarchy."""
    children: list[list[int]] = [[] for _ in parents]
    waiting = [len(set(above)) for above in parents]
    for finding, above in enumerate(parents):
        for parent in set(above):
            children[parent].append(finding)
    order = [finding for finding, count in enumerate(waiting) if count == 0]
    for finding in order:
        for child in children[finding]:
            waiting[child] -= 1
            if waiting[child] == 0:
                order.append(child)
    if len(order) < len(parents):
        raise CyclicHierarchy([finding for finding, count in enumerate(waiting) if count])
    return order
