"""How far a clinician's own list and the differential agreed, and after proof which of them had it first.

Lists are codes of conditions, best first. What a clinician wrote that the knowledge does not have is an empty
code: it takes its place and matches nothing. "Something else" stands in neither list.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from django.utils import timezone

from triage.models import Diagnosis, OwnList
from triage.models.diagnoses import PROVING

OTHER = "other"
OWN_MOST = 5  # conditions of an own list
ENGINE_KEPT = 10  # conditions of the differential that are kept beside it
OVERLAP_DEPTH = 3
COMPARED_DEPTH = 5
# Rank-biased overlap (Webber, Moffat and Zobel 2010, doi 10.1145/1852102.1852106) weighs depth d by p to the
# d. With 0.8 the first five places carry 86 % of the weight, as the first ten do with the 0.9 of its authors.
PERSISTENCE = 0.8


@dataclass(frozen=True, slots=True)
class Agreement:
    """Between an own list and the differential at the moment it was shown."""

    same_first: bool
    overlap_of_three: int  # conditions in the first three of both
    rank_biased_overlap: float  # 0 (nothing in common) to 1 (the same)


class First(enum.StrEnum):
    """Which list had the proven condition in the better place."""

    OWN = "own"
    ENGINE = "engine"
    BOTH = "both"  # in the same place
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Proven:
    """One own list whose complaint is proven: places from 1, None where the list does not have it."""

    condition: str
    own_place: int | None
    engine_place: int | None

    @property
    def first(self) -> First:
        if self.own_place == self.engine_place:
            return First.BOTH if self.own_place else First.NEITHER
        if self.engine_place is None or (self.own_place is not None and self.own_place < self.engine_place):
            return First.OWN
        return First.ENGINE


@dataclass(frozen=True, slots=True)
class ClinicAgreement:
    """Counts over a clinic's own lists; means are None where there is nothing to count.

    `lists`: own lists written before the differential was shown; `without`: shown without one; `compared`:
    lists with a differential beside them. `proven`: lists whose complaint was proven later to be a condition
    of the knowledge, and by whom it was had first; `not_in_knowledge`: proven to be something else.
    """

    lists: int
    without: int
    compared: int
    same_first: int
    mean_overlap_of_three: float | None
    mean_rank_biased_overlap: float | None
    proven: int
    own_first: int
    engine_first: int
    same_place: int
    neither: int
    own_in_first_place: int
    engine_in_first_place: int
    not_in_knowledge: int


def agreement(own: Sequence[str], engine: Sequence[str]) -> Agreement | None:
    """None where one of the lists is empty."""
    theirs = [code for code in engine if code != OTHER]
    if not own or not theirs:
        return None
    first_three = {code for code in own[:OVERLAP_DEPTH] if code}
    return Agreement(
        same_first=own[0] == theirs[0],
        overlap_of_three=len(first_three & set(theirs[:OVERLAP_DEPTH])),
        rank_biased_overlap=rank_biased_overlap(own, theirs[:COMPARED_DEPTH]),
    )


def rank_biased_overlap(
    mine: Sequence[str], theirs: Sequence[str], persistence: float = PERSISTENCE
) -> float:
    """Extrapolated rank-biased overlap of two lists of different lengths (equation 32 of the source).

    Neither list names a code twice; empty codes match nothing. Error: ValueError when a list is empty.
    """
    short, long = sorted((mine, theirs), key=len)
    if not short:
        raise ValueError("an empty list has no overlap")
    s, l, p = len(short), len(long), persistence  # noqa: E741 - the letters of the source
    overlap = [_overlap(short, long, depth) for depth in range(l + 1)]
    seen = sum(overlap[d] / d * p**d for d in range(1, l + 1))
    beyond = sum(overlap[s] * (d - s) / (s * d) * p**d for d in range(s + 1, l + 1))
    rest = ((overlap[l] - overlap[s]) / l + overlap[s] / s) * p**l
    return (1 - p) / p * (seen + beyond) + rest


def _overlap(one: Sequence[str], other: Sequence[str], depth: int) -> int:
    return len({code for code in one[:depth] if code} & {code for code in other[:depth] if code})


def proven_place(condition: str, own: Sequence[str], engine: Sequence[str]) -> Proven:
    """Where both lists had what the complaint proved to be."""
    return Proven(
        condition, _place(condition, own), _place(condition, [code for code in engine if code != OTHER])
    )


def _place(condition: str, codes: Sequence[str]) -> int | None:
    return codes.index(condition) + 1 if condition in codes else None


def agreement_in(clinic_id: uuid.UUID, *, user_id: uuid.UUID | None = None) -> ClinicAgreement:
    """All own lists of a clinic, or those of one of its members. Two queries.

    A list counts as proven when the newest diagnosis of its complaint is proven, and was recorded after the
    list was written and known no earlier than that day.
    """
    rows = OwnList.objects.filter(clinic_id=clinic_id).select_related("encounter")
    lists = list(rows if user_id is None else rows.filter(by_id=user_id))
    written = [row for row in lists if row.entries]
    compared = [row for row in written if row.rank_biased_overlap is not None]
    diagnoses = _diagnoses(clinic_id)
    known = [
        (row, found)
        for row in written
        if (found := diagnoses.get(row.encounter.episode_id)) and _was_blind(row, found)
    ]
    proven = [
        proven_place(found.condition_code, row.codes, row.engine)
        for row, found in known
        if found.condition_code
    ]
    firsts = [row.first for row in proven]
    return ClinicAgreement(
        lists=len(written),
        without=len(lists) - len(written),
        compared=len(compared),
        same_first=sum(bool(row.same_first) for row in compared),
        mean_overlap_of_three=_mean([row.overlap_of_three for row in compared]),
        mean_rank_biased_overlap=_mean([row.rank_biased_overlap for row in compared]),
        proven=len(proven),
        own_first=firsts.count(First.OWN),
        engine_first=firsts.count(First.ENGINE),
        same_place=firsts.count(First.BOTH),
        neither=firsts.count(First.NEITHER),
        own_in_first_place=sum(row.own_place == 1 for row in proven),
        engine_in_first_place=sum(row.engine_place == 1 for row in proven),
        not_in_knowledge=len(known) - len(proven),
    )


def _diagnoses(clinic_id: uuid.UUID) -> dict[uuid.UUID, Diagnosis]:
    """The newest of each episode, where it is proven."""
    newest = Diagnosis.objects.filter(clinic_id=clinic_id).current()
    return {row.episode_id: row for row in newest if row.grade in PROVING}


def _was_blind(row: OwnList, found: Diagnosis) -> bool:
    return row.created_at < found.created_at and timezone.localdate(row.created_at) <= found.proven_on


def _mean(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return fmean(given) if given else None
