"""How far an own list and the differential agreed, and which had it first after proof."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.models import Membership
from tests.triage.factories import answer, make_encounter
from triage import services
from triage.agreement import (
    COMPARED_DEPTH,
    PERSISTENCE,
    First,
    agreement,
    agreement_in,
    proven_place,
    rank_biased_overlap,
)
from triage.models import OwnList

CODES = [f"c{number}" for number in range(8)]
lists = st.lists(st.sampled_from(CODES), min_size=1, max_size=5, unique=True)


def test_worked_by_hand() -> None:
    """(a, b, c) and (a, c, d): one in common at depth 1, one at 2, two at 3; p = 0.8."""
    p = 0.8
    expected = (1 - p) / p * (1 * p + 1 / 2 * p**2 + 2 / 3 * p**3) + 2 / 3 * p**3
    assert rank_biased_overlap(["a", "b", "c"], ["a", "c", "d"], p) == pytest.approx(expected)
    assert agreement(["a", "b", "c"], ["other", "a", "c", "d"]) is not None
    found = agreement(["a", "b", "c"], ["other", "a", "c", "d"])
    assert found is not None
    assert (found.same_first, found.overlap_of_three) == (True, 2)


@given(lists, lists)
def test_laws(one: list[str], other: list[str]) -> None:
    found = rank_biased_overlap(one, other)
    assert -1e-9 <= found <= 1 + 1e-9
    assert found == pytest.approx(rank_biased_overlap(other, one))
    assert rank_biased_overlap(one, one) == pytest.approx(1)
    if not set(one) & set(other):
        assert found == 0


@given(lists, st.integers(1, 4))
def test_a_list_that_stops_early_agrees_as_far_as_it_goes(one: list[str], kept: int) -> None:
    assert rank_biased_overlap(one[:kept], one) == pytest.approx(1)


def test_agreement_higher_up_weighs_more() -> None:
    top = rank_biased_overlap(["a", "x", "y"], ["a", "p", "q"])
    bottom = rank_biased_overlap(["x", "y", "a"], ["p", "q", "a"])
    assert top > bottom > 0


def test_the_first_five_places_carry_86_percent() -> None:
    """Equation 21 of the source: the weight of the first d places."""
    p, d = PERSISTENCE, COMPARED_DEPTH
    series = sum(p**i / i for i in range(1, d))
    weight = 1 - p ** (d - 1) + (1 - p) / p * d * (math.log(1 / (1 - p)) - series)
    assert weight == pytest.approx(0.86, abs=0.005)


def test_own_words_take_a_place_and_match_nothing() -> None:
    found = agreement(["", "a"], ["a", "b"])
    assert found is not None
    assert (found.same_first, found.overlap_of_three) == (False, 1)
    assert rank_biased_overlap([""], ["", "a"]) == 0


def test_empty_lists_are_not_compared() -> None:
    assert agreement([], ["a"]) is None
    assert agreement(["a"], ["other"]) is None
    with pytest.raises(ValueError, match="empty"):
        rank_biased_overlap([], ["a"])


@pytest.mark.parametrize(
    ("own", "engine", "first"),
    [
        (["a", "b"], ["b", "a"], First.OWN),
        (["b", "a"], ["a", "b"], First.ENGINE),
        (["a"], ["other", "a"], First.BOTH),
        (["a"], ["b"], First.OWN),
        (["b"], ["a"], First.ENGINE),
        (["b"], ["c"], First.NEITHER),
    ],
)
def test_which_had_it_first(own: list[str], engine: list[str], first: First) -> None:
    assert proven_place("a", own, engine).first == first


def write(owner: Membership, *codes: str) -> OwnList:
    owner.own_list_first = True
    encounter = make_encounter(owner)
    answer(encounter, owner, "tender", "present", "left")  # speaks for b
    entries = [{"condition": code, "text": code or "Gout"} for code in codes]
    return services.record_own_list(encounter=encounter, member=owner, entries=entries)


def prove(row: OwnList, owner: Membership, **values: Any) -> None:
    given = {"condition_code": "b", "grade": "imaging", "proven_on": dt.date(2999, 1, 1)}
    services.record_diagnosis(episode=row.encounter.episode, member=owner, **(given | values))


def test_a_clinics_lists_are_counted(owner: Membership, stranger: Membership) -> None:
    write(owner)
    prove(write(owner, "a", "b"), owner)
    prove(write(owner, "b"), owner)
    prove(write(owner, "a"), owner, condition_code="a")
    prove(write(owner, ""), owner, condition_code="", text="Gout")
    prove(write(owner, "b"), owner, grade="judgement")
    found = agreement_in(owner.clinic_id)
    assert (found.lists, found.without, found.compared, found.same_first) == (5, 1, 5, 2)
    assert (found.proven, found.not_in_knowledge) == (3, 1)
    assert (found.own_first, found.engine_first, found.same_place, found.neither) == (1, 1, 1, 0)
    assert (found.own_in_first_place, found.engine_in_first_place) == (2, 2)
    assert found.mean_overlap_of_three == pytest.approx((2 + 1 + 1 + 0 + 1) / 5)
    assert found.mean_rank_biased_overlap is not None
    assert agreement_in(owner.clinic_id, user_id=stranger.user_id).lists == 0
    empty = agreement_in(stranger.clinic_id)
    assert (empty.lists, empty.mean_rank_biased_overlap) == (0, None)


def test_what_was_known_before_the_list_proves_nothing(owner: Membership) -> None:
    row = write(owner, "b")
    prove(row, owner, proven_on=dt.date(2020, 1, 1))
    assert agreement_in(owner.clinic_id).proven == 0


def test_two_queries(owner: Membership, django_assert_num_queries: Any) -> None:
    prove(write(owner, "b"), owner)
    with django_assert_num_queries(2):
        agreement_in(owner.clinic_id)
