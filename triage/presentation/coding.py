"""Free words of the record -> the code that cautions and risk factors use, where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from knowledge.models import Release
from triage.models import PatientItem
from triage.presentation.knowledge import shelf

CAUTION_KEYS = ("comorbidity", "medicine", "allergy")
# How people name what a release calls by one code. Generous: a word missed here would let a forbidden test be
# proposed, one too many only keeps a test back.
ALLERGENS = {"local_anaesthetic": re.compile(r"an(ae?|e)sthetic|.{2}caine?s?$")}
ALLERGY_WORDS = frozenset({"allergy", "allergic", "allergies", "hypersensitivity", "to", "the", "a", "an"})


def code_for(text: str, kind: str = "") -> str:
    """The code of a comorbidity, medicine or allergy in the current release; empty where it has none."""
    release = Release.objects.current()
    if release is None:
        return ""
    if kind == PatientItem.Kind.ALLERGY and (code := _allergen(text, allergy_codes(release.sha256))):
        return code
    return coded_words(release.sha256).get(plain(text), "")


@lru_cache(maxsize=4)
def allergy_codes(release_sha256: str) -> frozenset[str]:
    """What `avoid_if` of a finding or a caution of a treatment calls an allergy."""
    document = shelf(release_sha256).catalogue.document
    guards = [guard for row in document.get("findings", []) for guard in row.get("avoid_if") or ()]
    cautions = [
        caution.get("if") or {}
        for row in document.get("condition_treatments", [])
        for caution in row.get("cautions") or ()
    ]
    return frozenset(row["allergy"] for row in (*guards, *cautions) if row.get("allergy"))


def _allergen(text: str, codes: frozenset[str]) -> str:
    """The code whose own words, or a usual name of it, the text holds; the first by code."""
    words = [word for word in plain(text).split() if word not in ALLERGY_WORDS]
    said = " ".join(words)
    for code in sorted(codes):
        names = plain(code)
        usual = ALLERGENS.get(code)
        if names in {said, said.removesuffix("s")} or (usual and any(usual.search(word) for word in words)):
            return code
    return ""


@lru_cache(maxsize=4)
def coded_words(release_sha256: str) -> Mapping[str, str]:
    """Plain words -> code: names and synonyms of risk factors, and what cautions look for."""
    document = shelf(release_sha256).catalogue.document
    words: dict[str, str] = {}
    for row in document.get("condition_treatments", []):
        for caution in row.get("cautions") or ():
            words |= {
                plain(code): code for key, code in (caution.get("if") or {}).items() if key in CAUTION_KEYS
            }
    for factor in document.get("risk_factors", []):
        words |= {plain(name): factor["code"] for name in _names(factor)}
    return words


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()


def _names(factor: Mapping[str, Any]) -> list[str]:
    return [factor["name"], factor["code"], *(factor.get("synonyms") or ())]
