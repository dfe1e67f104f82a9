"""Step 3: what a hierarchy of findings does to likelihoods and to the observations of a case."""

from __future__ import annotations

import pytest

from tests.ranking.releases import case, finding, release, study
from triage.ranking import InvalidRelease, compile_release, rank, read_case
from triage.ranking.hierarchy import CyclicHierarchy, build_hierarchy

RATE = {"tinel": 0.3, "tinel_arch": 0.1, "tinel_heel": 0.1}


def tree(*evidence, **more):
    """tinel above tinel_arch and tinel_heel, default rates 0.3, 0.1, 0.1."""
    findings = [
        finding(
            code, parents=[] if code == "tinel" else ["tinel"], default={"rates": {"present": rate}, "n": 10}
        )
        for code, rate in RATE.items()
    ]
    return release(findings=findings, evidence=list(evidence), model={"symptom_free": None}, **more)


def present(document, code):
    """p(present | a), p(present | b), p(present | other)."""
    model = compile_release(document)
    return list(model.table.probabilities(model.finding_at[code])[:, 1])


def test_closure_and_cycles():
    hierarchy = build_hierarchy([[], [0], [1], [0, 2]])
    assert list(hierarchy.closure(3)) == [3, 0, 1, 2]
    assert hierarchy.is_ancestor(0, 2)
    assert not hierarchy.is_ancestor(2, 0)
    with pytest.raises(CyclicHierarchy) as caught:
        build_hierarchy([[1], [0], []])
    assert caught.value.members == [0, 1]


def test_a_descendants_evidence_reaches_its_ancestor():
    # own cell of a: (8 + ½)/(9 + 1) = 0.85
    assert present(tree(study("a", "tinel_arch", 8, 9)), "tinel") == pytest.approx([0.85, 0.3, 0.3])


def test_a_rare_descendant_does_not_make_its_ancestor_rare():
    # ½/10 = 0.05 is only a lower bound for the parent, whose default is 0.3
    assert present(tree(study("a", "tinel_arch", 0, 9)), "tinel") == pytest.approx([0.3, 0.3, 0.3])


def test_the_larger_of_own_and_descendant_counts():
    # own (4 + ½)/10 = 0.45, child 0.85
    document = tree(study("a", "tinel", 4, 9), study("a", "tinel_arch", 8, 9))
    assert present(document, "tinel")[0] == pytest.approx(0.85)


def test_an_ancestors_evidence_reaches_down_in_part():
    # F(a, tinel) = 0.85, so d_q·(v·0.85/0.3 + v_root·1)/(v + v_root) with v = 1 − 0.6 − 0.2 = 0.2 = v_root:
    # 0.1 · (2.8333 + 1)/2 = 0.191667
    assert present(tree(study("a", "tinel", 8, 9)), "tinel_arch") == pytest.approx([0.19166667, 0.1, 0.1])


def test_a_siblings_evidence_does_not_reach_across():
    assert present(tree(study("a", "tinel_heel", 8, 9)), "tinel_arch") == pytest.approx([0.1, 0.1, 0.1])


def test_population_rates_never_fall_towards_the_root():
    # b(tinel_arch) = 0.45·0.05 + 0.55·0.1; tinel itself is measured rare in a: 0.45·0.05 + 0.55·0.3
    model = compile_release(tree(study("a", "tinel", 0, 9), study("b", "tinel_arch", 9, 9)))
    b = {code: model.population[at][1] for code, at in model.finding_at.items()}
    # E of tinel: a (own) and b (descendant 0.95): 0.45·0.05 + 0.45·0.95 + 0.1·0.3 = 0.48
    # E of tinel_arch: b alone: 0.45·0.95 + 0.55·0.1 = 0.4825, so tinel is lifted to it
    assert b["tinel_arch"] == pytest.approx(0.4825)
    assert b["tinel"] == pytest.approx(0.4825)


def test_a_present_child_speaks_for_its_ancestor():
    model = compile_release(tree(study("a", "tinel_arch", 8, 9), study("a", "tinel", 8, 9)))
    alone = rank(model, read_case(case(("tinel_arch", "present")), model)).to_dict()
    both = rank(model, read_case(case(("tinel_arch", "present"), ("tinel", "present")), model)).to_dict()
    assert both["hypotheses"] == alone["hypotheses"]
    assert both["implied"] == [{"finding": "tinel", "level": "present", "side": None}]


def test_an_absent_ancestor_speaks_for_its_descendants():
    model = compile_release(tree(study("a", "tinel_arch", 8, 9)))
    alone = rank(model, read_case(case(("tinel", "absent")), model)).to_dict()
    both = rank(model, read_case(case(("tinel", "absent"), ("tinel_arch", "absent")), model)).to_dict()
    assert both["hypotheses"] == alone["hypotheses"]
    assert [o["finding"] for o in both["implied"]] == ["tinel_arch"]


def test_a_contradiction_is_shown_and_both_vote():
    model = compile_release(tree(study("a", "tinel_arch", 8, 9)))
    result = rank(model, read_case(case(("tinel", "absent"), ("tinel_arch", "present")), model)).to_dict()
    assert result["contradictions"] == [
        {
            "present": {"finding": "tinel_arch", "level": "present", "side": None},
            "absent": {"finding": "tinel", "level": "absent", "side": None},
        }
    ]
    voted = [bar["finding"] for bar in result["hypotheses"][0]["bars"] if bar["kind"] == "observation"]
    assert voted == ["tinel", "tinel_arch"]


def test_matches_and_sources_say_where_a_number_comes_from():
    document = tree(
        study("a", "tinel_arch", 8, 9, source="arch_study"), study("b", "tinel", 8, 9, source="tinel_study")
    )
    model = compile_release(document)
    seen = {}
    for code in ("tinel", "tinel_arch", "tinel_heel"):
        result = rank(model, read_case(case((code, "present")), model)).to_dict()
        for row in result["hypotheses"]:
            for bar in row["bars"][1:]:
                seen[code, row["condition"]] = (bar["match"], bar["sources"])
    assert seen == {
        ("tinel", "a"): ("descendant", ["arch_study"]),
        ("tinel", "b"): ("exact", ["tinel_study"]),
        ("tinel_arch", "a"): ("exact", ["arch_study"]),
        ("tinel_arch", "b"): ("ancestor", ["tinel_study"]),
        ("tinel_heel", "a"): ("default", []),
        ("tinel_heel", "b"): ("ancestor", ["tinel_study"]),
    }


def test_a_default_rate_above_its_parent_and_a_cycle_are_refused():
    document = tree()
    document["findings"][1]["default"]["rates"]["present"] = 0.4
    with pytest.raises(InvalidRelease, match="default rate above parent"):
        compile_release(document)
    document["findings"][0]["parents"] = ["tinel_arch"]
    with pytest.raises(InvalidRelease, match="cycle"):
        compile_release(document)
