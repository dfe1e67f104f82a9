"""Reading several findings of a corpus at once, and absence that has no weight."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ranking.releases import condition, finding, release, study
from triage.ranking import Case, CompiledModel, Observation, compile_release, rank


def corpus(**model: float) -> CompiledModel:
    """Three conditions over a small hierarchy; `limp` is above `drop_foot`."""
    rare = {"default": {"rates": {"present": 1e-4}, "n": 1}}
    document = release(
        kind="corpus",
        conditions=[condition(code) for code in "abc"],
        findings=[
            finding("limp", **rare),
            finding("drop_foot", parents=["limp"], **rare),
            finding("rash", **rare),
        ],
        evidence=[
            study("a", "drop_foot", 8, 10), study("b", "limp", 5, 10), study("c", "rash", 9, 10),
            study("a", "rash", 1, 10),
        ],
        model={"symptom_free": None, "epsilon": 0.0, **model},
    )  # fmt: skip
    return compile_release({**document, "priors": []})


def shares(model: CompiledModel, *seen: tuple[str, str]) -> list[float]:
    observations = tuple(Observation(code, level) for code, level in seen)
    case = Case("runners", None, None, "unknown", (), observations)
    found: list[float] = rank(model, case).differential.scores.tolist()
    return found


@pytest.mark.parametrize("epsilon", [0.0, 0.04])
def test_columns_read_together_are_those_read_alone(epsilon: float) -> None:
    model = corpus(epsilon=epsilon)
    findings, levels = [0, 1, 2, 1], [1, 1, 0, 0]
    together = model.table.likelihoods(findings, levels)
    for column, (at, level) in enumerate(zip(findings, levels, strict=True)):
        alone = model.table.probabilities(at)[:, level]
        assert np.allclose(together[:, column], alone, rtol=0, atol=1e-15)


def test_absence_without_weight_changes_nothing_and_makes_no_other_finding_count_less() -> None:
    model = corpus(absent_weight=0)
    alone = shares(model, ("drop_foot", "present"))
    assert shares(model, ("drop_foot", "present"), ("rash", "absent")) == alone
    heard = corpus(absent_weight=1)
    assert shares(heard, ("drop_foot", "present"), ("rash", "absent")) != shares(
        heard, ("drop_foot", "present")
    )
