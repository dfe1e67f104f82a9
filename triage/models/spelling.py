"""Names that are nearly the ones somebody typed: asked only when the search as typed finds nobody.

All words of a clinic's names are compared in memory, because the embedded PostgreSQL has no extension for it;
benchmarks/patient_search.py says what that costs.
"""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

LETTERS_MIN = 4  # one slip in three letters fits too many names
LETTERS_OF_TWO_SLIPS = 7
NEAR_MAX = 40  # words; more of them say that the word was too short to tell

Near = dict[str, int]


def slips_allowed(word: str) -> int:
    """One wrong, missing, doubled or swapped letter; two in a long word."""
    return 2 if len(word) >= LETTERS_OF_TWO_SLIPS else 1


def near_words(typed: str, words: Collection[str]) -> Near:
    """The words a slip or two away from what was typed, whole or in their beginning, and how many slips.

    Both are folded alike (triage_fold_name). A word of less than four letters forgives nothing.
    """
    if len(typed) < LETTERS_MIN:
        return {word: 0 for word in words if word.startswith(typed)}
    allowed = slips_allowed(typed)
    near: Near = {}
    for cut in (None, len(typed)):
        found = process.extract_iter(
            typed, {word: word[:cut] for word in words}, scorer=OSA.distance, score_cutoff=allowed
        )
        for _, slips, word in found:
            near[word] = min(int(slips), near.get(word, allowed))
    return dict(sorted(near.items(), key=lambda pair: (pair[1], pair[0]))[:NEAR_MAX])


def slips_in(name: str, near: Collection[Near]) -> int:
    """How far a name is from all words typed; each has a near word in it."""
    parts = name.split()
    return sum(min(slips[part] for part in parts if part in slips) for slips in near)
