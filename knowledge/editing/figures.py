"""What a line of evidence would do, said while it is typed, by the engine itself (docs/ranking.md, 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv

from knowledge.editing.names import Names
from knowledge.exporting import NothingImported, release_block
from knowledge.mapping import EVIDENCE, FINDING, Plain, plain_of, related_names
from knowledge.models import Evidence, Finding
from triage.ranking.bands import HIGH, LOW
from triage.ranking.cells import Cells, mean, pool
from triage.ranking.constants import Constants, read_constants
from triage.ranking.findings import Finding as Question
from triage.ranking.findings import read_findings, record
from triage.ranking.rows import read_rows

ONLY: Mapping[str, int] = {"": 0}


@dataclass(frozen=True)
class Answer:
    """One answer of the finding: shares 0 to 1 and how far it moves the odds against the usual rate."""

    name: str
    alone: float
    low: float
    high: float
    together: float
    usual: float
    ratio: float
    said: bool


@dataclass(frozen=True)
class Figures:
    answers: tuple[Answer, ...]
    others: int
    disagree: bool


def evidence_figures(
    names: Names, condition: str, pk: int | None, plain: Mapping[str, Any]
) -> Figures | None:
    """What one line says alone, and its cell with the other lines; None where the engine could not tell."""
    row = (
        Finding.objects.prefetch_related(*related_names(FINDING)).filter(pk=plain.get("finding", "")).first()
    )
    constants = _constants()
    if row is None or constants is None:
        return None
    questions, faults = read_findings([plain_of(FINDING, row)], constants)
    if faults or not questions:
        return None
    others = [
        plain_of(EVIDENCE, other)
        for other in Evidence.objects.prefetch_related("counts")
        .filter(condition=condition, finding=row.pk)
        .exclude(pk=pk or 0)
        .order_by("pk")
    ]
    alone = _cell([plain], questions, constants)
    cell = _cell([plain, *others], questions, constants)
    if alone is None or cell is None:
        return None
    return Figures(
        tuple(_answers(names.levels.get(row.pk, {}), questions[0], alone, cell, plain)),
        len(others),
        bool(cell.disagree[0]),
    )


def _constants() -> Constants | None:
    try:
        constants, faults = read_constants(release_block()["model"])
    except NothingImported:
        return None
    return None if faults else constants


def _cell(
    rows: Sequence[Plain | Mapping[str, Any]], questions: Sequence[Question], constants: Constants
) -> Cells | None:
    placed = [{**row, "condition": ""} for row in rows]
    read, faults = read_rows(placed, questions, {questions[0].code: 0}, ONLY, constants)
    return None if faults else pool(read, questions, 1, constants, "clinic")


def _answers(
    words: Mapping[str, str], question: Question, alone: Cells, cell: Cells, plain: Mapping[str, Any]
) -> Iterable[Answer]:
    together = mean(cell.alpha)
    recorded, usual = record(together, question.epsilon), record(np.array(question.rates), question.epsilon)
    own = mean(alone.alpha)
    said = set(plain.get("counts", {})) or {plain.get("level", "present")}
    for at, level in enumerate(question.levels):
        a, b = float(alone.alpha[at]), float(alone.alpha.sum() - alone.alpha[at])
        low, high = (float(betaincinv(a, b, part)) for part in (LOW, HIGH))
        yield Answer(
            words.get(level, level), float(own[at]), low, high, float(together[at]), question.rates[at],
            float(recorded[at] / usual[at]), level in said,
        )  # fmt: skip
