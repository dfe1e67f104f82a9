"""Free words of the record -> the code that cautions and risk factors use, where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from knowledge.models import Release
from triage.presentation.knowledge import shelf

CAUTION_KEYS = ("comorbidity", "medicine", "allergy")


def code_for(text: str) -> str:
    """The code of a comorbidity, medicine or allergy in the current release; empty where it has none."""
    release = Release.objects.current()
    return coded_words(release.sha256).get(plain(text), "") if release else ""


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
