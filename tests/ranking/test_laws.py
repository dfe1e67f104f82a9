"""The laws of docs/ranking.md, step 13, over random releases and cases."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ranking.releases import case, study
from tests.ranking.sampled import CONDITIONS, cases, documents
from triage.ranking import compile_release, rank, read_case

Document = dict[str, Any]


def ranked(document: Document, data: Document) -> Document:
    model = compile_release(document)
    return json.loads(rank(model, read_case(data, model)).to_json())


def shares(result: Document) -> dict[str, float]:
    return {row["condition"]: row["share"] for row in result["hypotheses"]}


@given(documents(), cases(), st.randoms())
def test_the_order_of_observations_does_not_change_a_byte(document, data, random):
    shuffled = deepcopy(data)
    random.shuffle(shuffled["observations"])
    random.shuffle(shuffled["risk_factors"])
    model = compile_release(document)
    assert rank(model, read_case(data, model)).to_json() == rank(model, read_case(shuffled, model)).to_json()


@given(documents(), cases())
def test_a_ranking_replays_to_the_same_bytes(document, data):
    first, second = compile_release(document), compile_release(json.loads(json.dumps(document)))
    assert rank(first, read_case(data, first)).to_json() == rank(second, read_case(data, second)).to_json()


@given(documents(), st.lists(cases(), min_size=2, max_size=4))
def test_threads_rank_side_by_side_as_one_after_the_other(document, several):
    """A fresh model, so that what it keeps is made by all of them at once."""
    one, shared = compile_release(document), compile_release(document)
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda data: rank(shared, read_case(data, shared)).to_json(), several * 4)
    assert list(found) == [rank(one, read_case(data, one)).to_json() for data in several] * 4


@given(documents(), cases(), st.sets(st.sampled_from(CONDITIONS)))
def test_explaining_some_changes_nothing_but_the_bars_of_the_others(document, data, wanted):
    model = compile_release(document)
    ranking = rank(model, read_case(data, model))
    some, whole = ranking.to_dict(explained=wanted), ranking.to_dict()
    for row in whole["hypotheses"]:
        if row["condition"] not in wanted:
            row["bars"] = []
    assert some == whole


@given(documents())
def test_no_observation_returns_the_prior(document):
    model = compile_release(document)
    result = rank(model, read_case(case(), model)).to_dict()
    prior = dict(zip((*CONDITIONS, "other"), model.priors.by_setting["sports_clinic"], strict=True))
    assert shares(result) == pytest.approx(prior, abs=1e-6)


@given(documents(temperature=1.7), cases())
def test_shares_sum_to_one_with_other(document, data):
    result = shares(ranked(document, data))
    assert set(result) == {*CONDITIONS, "other"}
    assert sum(result.values()) == pytest.approx(1, abs=5e-6)
    assert all(0 <= share <= 1 for share in result.values())


@given(documents(temperature=1.3), cases())
def test_bars_sum_to_the_score_in_the_json_itself(document, data):
    for row in ranked(document, data)["hypotheses"]:
        assert abs(sum(bar["log_contribution"] for bar in row["bars"]) - row["score"]) <= 1e-9


@given(documents(), cases())
def test_renaming_and_reordering_conditions_permutes(document, data):
    names = {code: f"x_{code[::-1]}" for code in CONDITIONS}
    renamed = json.loads(json.dumps(document))
    for key in ("evidence", "priors"):
        for row in renamed[key]:
            row["condition"] = names[row["condition"]]
    for factor in renamed["risk_factors"]:
        for effect in factor["effects"]:
            effect["condition"] = names[effect["condition"]]
    for row in renamed["conditions"]:
        row["code"] = names[row["code"]]
    renamed["conditions"].reverse()
    before, after = shares(ranked(document, data)), shares(ranked(renamed, data))
    assert after == pytest.approx({names.get(code, code): share for code, share in before.items()}, abs=2e-6)


@given(documents(), cases(), st.sampled_from(CONDITIONS))
def test_raising_an_observed_cell_never_lowers_its_condition(document, data, code):
    """With ω held (no cluster, no hierarchy between the observations) and one present observation."""
    document["evidence"] = [row for row in document["evidence"] if row["finding"] != "squeeze"]
    data["observations"] = [o for o in data["observations"] if o["finding"] == "zone"]
    data["observations"].append({"finding": "squeeze", "level": "present", "side": None})
    before = []
    for positives in (3, 12, 19):
        with_row = document | {"evidence": [*document["evidence"], study(code, "squeeze", positives, 20)]}
        before.append(shares(ranked(with_row, data))[code])
    assert before == sorted(before)


@given(documents(), cases())
def test_equivocal_and_untested_say_nothing(document, data):
    """Observations that are not clear leave every share as it was (rules and own control aside)."""
    clear = deepcopy(data)
    clear["side"] = "left"
    clear["observations"] = [o | {"status": "observed"} for o in clear["observations"] if o["side"] is None]
    unclear = deepcopy(clear)
    seen = {o["finding"] for o in clear["observations"]}
    unclear["observations"] += [
        {"finding": name, "level": None, "status": status, "side": "left"}
        for name, status in (("ache", "equivocal"), ("burning", "not_tested"))
        if name not in seen
    ]
    assert shares(ranked(document, unclear)) == shares(ranked(document, clear))


@given(documents(), cases())
def test_scores_and_ratios_are_finite(document, data):
    for row in ranked(document, data)["hypotheses"]:
        assert abs(row["score"]) < 100
        assert all(0 < bar["likelihood_ratio"] < 1e6 for bar in row["bars"])
