"""Whether free words of a record mean a code of the knowledge: surely, perhaps, or not at all.

A name or synonym that stands in the text as written counts as said; one that merely resembles a word of the
text, or stands beside a word of denial, is “perhaps”, which a person checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

SURE, MAYBE, NO = "sure", "maybe", ""
# Letters a word needs before a slip in it is forgiven: shorter ones resemble too much.
FORGIVEN_FROM = 5
# Share of letters that must agree, of 1: one slip in five letters, two in ten.
RESEMBLANCE = 0.8
# How alike, of 100, own words and the name of a treatment must be for its cautions to be held up.
NAMED_FROM = 75
DENIALS = frozenset({"no", "not", "never", "without", "denies", "denied", "stopped", "former", "negative"})


def plain_words(text: str) -> list[str]:
    """Lower-case words without signs; letters of every script."""
    return re.findall(r"[^\W_]+", text.casefold())


def names_by_code(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Every code that a caution may ask for, with the words people use for it."""
    names: dict[str, tuple[str, ...]] = {
        row["code"]: (row["name"], row["code"], *(row.get("synonyms") or ()))
        for row in document.get("risk_factors", [])
    }
    for row in document.get("condition_treatments", []):
        for caution in row.get("cautions") or ():
            for code in (caution.get("if") or {}).values():
                names.setdefault(code, (code,))
    return names


def treatments_named(text: str, document: Mapping[str, Any]) -> list[str]:
    """Codes of the treatments that own words for a treatment resemble."""
    names = {row["code"]: " ".join(plain_words(row["name"])) for row in document.get("treatments", [])}
    hits = process.extract(
        " ".join(plain_words(text)), names, scorer=fuzz.token_set_ratio, score_cutoff=NAMED_FROM, limit=None
    )
    return [code for _, _, code in hits]


def meant(text: str, names: Iterable[str]) -> str:
    """SURE, MAYBE or NO."""
    words = plain_words(text)
    best = NO
    for name in names:
        found = _found(words, plain_words(name.replace("_", " ")))
        if found == SURE:
            return MAYBE if DENIALS & set(words) else SURE
        best = best or found
    return best


def _found(words: list[str], name: list[str]) -> str:
    """The name as consecutive words, exactly or with slips."""
    if not name:
        return NO
    windows = [words[at : at + len(name)] for at in range(len(words) - len(name) + 1)]
    if any(_same(window, name) for window in windows):
        return SURE
    whole = " ".join(name)
    if len(whole) < FORGIVEN_FROM:
        return NO
    close = (OSA.normalized_similarity(" ".join(window), whole) for window in windows)
    return MAYBE if any(likeness >= RESEMBLANCE for likeness in close) else NO


def _same(window: list[str], name: list[str]) -> bool:
    """Plural and singular are one."""
    return all(
        mine.removesuffix("s") == theirs.removesuffix("s") for mine, theirs in zip(window, name, strict=True)
    )
