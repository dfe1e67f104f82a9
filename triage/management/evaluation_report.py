"""An evaluation as tables for a terminal, and as plain data (docs/evaluation.md, "Output")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from triage.evaluation import EXCLUDED_BELOW, Bin, Evaluation, Judged, Measures, Outcome, Proportion
from triage.ranking import ENGINE_VERSION, CompiledModel
from triage.ranking.errors import nearest
from triage.ranking.panel import STATES

STAGE_NAMES = {"intake": "up to intake", "exam": "up to examination", "investigation": "up to investigation"}
TOO_FEW = "too few"
LISTED = 20  # lines of a list on a terminal; the JSON holds all
NONE = "–"
Row = Sequence[str]


def as_json(result: Evaluation) -> dict[str, Any]:
    """Shares as fractions; a measure without a case is null."""
    return {
        **_measures(result.total),
        "stages": {stage: _measures(measures) for stage, measures in result.stages.items()},
        "held": _measures(result.held),
        "not_held": _measures(result.not_held) | {"diagnoses": dict(result.not_held_diagnoses)},
        "proofs": dict(result.proofs),
        "exclusion_errors": [
            {key: getattr(outcome, key) for key in ("id", "diagnosis", "held", "share", "place", "first")}
            for outcome in result.excluded
        ],
        "held_stages": {stage: _measures(measures) for stage, measures in result.held_stages.items()},
        "panel": {stage: dict(states) for stage, states in result.panel.items()},
        "rows": [_case_data(case) for case in result.judged],
    }


def _case_data(case: Judged) -> dict[str, Any]:
    """Where the truth stood at each stage that has facts, and who led."""
    told = {**case.stages, "all": case.final}
    places = {
        stage: {"place": row.place, "share": row.share, "first": row.first, "panel": row.panel}
        for stage, row in told.items()
    }
    return {"id": case.final.id, "diagnosis": case.final.diagnosis, "held": case.final.held, "places": places}


def _measures(measures: Measures) -> dict[str, Any]:
    bins = [asdict(row) | {"too_few": row.too_few} for row in measures.reliability]
    return asdict(measures) | {"reliability": bins}


def as_text(result: Evaluation, model: CompiledModel, *, each: bool = False) -> str:
    proofs = ", ".join(f"{proof} {count}" for proof, count in result.proofs)
    parts = [
        f"{model.name} · release {model.release[:12]} · engine {ENGINE_VERSION}",
        f"Cases: {result.total.cases} · proof: {proofs}",
        "",
        *_table([*_overview(result)]),
        "",
        "Shares of cases with 95 % Wilson intervals; log score in nats; log score and Brier: 0 is perfect.",
        f"Excluded: the truth was given less than {EXCLUDED_BELOW:.0%}.".replace("%", " %"),
        "",
        "Reliability: what was claimed for the first hypothesis, and how often it was right",
        *_table([("claimed", "cases", "mean", "right"), *map(_bin, result.total.reliability)]),
        f"Over all cases {_percent(result.total.claimed)} claimed, {_share(result.total.top1)} right.",
        *_panel(result),
        *_not_held(result, model),
        *_excluded(result.excluded),
        *(_each(result.judged) if each else ()),
    ]
    return "\n".join(parts)


def _overview(result: Evaluation) -> Iterator[Row]:
    yield ("", "cases", "first", "first three", "first five", "log score", "Brier", "excluded")
    yield _row("all facts", result.total)
    for stage, measures in result.stages.items():
        yield _row(STAGE_NAMES[stage], measures)
    if result.not_held.cases:
        yield _row("in the release", result.held)
        for stage, measures in result.held_stages.items():
            yield _row(f"  {STAGE_NAMES[stage]}", measures)
        yield _row("not in it (Other)", result.not_held)


def _row(name: str, measures: Measures) -> Row:
    shares = [_share(share) for share in (measures.top1, measures.top3, measures.top5)]
    scores = [_number(measures.log_score), _number(measures.brier)]
    return (name, str(measures.cases), *shares, *scores, _share(measures.excluded))


def _bin(row: Bin) -> Row:
    name = f"{round(100 * row.low)}–{round(100 * row.high)} %"
    if row.too_few:
        return (name, str(row.right.total), NONE, TOO_FEW)
    return (name, str(row.right.total), _percent(row.claimed), _share(row.right))


def _panel(result: Evaluation) -> Iterator[str]:
    """The urgent truths: how many the can't-miss panel kept open, by stage."""
    if not any(result.panel.values()):
        return
    counts = [
        (STAGE_NAMES[stage], *(str(states.get(state, 0)) for state in STATES))
        for stage, states in result.panel.items()
    ]
    yield from ("", "Urgent conditions that were the truth, in the can't-miss panel:")
    yield from _table([("", "alert", "not yet screened", "excluded"), *counts])
    for stage, outcome in result.missed:
        yield f"  {outcome.id}: {outcome.diagnosis} was called excluded {STAGE_NAMES[stage]}"


def _each(judged: Sequence[Judged]) -> Iterator[str]:
    """Every case with the place of its truth by stage; a stage without facts is a dash."""
    rows = [
        (case.final.id, case.final.diagnosis, *(_place(case.stages.get(stage)) for stage in STAGE_NAMES),
         f"{100 * case.final.share:.0f} %", case.final.first)
        for case in judged
    ]  # fmt: skip
    yield from (
        "",
        "Each case: the place of the truth by stage, its share with all facts, and what was first",
    )
    yield from _table([("", "proven", "intake", "exam", "invest.", "share", "first"), *rows])


def _place(outcome: Outcome | None) -> str:
    return NONE if outcome is None else f"{outcome.place}{'' if outcome.held else ' (Other)'}"


def _not_held(result: Evaluation, model: CompiledModel) -> Iterator[str]:
    lines = []
    for code, count in result.not_held_diagnoses[:LISTED]:
        known = ", ".join(nearest(code, model.conditions))
        lines.append(f"  {code}: {_cases(count)}{f' (nearest in the release: {known})' if known else ''}")
    title = "Diagnoses that the release does not hold, counted under Other:"
    return _list(title, lines, len(result.not_held_diagnoses))


def _excluded(outcomes: Sequence[Outcome]) -> Iterator[str]:
    lines = [
        f"  {outcome.id}: {outcome.diagnosis}{'' if outcome.held else ' (as Other)'} was given "
        f"{100 * outcome.share:.2g} %, number {outcome.place}; first was {outcome.first}"
        for outcome in outcomes[:LISTED]
    ]
    return _list("Exclusion errors, worst first:", lines, len(outcomes))


def _list(title: str, lines: Sequence[str], total: int) -> Iterator[str]:
    if lines:
        yield from ("", title, *lines)
    if total > len(lines):
        yield f"  … {total - len(lines)} more; --json names all"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """Columns as wide as their widest cell, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells])


def _share(share: Proportion) -> str:
    if share.share is None or share.low is None or share.high is None:
        return NONE
    return f"{_percent(share.share)} ({100 * share.low:.0f}–{100 * share.high:.0f})"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.0f} %"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
