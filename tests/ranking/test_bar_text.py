"""The text of a ranking is put together from parts; it is the text of the plain data, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.knowledge_fixtures import Shipped
from tests.ranking.sampled import cases, documents
from triage.demo.sampling import Sampler
from triage.ranking import Case, CompiledModel, compile_release, rank, read_case
from triage.ranking.bar_text import canonical
from triage.ranking.result import Ranking

SIDES = ("left", "right", "both")


@pytest.fixture(scope="module")
def model(shipped: Shipped) -> CompiledModel:
    return compile_release(shipped.document, "text")


def whole(ranking: Ranking) -> bytes:
    return canonical(ranking.to_dict()).encode()


def disturbed(model: CompiledModel, case: Case, random: np.random.Generator) -> Case:
    """With sides, answers that are not clear, a person, and risk factors."""
    told = []
    for row in case.observations:
        aware = model.findings[model.finding_at[row.finding]].side_aware
        answer = {"status": "equivocal", "level": None} if random.random() < 0.1 else {}
        told.append(replace(row, side=str(random.choice(SIDES)) if aware else None, **answer))
    factors = random.choice([factor.code for factor in model.risk_factors], size=3, replace=False)
    return replace(
        case,
        side=str(random.choice(SIDES)),
        setting=str(random.choice(sorted(model.priors.by_setting))),
        age_years=int(random.integers(12, 90)),
        sex=str(random.choice(["female", "male"])),
        risk_factors=tuple(sorted(factors.tolist())),
        observations=tuple(told),
    )


def test_the_shipped_release_says_the_same_bytes(model: CompiledModel) -> None:
    random = np.random.default_rng(20260102)
    for sampled in Sampler(model, "text").told(60, 30, random):
        ranking = rank(model, disturbed(model, sampled.case, random))
        assert ranking.to_json() == whole(ranking)
        assert ranking.to_json() == whole(ranking)  # from what is kept by now


@given(st.data())
def test_any_release_says_the_same_bytes(data: st.DataObject) -> None:
    compiled = compile_release(data.draw(documents()), "text")
    for _ in range(3):
        ranking = rank(compiled, read_case(data.draw(cases()), compiled))
        assert ranking.to_json() == whole(ranking)


def test_a_bar_that_is_not_finite_is_refused(model: CompiledModel) -> None:
    ranking = rank(model, Case("runners", None, None, "left", (), ()))
    brackets = np.full_like(ranking.differential.brackets, np.inf)
    broken = replace(ranking, differential=replace(ranking.differential, brackets=brackets))
    with pytest.raises(ValueError, match="not finite"):
        broken.to_json()
