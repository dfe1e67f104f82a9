"""Peers in the same run, one thread each: `python -m benchmarks.peers --kb FILE --cases FILE --data DIR`.

Runs in an environment with requirements-peers.txt. Published cases: hpo3's funSimAvg (Resnik) similarity
and its hypergeometric enrichment. Interviews, from all yes/no evidence: scikit-learn's CategoricalNB,
fitted on the patients of the other folds, and pgmpy's VariableElimination on the engine's own
probabilities as a network.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import hpo
from benchmarks.corpora.interviews import (
    Interviews,
    Patient,
    given_by,
    read_interviews,
    release_document,
)
from benchmarks.corpora.phenotypes import code_of, read_corpus
from benchmarks.ddxplus import FOLDS, case_of
from benchmarks.scores import rank_of, summary
from triage.ranking import CompiledModel, compile_release, next_gains, rank

Row = dict[str, Any]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """(result, milliseconds)."""
    began = time.perf_counter()
    result = work()
    return result, 1000 * (time.perf_counter() - began)


def published_cases(kb: Path, cases_file: Path, limit: int) -> list[Row]:
    """Every ranker on the same cases, evenly taken."""
    corpus, cases = read_corpus(kb), hpo.read_cases(cases_file)
    cases = cases[:: max(1, len(cases) // limit)][:limit]
    field, build = hpo.prepare(corpus, cases, drop=False)
    scored = hpo.score(field, cases)
    given = [hpo.engine_case(corpus, raw) for raw in cases]
    gains = [timed(partial(next_gains, field.model, case))[1] for case in given]
    own = summary(scored.ranks, scored.truths)
    rows = [{"name": "Tinel", "ms": float(np.median(scored.milliseconds)), "build_s": build, **own}]
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


def interviews(directory: Path, limit: int) -> list[Row]:
    """First condition from all yes/no evidence: ours, CategoricalNB and VariableElimination."""
    data = read_interviews(directory)
    fold = [patient for at, patient in enumerate(data.development) if at % FOLDS == 0][:limit]
    others = [patient for at, patient in enumerate(data.development) if at % FOLDS]
    evidences = [evidence for evidence in data.questions.evidences if data.questions.kind(evidence) == "B"]
    model = compile_release(release_document(data, others), "peers")
    rankers = {
        "Tinel": _ours(model, data, evidences),
        "scikit-learn, CategoricalNB": _categorical(others, evidences),
        "pgmpy, VariableElimination": _network(model, evidences),
    }
    rows = []
    for name, ranker in rankers.items():
        results = [timed(partial(ranker, patient)) for patient in fold]
        right = [code_of(p["pathology"]) == first for p, (first, _) in zip(fold, results, strict=True)]
        rows.append(
            {"name": name, "ms": float(np.median([ms for _, ms in results])), "top1": float(np.mean(right))}
        )
    return rows


def _ours(model: CompiledModel, data: Interviews, evidences: Sequence[str]) -> Callable[[Patient], str]:
    def first(patient: Patient) -> str:
        given = given_by(patient)
        seen = [o for evidence in evidences for o in data.questions.answer(evidence, given)]
        return model.conditions[int(rank(model, case_of(seen)).differential.scores[:-1].argmax())]

    return first


def _vector(patient: Patient, evidences: Sequence[str]) -> list[int]:
    given = given_by(patient)
    return [int(evidence in given) for evidence in evidences]


def _categorical(patients: Sequence[Patient], evidences: Sequence[str]) -> Callable[[Patient], str]:
    from sklearn.naive_bayes import CategoricalNB  # type: ignore[import-not-found]  # noqa: PLC0415

    known = np.array([_vector(patient, evidences) for patient in patients])
    fitted = CategoricalNB(alpha=0.1, min_categories=2).fit(
        known, [code_of(p["pathology"]) for p in patients]
    )
    return lambda patient: str(fitted.predict([_vector(patient, evidences)])[0])


def _network(model: CompiledModel, evidences: Sequence[str]) -> Callable[[Patient], str]:
    """The same prior and probabilities as a network: the condition above every evidence."""
    from pgmpy.factors.discrete import TabularCPD  # type: ignore[import-not-found]  # noqa: PLC0415
    from pgmpy.inference import VariableElimination  # type: ignore[import-not-found]  # noqa: PLC0415
    from pgmpy.models import DiscreteBayesianNetwork  # type: ignore[import-not-found]  # noqa: PLC0415

    network = DiscreteBayesianNetwork([("condition", evidence) for evidence in evidences])
    prior = next(iter(model.priors.by_setting.values()))[:-1]
    count = len(prior)
    network.add_cpds(TabularCPD("condition", count, (prior / prior.sum())[:, None].tolist()))
    for evidence in evidences:
        table = model.table.probabilities(model.finding_at[code_of(evidence)])[:-1].T
        network.add_cpds(
            TabularCPD(evidence, 2, table.tolist(), evidence=["condition"], evidence_card=[count])
        )
    inference = VariableElimination(network)

    def first(patient: Patient) -> str:
        seen = dict(zip(evidences, _vector(patient, evidences), strict=True))
        found = inference.query(["condition"], evidence=seen, show_progress=False)
        return model.conditions[int(np.argmax(found.values))]

    return first


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=200, help="cases of each data set (default: 200)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    arguments = parser.parse_args()
    names = ("numpy", "scipy", "hpo3", "scikit-learn", "pgmpy")
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in names},
        "published_cases": published_cases(arguments.kb, arguments.cases, arguments.limit),
        "interviews": interviews(arguments.data, arguments.limit),
    }
    for part in ("published_cases", "interviews"):
        for row in figures[part]:
            print(f"{row['name']:32} {row['ms']:9.2f} ms  first {row.get('top1', float('nan')):.3f}")
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
