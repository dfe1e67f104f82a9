"""Rank published cases: `python -m benchmarks.hpo --kb FILE --cases FILE [--drop-own-pmid] [--json]`.

Cases whose disease is in the knowledge file are ranked against all of its diseases. With `--drop-own-pmid`
the true disease takes part without the evidence that cites the case's own paper. The figures count the cases
whose disease somebody else has described too: without its only paper a disease is not in the knowledge. The
others are ranked too, by its title and the other diseases of its series, and `all_cases` counts them all.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.phenotypes import (
    SETTING,
    Corpus,
    code_of,
    papers,
    read_corpus,
    read_text,
    release_document,
    source_code,
    with_series,
    with_withheld,
    withheld,
)
from benchmarks.corpora.settings import HPO_DROP_MODEL, HPO_MODEL, HPO_PRIOR_EXPONENT
from benchmarks.scores import rank_of, summary
from triage.ranking import Case, CompiledModel, Observation, Ranking, compile_release, rank

RawCase = Mapping[str, Any]
Floats = NDArray[np.float64]


@dataclass
class Scored:
    """By case: rank of the truth, the truth, the share given to the first, milliseconds of the ranking."""

    ranks: list[float] = field(default_factory=list)
    truths: list[str] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Field:
    """What a case is ranked against: the corpus, its model and the source each case must do without."""

    corpus: Corpus
    model: CompiledModel
    own: Mapping[str, str]  # case id -> source to leave out
    diseases: int  # conditions that are diseases; any others are diseases without a source

    def scores(self, raw: RawCase, ranking: Ranking) -> tuple[Floats, int]:
        """Scores (diseases,) and the place of the true disease, as it stands without the case's own paper."""
        found, code = ranking.differential, code_of(raw["disease"])
        scores, truth = found.scores[: self.diseases].copy(), self.model.condition_at[code]
        source = self.own.get(raw["id"])
        if source is not None:
            twin = self.model.condition_at[withheld(code, source)]
            count = papers(self.corpus, raw["disease"])
            fewer = HPO_PRIOR_EXPONENT * np.log(count / (1 + count)) / self.model.constants.temperature
            priors = found.contributions[:, 0]
            scores[truth] = round(found.scores[twin] - priors[twin] + priors[truth] + fewer, 9)
        return scores, truth


def read_cases(path: Path) -> list[RawCase]:
    """The cases whose disease is in the knowledge file, one JSON object a line."""
    rows = [json.loads(line) for line in read_text(path).splitlines() if line.strip()]
    return [row for row in rows if row["in_kb"]]


def engine_case(corpus: Corpus, raw: RawCase) -> Case:
    """Observed findings as present, excluded ones as absent; terms the release lacks are left out."""
    seen = {corpus.finding_of[term]: "absent" for term in raw["excluded"] if term in corpus.finding_of}
    seen |= {corpus.finding_of[term]: "present" for term in raw["observed"] if term in corpus.finding_of}
    observations = tuple(Observation(finding, level) for finding, level in seen.items())
    return Case(SETTING, None, None, "unknown", (), observations)


def own_sources(corpus: Corpus, cases: Sequence[RawCase]) -> dict[str, str]:
    """Case id -> the case's own paper, where the true disease has rows from it."""
    number = {reference: at for at, reference in enumerate(corpus.raw["refs"])}
    rows = {disease: set(references) for disease, references in corpus.raw["refs_by_row"].items()}
    return {
        raw["id"]: source_code(number[raw["pmid"]])
        for raw in cases
        if number.get(raw["pmid"]) in rows[raw["disease"]]
    }


def prepare(
    corpus: Corpus, cases: Sequence[RawCase], drop: bool, model: Mapping[str, Any] | None = None
) -> tuple[Field, float]:
    """The field to rank in, and the seconds it took to compile."""
    document = release_document(corpus, model or (HPO_DROP_MODEL if drop else HPO_MODEL))
    diseases = len(document["conditions"])
    own = own_sources(corpus, cases) if drop else {}
    if own:
        number = {source_code(at): at for at in range(len(corpus.raw["refs"]))}
        pairs = sorted({(raw["disease"], number[own[raw["id"]]]) for raw in cases if raw["id"] in own})
        document = with_withheld(document, [(code_of(code), source_code(at)) for code, at in pairs])
        document = with_series(corpus, document, pairs)
    began = time.perf_counter()
    compiled = compile_release(document, "benchmark")
    return Field(corpus, compiled, own, diseases), time.perf_counter() - began


def with_evidence(corpus: Corpus, cases: Sequence[RawCase]) -> list[RawCase]:
    """The cases whose disease has evidence beside that of the case's own paper."""
    own = own_sources(corpus, cases)
    rows = {disease: {source_code(r) for r in rs} for disease, rs in corpus.raw["refs_by_row"].items()}
    return [raw for raw in cases if raw["id"] not in own or rows[raw["disease"]] - {own[raw["id"]]}]


def score(field_: Field, cases: Sequence[RawCase]) -> Scored:
    """Rank cases and note where the truth came."""
    scored = Scored()
    for raw in cases:
        case = engine_case(field_.corpus, raw)
        began = time.perf_counter()
        ranking = rank(field_.model, case)
        scored.milliseconds.append(1000 * (time.perf_counter() - began))
        scores, truth = field_.scores(raw, ranking)
        scored.ranks.append(rank_of(scores, truth))
        scored.truths.append(raw["disease"])
        scored.claimed.append(float(1 / np.exp(scores - scores.max()).sum()))
    return scored


def measure(kb: Path, cases_file: Path, drop: bool = False) -> tuple[dict[str, Any], Scored]:
    """The figures of one view, and every rank behind them."""
    corpus, cases = read_corpus(kb), read_cases(cases_file)
    field_, seconds = prepare(corpus, cases, drop)
    print(f"build {seconds:.2f} s", file=sys.stderr)
    scored = score(field_, cases)
    described = {raw["id"] for raw in (with_evidence(corpus, cases) if drop else cases)}
    kept = [at for at, raw in enumerate(cases) if raw["id"] in described]
    ranks, truths = [scored.ranks[at] for at in kept], [scored.truths[at] for at in kept]
    figures: dict[str, Any] = summary(ranks, truths) if ranks else {"cases": 0}
    figures["ms_per_case"] = round(float(np.mean(scored.milliseconds)), 3)
    if drop:
        figures["all_cases"] = summary(scored.ranks, scored.truths)
    return figures, scored


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hpo", description=__doc__)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--drop-own-pmid", action="store_true")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
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
