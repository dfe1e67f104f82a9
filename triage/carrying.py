"""What the earlier visits of a complaint still say at this one (docs/following.md).

An answer of a signed visit stands until the question is asked again. It is no observation of this visit:
nothing is written, and the case file names the day on which it was given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from knowledge.catalogue import catalogue
from triage.models import Encounter, Observation
from triage.moving import Reason, Said, moved_answers, successor

NOT_TESTED = Observation.Status.NOT_TESTED
BOTH = Observation.Side.BOTH
ONE_SIDE = (Observation.Side.LEFT, Observation.Side.RIGHT)
EVERY_SIDE = ("", *ONE_SIDE)


@dataclass(frozen=True, slots=True)
class Carried:
    """One earlier answer in the words of this visit's release; `level_code` is empty when equivocal."""

    finding_code: str
    level_code: str
    status: str
    side: str
    stage: str
    seen_on: dt.date  # local day of the visit at which it was given
    performed_at: dt.datetime

    @property
    def answer(self) -> tuple[str, str]:
        return self.status, self.level_code

    @property
    def version(self) -> int:
        """There is no row of this visit."""
        return 0


@dataclass(frozen=True, slots=True)
class Lost:
    """An earlier answer for which this visit's release has no words: it has to be asked again."""

    finding_code: str
    level_code: str
    side: str
    seen_on: dt.date


@dataclass(frozen=True, slots=True)
class Earlier:
    """What stands from earlier visits, in the order of finding code and side, and what could not be taken
    over.
    """

    stands: tuple[Carried, ...] = ()
    lost: tuple[Lost, ...] = ()


def earlier_answers(encounter: Encounter, today: Iterable[Observation], *, release: str) -> Earlier:
    """What is carried into a visit at which `today` is answered so far, in the words of the release with the
    hash `release`. "Not tested" today leaves the earlier answer standing; an answer of today that could not
    follow to another release does not: it is asked again.

    Queries: none at a first visit, otherwise one, whose rows stay with `encounter`.
    """
    if encounter.previous_id is None:
        return Earlier()
    covered = _Covered()
    for row in today:
        if row.status != NOT_TESTED:
            covered.take(row.finding_code, row.side)
    for entry in encounter.withheld:
        code = successor(entry["to_finding"], catalogue(release)) or entry["finding"]
        for side in EVERY_SIDE if entry["reason"] == Reason.SIDE else (entry["side"],):
            covered.take(code, side)
    stands: list[Carried] = []
    lost: list[Lost] = []
    for row in encounter.earlier_rows:
        found = _in_words_of(release, row)
        code = found[0] if found else row.finding_code
        for side in covered.take(code, row.side):
            if found:
                stands.append(_carried(row, *found, side))
            else:
                lost.append(Lost(code, row.level_code, side, row.seen_on))
    return Earlier(tuple(sorted(stands, key=_place)), tuple(sorted(lost, key=_place)))


class _Covered:
    """Which sides of which finding somebody newer has answered. "both" speaks for either side."""

    def __init__(self) -> None:
        self._sides: dict[str, set[str]] = {}

    def take(self, finding: str, side: str) -> tuple[str, ...]:
        """The sides for which an answer is the newest; they count as answered from now on."""
        covered = self._sides.setdefault(finding, set())
        wanted = ONE_SIDE if side == BOTH else (side,)
        free = tuple(one for one in wanted if one not in covered)
        covered.update(free)
        return (side,) if free == wanted else free


def _in_words_of(release: str, row: Observation) -> tuple[str, str] | None:
    """Code of finding and level as the release has them; None where it names no successor."""
    return _words(release, Said(row.finding_code, row.side, row.status, row.level_code))


@lru_cache(maxsize=4096)
def _words(release: str, said: Said) -> tuple[str, str] | None:
    """A release never changes, so neither does this."""
    (moved,) = moved_answers([said], to_sha256=release)
    return None if moved.reason else (moved.finding, moved.level)


def _carried(row: Observation, code: str, level: str, side: str) -> Carried:
    return Carried(code, level, row.status, side, row.stage, row.seen_on, row.performed_at)


def _place(row: Carried | Lost) -> tuple[str, str]:
    return row.finding_code, row.side
