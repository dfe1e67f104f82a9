"""Peers in the same run, one thread each: `python -m benchmarks.peers [--release FILE]
[--kb FILE --cases FILE] [--data DIR]`.

Runs in the environment of requirements-peers.txt (`make bench-peers`). Published cases: hpo3's funSimAvg
(Resnik) similarity and its hypergeometric enrichment. Interviews and the shipped release (a file that
`python -m benchmarks.shipped FILE` writes): see `benchmarks.networks`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import hpo, networks
from benchmarks.corpora.phenotypes import read_corpus
from benchmarks.networks import Row, timed
from benchmarks.scores import rank_of, summary
from triage.ranking import next_gains, rank

PACKAGES = ("numpy", "scipy", "hpo3", "scikit-learn", "pgmpy")


def published_cases(kb: Path, cases_file: Path, limit: int) -> list[Row]:
    """Every ranker on the same cases, evenly taken."""
    corpus, cases = read_corpus(kb), hpo.read_cases(cases_file)
    cases = cases[:: max(1, len(cases) // limit)][:limit]
    field, build = hpo.prepare(corpus, cases, drop=False)
    scored = hpo.score(field, cases)
    given = [hpo.engine_case(corpus, raw) for raw in cases]
    ranking = [timed(partial(rank, field.model, case))[1] for case in given]
    gains = [timed(partial(next_gains, field.model, case))[1] for case in given]
    own = summary(scored.ranks, scored.truths)
    rows = [{"name": "Tinel", "ms": float(np.median(ranking)), "build_s": build, **own}]
    rows.append({"name": "Tinel, gain of every finding", "ms": float(np.median(gains))})
    return [*rows, *(_hpo3(name, ranker, cases) for name, ranker in _hpo3_rankers().items())]


def _hpo3_rankers() -> dict[str, Callable[[Sequence[str]], Mapping[str, float]]]:
    """Scores by disease identifier of each ranking that hpo3 offers; more is better."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    from pyhpo import HPOSet, Ontology, helper, stats  # type: ignore[import-not-found]  # noqa: PLC0415

    Ontology()
    diseases = list(Ontology.omim_diseases)
    sets = [disease.hpo_set() for disease in diseases]
    model = stats.EnrichmentModel("omim")

    def similarity(observed: Sequence[str]) -> Mapping[str, float]:
        query = HPOSet.from_queries(list(observed))
        pairs = [(query, terms) for terms in sets]
        values = helper.batch_set_similarity(pairs, kind="omim", method="resnik", combine="funSimAvg")
        return {f"OMIM:{disease.id}": value for disease, value in zip(diseases, values, strict=True)}

    def enrichment(observed: Sequence[str]) -> Mapping[str, float]:
        found = model.enrichment("hypergeom", HPOSet.from_queries(list(observed)))
        return {f"OMIM:{row['item'].id}": -float(row["enrichment"]) for row in found}

    return {"hpo3, funSimAvg Resnik": similarity, "hpo3, enrichment": enrichment}


def _hpo3(
    name: str, ranker: Callable[[Sequence[str]], Mapping[str, float]], cases: Sequence[hpo.RawCase]
) -> Row:
    ranks, truths, milliseconds = [], [], []
    for raw in cases:
        scores, spent = timed(partial(ranker, raw["observed"]))
        milliseconds.append(spent)
        truths.append(raw["disease"])
        values = np.array([*scores.values(), -1e9])  # a disease without a score comes last
        codes = {code: at for at, code in enumerate(scores)}
        ranks.append(rank_of(values, codes.get(raw["disease"], len(values) - 1)))
    return {"name": name, "ms": float(np.median(milliseconds)), **summary(ranks, truths)}


def measure(arguments: argparse.Namespace) -> dict[str, list[Row]]:
    """Each part whose files are given, every row with its time as a multiple of ours."""
    parts: dict[str, list[Row]] = {}
    if arguments.release:
        document = json.loads(arguments.release.read_text(encoding="utf-8"))
        parts["shipped_release"] = networks.shipped(document, arguments.limit)
    if arguments.kb and arguments.cases:
        parts["published_cases"] = published_cases(arguments.kb, arguments.cases, arguments.limit)
    if arguments.data:
        parts["interviews"] = networks.interviews(arguments.data, arguments.limit)
    for rows in parts.values():
        for row in rows:
            row["of_ours"] = row["ms"] / rows[0]["ms"]
    return parts


def show(parts: Mapping[str, list[Row]]) -> None:
    for part, rows in parts.items():
        print(part)
        for row in rows:
            first = f"first {row['top1']:.3f}" if "top1" in row else ""
            apart = f"  apart by {row['largest_difference']:.1e}" if "largest_difference" in row else ""
            print(f"  {row['name']:32} {row['ms']:9.2f} ms  {row['of_ours']:7.2f} of ours  {first}{apart}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--release", type=Path, help="the shipped release as JSON")
    parser.add_argument("--kb", type=Path)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--limit", type=int, default=100, help="cases of each data set (default: 100)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    arguments = parser.parse_args()
    parts = measure(arguments)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    versions = {name: version(name) for name in PACKAGES}
    print(machine, *(f"{name} {number}" for name, number in versions.items()), sep=", ")
    show(parts)
    if arguments.json:
        print(json.dumps({"machine": machine, "versions": versions, **parts}))


if __name__ == "__main__":
    main()
