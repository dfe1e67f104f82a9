"""Step 12 and the sparse table: corpora where silence means something."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ranking.releases import case, condition, finding, opinion, release, study
from triage.ranking import Case, Observation, compile_release, next_gains, rank, read_case
from triage.ranking.corpus import CorpusTable
from triage.ranking.gains import expected_gains, sparse_gains
from triage.ranking.rank import log_likelihoods, weigh
from triage.ranking.votes import cast_votes

RARE = {"rates": {"present": 0.01}, "n": 10}


def corpus(*evidence, **model):
    """Findings root over (left over leaf, right); conditions a and b; no prior rows, so uniform."""
    above = {"root": [], "left": ["root"], "leaf": ["left"], "right": ["root"]}
    return release(
        kind="corpus",
        priors=[],
        findings=[finding(code, parents=parents, default=RARE) for code, parents in above.items()],
        evidence=list(evidence),
        model={"symptom_free": None, "beta_prior": [0.1, 1.9], "absent_weight": 0} | model,
    )


def ranked(document, *codes):
    model = compile_release(document)
    return rank(model, read_case(case(*[(code, "present") for code in codes]), model)).to_dict()


def bars(result, code, kind):
    row = next(row for row in result["hypotheses"] if row["condition"] == code)
    return [bar for bar in row["bars"] if bar["kind"] == kind]


def test_a_likelihood_is_mixed_from_the_ancestors():
    # a has leaf in 8 of 10: F = (8 + 0.1)/(10 + 2) = 0.675 at leaf, left and root; b has nothing.
    # b_t = 0.45·0.675 + 0.55·0.01 = 0.30925 at all three; right: 0.01 lifted by nothing below it.
    model = compile_release(corpus(study("a", "leaf", 8, 10)))
    table = model.table
    assert isinstance(table, CorpusTable)
    assert table.b == pytest.approx([0.30925, 0.30925, 0.30925, 0.01])
    # leaf given a: b·(0.6·F + 0.1·F + 0.1·F)/b^0.9 + 0.2·b with v = 0.6, 0.1, 0.1 and floor 0.2
    b = 0.30925
    at = model.finding_at
    assert table.probabilities(at["leaf"])[:, 1] == pytest.approx(
        [0.8 * 0.675 * b**0.1 + 0.2 * b, 0.2 * b, 0.01]
    )
    # right given a: only root has evidence, with v = 0.2
    assert table.probabilities(at["right"])[0, 1] == pytest.approx(0.01 * (0.2 * 0.675 / b**0.9 + 0.2))


def test_levels_and_columns_agree():
    model = compile_release(corpus(study("a", "leaf", 8, 10), epsilon=0.03))
    for at in range(4):
        for level in (0, 1):
            assert model.table.likelihood(at, level) == pytest.approx(model.table.probabilities(at)[:, level])


def test_silence_counts_what_was_not_mentioned():
    # a: right is typical, F = (9.8 + 0.1)/(10 + 2) of class 0.98 · 10; leaf observed. n/scale = 1/7
    document = corpus(
        study("a", "leaf", 8, 10),
        study("a", "right", 8, 10),
        study("b", "leaf", 8, 10),
        silence=0.1,
        silence_scale=7,
    )
    result = ranked(document, "leaf")
    expected = math.log(1 - 0.1 * 0.675) / 7
    assert bars(result, "a", "silence")[0]["log_contribution"] == pytest.approx(expected)
    assert bars(result, "b", "silence")[0]["log_contribution"] == 0.0


def test_breadth_is_the_mean_information_shared_with_own_findings():
    document = corpus(
        study("a", "leaf", 8, 10), study("a", "right", 8, 10), study("b", "right", 8, 10), breadth=0.7
    )
    model = compile_release(document)
    ic = dict(zip(model.finding_at, model.information, strict=True))
    result = ranked(document, "leaf")
    # a: leaf shares itself, right shares root; b: right shares root
    assert bars(result, "a", "breadth")[0]["log_contribution"] == pytest.approx(
        0.7 * (ic["leaf"] + ic["root"]) / 2
    )
    assert bars(result, "b", "breadth")[0]["log_contribution"] == pytest.approx(0.7 * ic["root"])


def test_they_are_off_without_being_switched_on_or_without_a_finding():
    assert not bars(ranked(corpus(study("a", "leaf", 8, 10)), "leaf"), "a", "silence")
    assert not bars(ranked(corpus(study("a", "leaf", 8, 10), silence=0.1, breadth=0.7)), "a", "breadth")


@st.composite
def corpora(draw):
    names = [f"f{i}" for i in range(8)]
    above = [
        draw(st.lists(st.sampled_from(names[:i]), max_size=2, unique=True)) if i else [] for i in range(8)
    ]
    findings = [finding(name, parents=p, default=RARE) for name, p in zip(names, above, strict=True)]
    codes = [f"c{i}" for i in range(5)]
    evidence = [
        opinion(code, name, draw(st.sampled_from(("frequent", "rare", "always"))))
        for code in codes
        for name in draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    ]
    model = {"symptom_free": None, "absent_weight": draw(st.sampled_from((0, 1))), "temperature": 1.4}
    on = {"silence": 0.1, "silence_scale": 7, "breadth": 0.7, "beta_prior": [0.1, 1.9]}
    rows = {"conditions": [condition(c) for c in codes], "findings": findings, "evidence": evidence}
    return release(kind="corpus", priors=[], model=model | on, **rows)


OBSERVED = st.dictionaries(
    st.sampled_from([f"f{i}" for i in range(8)]), st.sampled_from(("absent", "present"))
)


@given(corpora(), OBSERVED)
def test_bars_sum_and_information_never_rises_towards_the_root(document, observed):
    model = compile_release(document)
    for at in range(8):
        assert np.all(model.information[model.hierarchy.closure(at)] <= model.information[at] + 1e-12)
    rows = rank(model, read_case(case(*observed.items()), model)).to_dict()["hypotheses"]
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-5)
    for row in rows:
        assert abs(sum(bar["log_contribution"] for bar in row["bars"]) - row["score"]) <= 1e-9


@given(corpora(), OBSERVED)
def test_sparse_and_exact_gains_agree_where_every_hypothesis_is_kept(document, observed):
    model = compile_release(document)
    sampled = Case(
        "runners", None, None, "left", (), tuple(Observation(f, level) for f, level in observed.items())
    )
    votes = cast_votes(model, sampled).votes
    log_p = log_likelihoods(model, votes)
    differential = weigh(model, sampled, votes, log_p)
    assert isinstance(model.table, CorpusTable)
    exact = expected_gains(model, differential, log_p)
    # Single precision: what is left for all other hypotheses is a small difference of large numbers. The
    # worst of 1,500 sampled corpora was 5.1e-5 nats, with and without hypotheses below FAINT.
    assert sparse_gains(model, model.table, differential) == pytest.approx(exact, abs=1e-4)
    assert next_gains(model, sampled).keys() == {f"f{i}" for i in range(8)} - observed.keys()
