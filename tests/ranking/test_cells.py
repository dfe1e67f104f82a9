"""Step 2: evidence rows become Beta and Dirichlet cells. Every expected number is worked out in the comment
above it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ranking.releases import finding, opinion, release, study
from triage.ranking import InvalidRelease, compile_release

PAIN = [{"code": code, "name": code} for code in ("first_steps", "running", "night")]


def alpha(*evidence, findings=None, **model):
    document = release(evidence=list(evidence), model=model)
    if findings:
        document["findings"] = [*document["findings"], *findings]
    compiled = compile_release(document)
    return compiled.cells.alpha


def test_a_study_is_its_counts_and_half_a_patient_each_way():
    # absent 2 + ½, present 18 + ½
    assert alpha(study("a", "f", 18, 20)) == pytest.approx([2.5, 18.5])


def test_quality_discounts_the_counts_before_the_prior():
    # weight ½: absent 1 + ½, present 9 + ½
    assert alpha(study("a", "f", 18, 20, weight=0.5)) == pytest.approx([1.5, 9.5])


def test_risk_of_bias_sets_the_weight_where_the_release_says_so():
    row = study("a", "f", 18, 20, risk_of_bias="high")
    assert alpha(row, bias_weights={"high": 0.5}) == pytest.approx([1.5, 9.5])
    assert alpha(row) == pytest.approx([2.5, 18.5])


def test_a_sensitivity_is_counts_too():
    # 0.9 of 20 = 18
    row = study("a", "f", 0, 20) | {"probability": 0.9}
    assert alpha(row) == pytest.approx([2.5, 18.5])


def test_positives_of_the_reference_level_are_turned_round():
    assert alpha(study("a", "f", 2, 20, level="absent")) == pytest.approx([2.5, 18.5])


def test_a_frequency_class_alone_is_weak_and_has_its_own_mean():
    # frequent: 0.545 of strength 5 = 2.725; no prior, so the mean is exact
    assert alpha(opinion("a", "f", "frequent")) == pytest.approx([2.275, 2.725])


def test_class_and_study_add_up():
    # [2 + 2.275 + ½, 18 + 2.725 + ½]
    assert alpha(study("a", "f", 18, 20), opinion("a", "f", "frequent")) == pytest.approx([4.775, 21.225])


def test_no_cell_is_stronger_than_n_max():
    # 900 of 1000 shrink to 180 of 200
    assert alpha(study("a", "f", 900, 1000)) == pytest.approx([20.5, 180.5])


def test_agreeing_sources_add():
    # pooled 0.9; χ² = 0
    assert alpha(study("a", "f", 18, 20), study("a", "f", 9, 10)) == pytest.approx([3.5, 27.5])


def test_disagreeing_sources_are_weakened_and_marked():
    # 18/20 and 2/20: pooled ½; χ² = 2 · 8²/(20·½·½) = 25.6, df 1; counts 20 and 20 divided by 25.6 = 0.78125
    document = release(evidence=[study("a", "f", 18, 20), study("a", "f", 2, 20), study("b", "f", 9, 10)])
    cells = compile_release(document).cells
    assert cells.alpha == pytest.approx([1.28125, 1.28125, 1.5, 9.5])
    assert list(cells.disagree) == [True, False]
    assert cells.dispersion == pytest.approx([25.6, 1.0])
    assert [cells.rows(0), cells.rows(1)] == [[0, 1], [2]]


def test_several_levels_make_a_dirichlet():
    row = {"condition": "a", "finding": "pain", "counts": {"first_steps": 30, "night": 6}, "weight": 0.5}
    worst = finding("pain", levels=PAIN)
    # [15, 0, 3] + one patient in all, ⅓ each
    assert alpha(row, findings=[worst]) == pytest.approx([15 + 1 / 3, 1 / 3, 3 + 1 / 3])


def test_one_level_of_many_leaves_the_rest_as_the_default_stands():
    worst = finding("pain", levels=PAIN, default={"rates": {"first_steps": 0.5, "running": 0.4}, "n": 5})
    # 12 of 20 on first_steps; the other 8 as 0.4 : 0.1, so 6.4 and 1.6; ⅓ each of the prior
    assert alpha(study("a", "pain", 12, 20, level="first_steps"), findings=[worst]) == pytest.approx(
        [12 + 1 / 3, 6.4 + 1 / 3, 1.6 + 1 / 3]
    )


def test_a_corpus_adds_its_prior_to_every_cell():
    document = release(
        kind="corpus",
        evidence=[opinion("a", "f", "frequent")],
        model={"beta_prior": [0.1, 1.9], "symptom_free": None},
    )
    assert compile_release(document).cells.alpha == pytest.approx([2.275 + 1.9, 2.725 + 0.1])


def test_no_cell_is_ever_zero_or_one():
    model = compile_release(release(evidence=[study("a", "f", 20, 20), study("b", "f", 0, 20)]))
    p = model.table.probabilities(0)
    # (20 + ½)/21 and ½/21
    assert p[:2, 1] == pytest.approx([20.5 / 21, 0.5 / 21])
    assert np.all((p > 0) & (p < 1))


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (study("a", "f", 21, 20), "bad_figure"),
        (study("a", "f", 1, 0), "bad_figure"),
        (study("a", "f", 1, 2, weight=0), "weight_must_lie_in_0_to_1"),
        (study("a", "f", 1, 2, level="maybe"), "unknown_level"),
        (opinion("a", "f", "often"), "bad_figure"),
        (study("c", "f", 1, 2), "unknown_condition"),
        (study("a", "g", 1, 2), "unknown_finding"),
        ({"condition": "a", "finding": "f", "counts": {"present": 0}}, "bad_figure"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(row, kind):
    with pytest.raises(InvalidRelease) as caught:
        compile_release(release(evidence=[row]))
    assert [problem.kind for problem in caught.value.problems] == [kind]
