"""Compiling: every fault of a release at once, and nothing out of a release with a fault."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.ranking.releases import classed, condition, finding, release, study
from triage.ranking import InvalidRelease, compile_release, rank, read_case


def kinds(document):
    with pytest.raises(InvalidRelease) as caught:
        compile_release(document)
    return {(problem.where, problem.kind) for problem in caught.value.problems}


def test_faults_of_every_part_are_told_together():
    document = release(
        conditions=[
            condition("a", excluded_by=[{"finding": "f", "level": "maybe"}]),
            condition("a"),
            condition("other"),
        ],
        findings=[
            finding("f", cluster="none"),
            finding("g", kind="smell"),
            finding("h", parents=["nothing"]),
        ],
        priors=[classed("a"), classed("z"), classed("other", "often")],
        evidence=[study("a", "zz", 1, 2)],
        risk_factors=[{"code": "f", "effects": [{"condition": "q", "odds_ratio": 2}]}],
        rules=[{"code": "r", "urgency": "soon", "when": {"finding": "f", "level": "present"}}],
    )
    assert kinds(document) == {
        ("conditions[a]", "repeated_code"),
        ("conditions[a].excluded_by", "unknown_level"),
        ("conditions[other]", "reserved_code"),
        ("evidence[0].finding", "unknown_finding"),
        ("findings[f]", "repeated_code"),
        ("findings[f].cluster", "unknown_cluster"),
        ("findings[g].default", "no_default_rate_for_kind"),
        ("findings[h].parents", "unknown_finding"),
        ("model.symptom_free", "unknown_finding"),
        ("priors[1].condition", "unknown_condition"),
        ("priors[2].class", "unknown_class"),
        ("risk_factors[f].effects[0]", "unknown_condition"),
        ("rules[r].urgency", "unknown_value"),
    }


def test_a_constant_that_is_missing_or_wrong_is_named():
    document = release(model={"epsilon": 2, "v_q": 0.9, "v_root": 0.5})
    del document["model"]["kappa"]
    assert kinds(document) == {
        ("model.epsilon", "bad_value"),
        ("model.kappa", "missing"),
        ("model.v_root", "v_q_and_v_root_exceed_one"),
    }


def test_a_document_of_another_schema_or_kind_is_refused():
    assert kinds(release() | {"schema": "x", "kind": "y"}) == {
        ("schema", "unknown_value"),
        ("kind", "unknown_value"),
    }


@pytest.mark.parametrize(
    "default",
    [{"rates": {"present": 0}}, {"rates": {"present": 1.2}}, {"rates": {"odd": 0.2}}, {"rates": {}}],
)
def test_default_rates_lie_strictly_between_0_and_1(default):
    assert any(
        where == "findings[f].default"
        for where, _ in kinds(release(findings=[finding("f", default=default)]))
    )


def test_default_rates_given_for_some_levels_leave_the_rest_to_the_others():
    levels = [{"code": code, "name": code} for code in ("first", "second", "third")]
    document = release(
        findings=[
            finding("f", levels=levels, default={"rates": {"first": 0.5}, "n": 5}),
            finding("g", levels=levels),
            finding("other_side_painful"),
        ]
    )
    rates = [spec.rates for spec in compile_release(document).findings]
    assert rates[0] == pytest.approx((0.5, 0.25, 0.25))
    assert rates[1] == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert rates[2] == pytest.approx((0.8, 0.2))


def test_the_release_is_named_by_the_hash_of_its_canonical_bytes():
    document = release()
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert compile_release(document).release == hashlib.sha256(canonical).hexdigest()
    assert compile_release(document, "known").release == "known"


def test_the_document_is_left_as_it_was():
    document = release(evidence=[study("a", "f", 18, 20)])
    before = json.dumps(document)
    model = compile_release(document)
    rank(model, read_case({"setting": "runners", "observations": []}, model))
    assert json.dumps(document) == before


def test_sparse_and_dense_tables_agree_where_there_is_no_hierarchy():
    """A corpus without is-a and with v_q = 1 − v_root, η = 1 is the plain table but for its floor."""
    evidence = [study("a", "f", 18, 20), study("b", "f", 3, 20)]
    shared = {"symptom_free": None, "v_q": 1 - 1e-9, "v_root": 1e-9, "eta": 1.0}
    rows = []
    for kind in ("clinic", "corpus"):
        model = compile_release(release(kind=kind, evidence=evidence, findings=[finding("f")], model=shared))
        rows.append(model.table.probabilities(0))
    assert rows[0] == pytest.approx(rows[1], abs=1e-6)


@pytest.mark.parametrize(
    "part", [{"findings": [{"code": "f", "kind": "symptom", "levels": [{"name": "x"}]}]}, {"conditions": [3]}]
)
def test_a_malformed_part_is_an_invalid_release_and_nothing_else(part):
    assert kinds(release(**part)) == {("release", "malformed")}
