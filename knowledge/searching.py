"""Finding a name by a few letters: the beginning of a word counts most, then a slip of the keys.

Every word that was typed must resemble a word of the name; so "tinle nav" finds "Tinel behind the navicular"
and nothing that merely shares letters with the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import process, utils
from rapidfuzz.distance import DamerauLevenshtein

BEGINS, WORDS_BEGIN = 100.0, 95.0  # the name begins so; each typed word begins a word of it
SLIP_COST = 18.0  # what one wrong, missing, extra or swapped letter takes from a word's 95
LETTERS_PER_SLIP = 4  # one slip is forgiven for every four letters typed, two at most
MOST_SLIPS = 2
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
        typed = asked.split()
        if not typed:
            return {}
        each = [self._of_word(word) for word in typed]
        common = set(each[0]).intersection(*each[1:])
        found = {position: sum(word[position] for word in each) / len(each) for position in common}
        for position, name in enumerate(self._names):
            if name.startswith(asked):
                found[position] = BEGINS
        return {
            position: score - BREVITY * (len(self._names[position]) - len(asked))
            for position, score in found.items()
        }

    def _of_word(self, typed: str) -> dict[int, float]:
        """Position → score of the names that hold a word like the typed one."""
        found: dict[int, float] = {}
        for word, score in self._similar_words(typed).items():
            for position in self._words[word]:
                found[position] = max(found.get(position, 0.0), score)
        return found

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


def plain(text: str) -> str:
    """Small letters and digits with single spaces: what both sides are compared in."""
    return " ".join(utils.default_process(text.replace("'", "").replace("’", "")).split())
