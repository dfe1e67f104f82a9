"""The same knowledge as a network: CategoricalNB of scikit-learn and VariableElimination of pgmpy.

Shipped release: sampled cases of four to sixteen findings without any two of one family, so that no weight is
below one and the posteriors must be the same; CategoricalNB is fitted on other sampled cases, what was not
recorded being one more level. Interviews: all yes/no evidence; CategoricalNB is fitted on the patients of the
other folds. VariableElimination has the engine's own prior and probabilities, Other included.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.interviews import Patient, given_by, read_interviews, release_document
from benchmarks.corpora.phenotypes import code_of
from triage.demo.sampling import SETTING, Sampled, Sampler
from triage.ranking import Case, CompiledModel, Observation, compile_release, rank
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes

Floats = NDArray[np.float64]
Row = dict[str, Any]
Ranker = Callable[[Case], Floats]
FOLDS, MOST, FITTED, SEED = 5, 16, 10_000, 20260101
AGREE = 1e-6


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """(result, milliseconds of processor time): what other programs do at the same time does not count."""
    began = time.process_time()
    result = work()
    return result, 1000 * (time.process_time() - began)


def shipped(document: Mapping[str, Any], limit: int) -> list[Row]:
    """The shipped release. Raises ArithmeticError where the engine and exact inference differ."""
    model = compile_release(document, "peers")
    sampler = Sampler(model, "peers")
    cases = list(sampler.told(limit, MOST, np.random.default_rng([SEED, 1])))
    train = list(sampler.told(FITTED, MOST, np.random.default_rng([SEED, 2])))
    codes = sorted(set(range(len(model.findings))) - set(np.flatnonzero(sampler.telling == 0).tolist()))
    rankers = {
        "Tinel, shares and reasons": partial(shares, model),
        "Tinel, a whole ranking": partial(whole, model),
        "scikit-learn, CategoricalNB": fitted(model, codes, train),
        "pgmpy, VariableElimination": eliminated(model, SETTING, codes),
    }
    rows = compared(rankers, [c.case for c in cases], [c.truth for c in cases])
    if rows[-1]["largest_difference"] > AGREE:
        raise ArithmeticError(f"the engine and exact inference differ by {rows[-1]['largest_difference']}")
    return rows


def interviews(directory: Path, limit: int) -> list[Row]:
    """First condition from all yes/no evidence."""
    data = read_interviews(directory)
    fold = [patient for at, patient in enumerate(data.development) if at % FOLDS == 0][:limit]
    others = [patient for at, patient in enumerate(data.development) if at % FOLDS]
    evidences = [evidence for evidence in data.questions.evidences if data.questions.kind(evidence) == "B"]
    model = compile_release(release_document(data, others), "peers")
    setting = next(iter(model.priors.by_setting))

    def asked(patients: Sequence[Patient]) -> list[Sampled]:
        return [_interviewed(model, setting, evidences, patient) for patient in patients]

    codes = [model.finding_at[code_of(evidence)] for evidence in evidences]
    cases = asked(fold)
    rankers = {
        "Tinel": partial(whole, model),
        "scikit-learn, CategoricalNB": fitted(model, codes, asked(others)),
        "pgmpy, VariableElimination": eliminated(model, setting, codes),
    }
    return compared(rankers, [c.case for c in cases], [c.truth for c in cases])


def _interviewed(model: CompiledModel, setting: str, evidences: Sequence[str], patient: Patient) -> Sampled:
    given = given_by(patient)
    seen = tuple(
        Observation(code_of(evidence), "present" if evidence in given else "absent") for evidence in evidences
    )
    case = Case(setting, None, None, "unknown", (), seen)
    return Sampled(case, model.condition_at[code_of(patient["pathology"])], np.zeros(0))


def compared(rankers: Mapping[str, Ranker], cases: Sequence[Case], truths: Sequence[int]) -> list[Row]:
    """Milliseconds, share of truths first, largest difference of a share from the first ranker's."""
    rows, ours = [], None
    for name, ranker in rankers.items():
        for case in cases:  # what is made once per release is made before the clock runs
            ranker(case)
        results = [timed(partial(ranker, case)) for case in cases]
        found = np.array([share for share, _ in results])
        ours = found if ours is None else ours
        rows.append({
            "name": name,
            "ms": float(np.median([ms for _, ms in results])),
            "top1": float(np.mean(found.argmax(axis=1) == np.array(truths))),
            "largest_difference": float(np.abs(found - ours).max()),
        })  # fmt: skip
    return rows


def exact(scores: Floats) -> Floats:
    """Shares from scores against Other, before they are rounded for showing."""
    whole_ = np.exp(scores - scores.max())
    result: Floats = whole_ / whole_.sum()
    return result


def shares(model: CompiledModel, case: Case) -> Floats:
    votes = cast_votes(model, case).votes
    return exact(weigh(model, case, votes, log_likelihoods(model, votes)).scores)


def whole(model: CompiledModel, case: Case) -> Floats:
    return exact(rank(model, case).differential.scores)


def _levels(model: CompiledModel, codes: Sequence[int], case: Case) -> list[int]:
    """Level of every finding in order; what was not recorded is one level more."""
    seen = {model.finding_at[o.finding]: o.level for o in case.observations}
    specs = [(model.findings[code].levels, seen.get(code)) for code in codes]
    return [len(levels) if level is None else levels.index(level) for levels, level in specs]


def fitted(model: CompiledModel, codes: Sequence[int], train: Sequence[Sampled]) -> Ranker:
    """CategoricalNB of scikit-learn."""
    from sklearn.naive_bayes import CategoricalNB  # type: ignore[import-not-found]  # noqa: PLC0415

    known = np.array([_levels(model, codes, row.case) for row in train])
    most = [len(model.findings[code].levels) + 1 for code in codes]
    truths = [row.truth for row in train]
    bayes = CategoricalNB(alpha=0.1, min_categories=most).fit(known, truths)

    def ranker(case: Case) -> Floats:
        result = np.zeros(len(model.conditions) + 1)
        result[bayes.classes_] = bayes.predict_proba([_levels(model, codes, case)])[0]
        return result

    return ranker


def eliminated(model: CompiledModel, setting: str, codes: Sequence[int]) -> Ranker:
    """VariableElimination of pgmpy: the condition above every finding."""
    from pgmpy.factors.discrete import TabularCPD  # type: ignore[import-not-found]  # noqa: PLC0415
    from pgmpy.inference import VariableElimination  # type: ignore[import-not-found]  # noqa: PLC0415
    from pgmpy.models import DiscreteBayesianNetwork  # type: ignore[import-not-found]  # noqa: PLC0415

    names = [model.findings[code].code for code in codes]
    network = DiscreteBayesianNetwork([("condition", name) for name in names])
    prior = model.priors.by_setting[setting]
    network.add_cpds(TabularCPD("condition", len(prior), prior[:, None].tolist()))
    for name, code in zip(names, codes, strict=True):
        table = model.table.probabilities(code).T
        above = {"evidence": ["condition"], "evidence_card": [len(prior)]}
        network.add_cpds(TabularCPD(name, len(table), table.tolist(), **above))
    inference = VariableElimination(network)

    def ranker(case: Case) -> Floats:
        levels = _levels(model, codes, case)
        seen = {
            name: level
            for name, code, level in zip(names, codes, levels, strict=True)
            if level < len(model.findings[code].levels)
        }
        found = inference.query(["condition"], evidence=seen, show_progress=False)
        result: Floats = np.asarray(found.values, dtype=np.float64)
        return result

    return ranker
