"""Rank published rare-disease cases: `python -m benchmarks.hpo --kb FILE --cases FILE [--drop-own-pmid] [--json]`.

Cases whose disease is in the knowledge file are ranked against all of its diseases. With `--drop-own-pmid` the
true disease's evidence from the case's own paper is left out before ranking.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.corpora.phenotypes import (
    Corpus,
    code_of,
    read_corpus,
    read_text,
    release_document,
    source_code,
    without_source,
)
from benchmarks.scores import rank_of, summary
from triage.ranking import Case, CompiledModel, Observation, compile_release, rank

SETTING = "primary_care"  # a corpus has one prior for all settings
RawCase = Mapping[str, Any]


@dataclass
class Scored:
    """Ranks of the truth, what was the truth, and the time of every ranking in milliseconds."""

    ranks: list[float] = field(default_factory=list)
    truths: list[str] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)  # share given to the first
    milliseconds: list[float] = field(default_factory=list)


def read_cases(path: Path) -> list[RawCase]:
    """The cases whose disease is in the knowledge file, one JSON object a line."""
    rows = [json.loads(line) for line in read_text(path).splitlines() if line.strip()]
    return [row for row in rows if row["in_kb"]]


def engine_case(corpus: Corpus, raw: RawCase) -> Case:
    """Observed findings as present, excluded ones as absent; terms the release does not hold are left out."""
    seen = {corpus.finding_of[term]: "absent" for term in raw["excluded"] if term in corpus.finding_of}
    seen |= {corpus.finding_of[term]: "present" for term in raw["observed"] if term in corpus.finding_of}
    observations = tuple(Observation(finding, level) for finding, level in seen.items())
    return Case(SETTING, None, None, "unknown", (), observations)


def score(corpus: Corpus, model: CompiledModel, cases: Sequence[RawCase], scored: Scored) -> None:
    """Rank cases and note where the truth came."""
    for raw in cases:
        case = engine_case(corpus, raw)
        began = time.perf_counter()
        ranking = rank(model, case)
        scored.milliseconds.append(1000 * (time.perf_counter() - began))
        scores = ranking.differential.scores[:-1]
        scored.ranks.append(rank_of(scores, model.condition_at[code_of(raw["disease"])]))
        scored.truths.append(raw["disease"])
        scored.claimed.append(float(ranking.differential.shares[:-1].max()))


def by_own_source(
    corpus: Corpus, cases: Sequence[RawCase]
) -> Iterator[tuple[tuple[str, str] | None, list[RawCase]]]:
    """Cases by the (condition, source) whose rows must go; None where the paper gave none."""
    number = {reference: source_code(at) for at, reference in enumerate(corpus.raw["refs"])}
    groups: dict[tuple[str, str] | None, list[RawCase]] = {}
    for raw in cases:
        source = number.get(raw["pmid"])
        references = corpus.raw["refs_by_row"][raw["disease"]]
        own = source is not None and any(source_code(reference) == source for reference in references)
        key = (code_of(raw["disease"]), str(source)) if own else None
        groups.setdefault(key, []).append(raw)
    yield from groups.items()


def measure(kb: Path, cases_file: Path, drop: bool = False) -> tuple[dict[str, Any], Scored]:
    """The figures of one view, and every rank behind them."""
    corpus = read_corpus(kb)
    cases, document = read_cases(cases_file), release_document(corpus)
    began = time.perf_counter()
    model = compile_release(document, "whole")
    print(f"build {time.perf_counter() - began:.2f} s", file=sys.stderr)
    scored = Scored()
    if not drop:
        score(corpus, model, cases, scored)
    else:
        for own, group in by_own_source(corpus, cases):
            bare = compile_release(without_source(document, *own), "bare") if own else model
            score(corpus, bare, group, scored)
    figures = summary(scored.ranks, scored.truths)
    milliseconds = sum(scored.milliseconds) / max(1, len(scored.milliseconds))
    return {**figures, "ms_per_case": round(milliseconds, 3)}, scored


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hpo", description=__doc__)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--drop-own-pmid", action="store_true")
    parser.add_argument(
        "--json", action="store_true", help="print the figures as one JSON object on the last line"
    )
    arguments = parser.parse_args()
    figures, _ = measure(arguments.kb, arguments.cases, arguments.drop_own_pmid)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB", file=sys.stderr)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:12} {value}")


if __name__ == "__main__":
    main()
