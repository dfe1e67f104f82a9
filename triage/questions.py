"""What can be asked at a visit: findings, risk factors and contributing factors of a release under one view.

They share one namespace of codes, and an observation stores just the code; how it is asked differs by role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz import process

from knowledge.catalogue import catalogue
from triage.errors import UnknownFinding

VOTES = "votes"
RISK_FACTOR = "risk_factor"
CONTRIBUTING_FACTOR = "contributing_factor"
YES_NO = ("absent", "present")
NEAREST = 3
NEAREST_SCORE_MIN = 50  # of 100, rapidfuzz WRatio: below it a suggestion confuses more than it helps


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    role: str
    levels: tuple[str, ...]
    side_aware: bool
    stage: str


@lru_cache(maxsize=4)
def questions(release_sha256: str) -> Mapping[str, Question]:
    """Every question of a release by code. A release never changes, so neither does this."""
    document = catalogue(release_sha256).document
    asked = [_finding(row) for row in document.get("findings", [])]
    asked += [_factor(row, RISK_FACTOR, stage="intake") for row in document.get("risk_factors", [])]
    asked += [
        _factor(row, CONTRIBUTING_FACTOR, stage="exam") for row in document.get("contributing_factors", [])
    ]
    return {question.code: question for question in asked}


def question(release_sha256: str, code: str) -> Question:
    known = questions(release_sha256)
    if code in known:
        return known[code]
    matches = process.extract(code, list(known), limit=NEAREST, score_cutoff=NEAREST_SCORE_MIN)
    raise UnknownFinding(finding=code, nearest=[match[0] for match in matches])


def _finding(row: Mapping[str, Any]) -> Question:
    return Question(
        code=row["code"],
        role=VOTES,
        levels=tuple(level["code"] for level in row.get("levels", [])) or YES_NO,
        side_aware=bool(row.get("side_aware")),
        stage=row.get("stage", "exam"),
    )


def _factor(row: Mapping[str, Any], role: str, *, stage: str) -> Question:
    return Question(
        code=row["code"],
        role=role,
        levels=YES_NO,
        side_aware=bool(row.get("side_aware")),
        stage=row.get("stage", stage),
    )
