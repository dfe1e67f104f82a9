"""Finding a name by a few letters: the beginning of a word counts most, then a slip of the keys.

Every word that was typed must resemble a word of the name; so "tinle nav" finds "Tinel behind the navicular"
and nothing that merely shares letters with the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import process, utils
from rapidfuzz.distance import DamerauLevenshtein

BEGINS, WORDS_BEGIN = 100.0, 95.0  # the name begins so; each typed word begins a word of it
SLIP_COST = 18.0  # what one wrong, missing, extra or swapped letter takes from a word's 95
LETTERS_PER_SLIP = 4  # one slip is forgiven for every four letters typed, two at most
MOST_SLIPS = 2
MOST_WORDS = 8  # more say nothing more
BREVITY = 0.02  # a letter of the name that was not asked for; sorts short names first, never changes a class


class NameIndex:
    """Names as written, indexed by their words."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [plain(name) for name in names]
        self._words: dict[str, list[int]] = {}
        for position, name in enumerate(self._names):
            for word in set(name.split()):
                self._words.setdefault(word, []).append(position)
        self._vocabulary = list(self._words)

    def scores(self, text: str) -> dict[int, float]:
        """Position of the name → score, 0 to 100, for every name that holds all that was typed."""
        asked = plain(text)
        typed = asked.split()[:MOST_WORDS]
        if not typed:
            return {}
        similar = [self._similar_words(word) for word in typed]
        each = [{position for word in words for position in self._words[word]} for words in similar]
        found = {}
        for position in set.intersection(*each):
            score = _best(similar, frozenset(self._names[position].split()))
            if score:
                found[position] = score / len(typed)
        for position, name in enumerate(self._names):
            if name.startswith(asked):
                found[position] = BEGINS
        return {
            position: score - BREVITY * (len(self._names[position]) - len(asked))
            for position, score in found.items()
        }

    def _similar_words(self, typed: str) -> dict[str, float]:
        similar = {word: WORDS_BEGIN for word in self._vocabulary if word.startswith(typed)}
        slips = min(MOST_SLIPS, len(typed) // LETTERS_PER_SLIP)
        if slips:
            heads = [word[: len(typed) + 1] for word in self._vocabulary]
            for candidates in (self._vocabulary, heads):
                for _, distance, at in process.extract(
                    typed, candidates, scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=None
                ):
                    word = self._vocabulary[at]
                    similar[word] = max(similar.get(word, 0.0), WORDS_BEGIN - SLIP_COST * distance)
        return similar


def _best(similar: Sequence[Mapping[str, float]], words: frozenset[str]) -> float:
    """The best sum of scores when each typed word takes a word of the name for itself; 0 when it cannot."""
    if not similar or len(similar) > len(words):
        return 0.0
    first, *rest = similar
    best = 0.0
    for word in words & first.keys():
        others = _best(rest, words - {word})
        if others or not rest:
            best = max(best, first[word] + others)
    return best


def plain(text: str) -> str:
    """Small letters and digits with single spaces: what both sides are compared in."""
    return " ".join(utils.default_process(text.replace("'", "").replace("’", "")).split())
