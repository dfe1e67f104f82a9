"""Step 10: what relief by a diagnostic block says."""

from __future__ import annotations

import pytest

from tests.ranking.releases import case, condition, finding, release
from triage.ranking import InvalidRelease, compile_release, rank, read_case

LEVELS = ("worse", "none", "some", "most", "complete")
BLOCK = {
    "structures": ["mpn"],
    "technical_success": 0.8,
    "placebo": 0.1,
    "complete": "complete",
    "others": {"worse": 1, "none": 6, "some": 3, "most": 2},
}


def document(**block):
    relief = finding(
        "block_mpn",
        kind="block",
        levels=[{"code": code, "name": code} for code in LEVELS],
        block=BLOCK | block,
    )
    return release(
        conditions=[condition("a", pain_from={"mpn": 0.9, "fascia": 0.1}), condition("b")],
        findings=[relief],
        model={"symptom_free": None},
    )


def test_relief_follows_the_share_of_pain_the_block_reaches():
    p = compile_release(document()).table.probabilities(0)
    # a: t·g = 0.72, complete = 0.72 + 0.28·0.1 = 0.748; the rest 0.252 as 1 : 6 : 3 : 2 of 12
    assert p[0] == pytest.approx([0.021, 0.126, 0.063, 0.042, 0.748])
    # b does not say where its pain comes from, Other never does: complete by placebo and spread alone
    assert p[1] == pytest.approx([0.075, 0.45, 0.225, 0.15, 0.1])
    assert p[2] == pytest.approx(p[1])


def test_complete_relief_speaks_for_and_none_against():
    model = compile_release(document())
    ratios = {}
    for level in ("complete", "none"):
        result = rank(model, read_case(case(("block_mpn", level)), model)).to_dict()
        bars = next(h["bars"] for h in result["hypotheses"] if h["condition"] == "a")
        assert bars[1]["match"] == "block"
        ratios[level] = bars[1]["likelihood_ratio"]
    assert ratios == pytest.approx({"complete": 7.48, "none": 0.28})


@pytest.mark.parametrize(
    "fault", [{"placebo": 0}, {"complete": "all"}, {"others": {"none": 1}}, {"structures": []}]
)
def test_a_block_that_cannot_be_right_is_refused(fault):
    with pytest.raises(InvalidRelease, match="block"):
        compile_release(document(**fault))
