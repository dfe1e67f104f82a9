"""Calibration as tables and as a picture: what was claimed across, what proved right upwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from triage.evaluation import Bin, Slope
from triage.evaluation.reliability import ENOUGH
from triage.figures.calibration import FIRST, LAST, Calibration, Moment
from triage.presentation import words
from triage.presentation.sheets import Cell, Column, Sheet, count, figure, nothing, share, share_names, text

MOMENTS = {FIRST: "First signed visit", LAST: "Last visit before the proof"}
EVERY_RELEASE = "all releases"
NOT_ENOUGH = "not enough yet"
SIZE, MARGIN = 330, 50

SAID = Column("Said", ("said_from", "said_to"), number=False)
CASES = Column("Cases", ("cases",))
CLAIMED = Column("Mean said", ("claimed_mean",))
RIGHT = Column("Proved right", share_names("right"))
VISIT = Column("Visit", ("visit",), number=False)
RELEASE = Column("Release", ("release", "release_sha256"), number=False)
EXCLUDED = Column("Truth given under 2 %", share_names("excluded"))
SLOPE = Column("Slope", ("slope", "slope_low", "slope_high"))
LOG_SCORE = Column("Log score", ("log_score",))
BRIER = Column("Brier", ("brier",))


@dataclass(frozen=True)
class Dot:
    """A bin with enough cases; places in the units of the view box."""

    x: float
    y: float
    low_y: float
    high_y: float
    words: str


@dataclass(frozen=True)
class Diagram:
    dots: tuple[Dot, ...]
    size: int = SIZE
    least: int = MARGIN
    most: int = SIZE - 8
    top: int = 8
    bottom: int = SIZE - MARGIN

    @property
    def ticks(self) -> list[tuple[float, float, str]]:
        """Place across, place upwards and words of 0, 50 and 100 %."""
        return [(_across(at), _up(at), f"{at:.0%}".replace("%", " %")) for at in (0.0, 0.5, 1.0)]


@dataclass(frozen=True)
class MomentView:
    """What the page shows of one moment."""

    code: str
    title: str
    cases: int
    missing: int  # cases that are wanting for anything to be said
    sheet: Sheet
    diagram: Diagram


def moment_view(code: str, moment: Moment) -> MomentView:
    total = moment.total
    sheet = Sheet(f"calibration-{code}", MOMENTS[code], (SAID, CASES, CLAIMED, RIGHT), tuple(_bins(total)))
    missing = max(ENOUGH - total.cases, 0)
    return MomentView(code, MOMENTS[code], total.cases, missing, sheet, diagram(total.bins))


def releases_sheet(
    moments: Mapping[str, Moment], numbers: Mapping[str, int], *, whole: bool = False
) -> Sheet:
    """A line for each moment over all releases – where there is but one, only with `whole` – then one for
    each release; `numbers` by hash.
    """
    columns = (VISIT, RELEASE, CASES, RIGHT, CLAIMED, LOG_SCORE, BRIER, EXCLUDED, SLOPE)
    rows = [
        (text(MOMENTS[code]), _release(sha, numbers), *_measures(fared))
        for code, moment in moments.items()
        for sha, fared in _by_release(moment, numbers)
        if sha or whole or len(moment.releases) != 1
    ]
    return Sheet("releases", "By release", columns, tuple(rows))


def calibration_sheet(moments: Mapping[str, Moment], numbers: Mapping[str, int]) -> Sheet:
    """Every bin of every moment and release, for the file."""
    columns = (VISIT, RELEASE, SAID, CASES, CLAIMED, RIGHT)
    rows = [
        (text(MOMENTS[code]), _release(sha, numbers), *cells)
        for code, moment in moments.items()
        for sha, fared in _by_release(moment, numbers)
        for cells in _bins(fared)
    ]
    return Sheet("calibration", "Calibration", columns, tuple(rows))


def _by_release(moment: Moment, numbers: Mapping[str, int]) -> Iterator[tuple[str, Calibration]]:
    """All releases, then each, the newest first."""
    yield "", moment.total
    newest_first = sorted(moment.releases, key=lambda sha: (-numbers.get(sha, 0), sha))
    yield from ((sha, moment.releases[sha]) for sha in newest_first)


def _release(sha: str, numbers: Mapping[str, int]) -> Cell:
    if not sha:
        return Cell(EVERY_RELEASE, (EVERY_RELEASE, ""))
    name = f"release {numbers[sha]}" if sha in numbers else sha[:12]
    return Cell(name, (name, sha))


def _measures(fared: Calibration) -> tuple[Cell, ...]:
    """Cases, right, claimed, log score, Brier, exclusion errors, slope; nothing below ENOUGH cases."""
    if fared.cases < ENOUGH:
        told = (RIGHT, CLAIMED, LOG_SCORE, BRIER, EXCLUDED, SLOPE)
        return (count(fared.cases), nothing(RIGHT, NOT_ENOUGH), *(nothing(column) for column in told[1:]))
    return (
        count(fared.cases),
        share(fared.right),
        _percent(fared.claimed),
        figure(fared.log_score),
        figure(fared.brier),
        share(fared.excluded),
        _slope(fared.slope),
    )


def _bins(fared: Calibration) -> Iterator[tuple[Cell, ...]]:
    for row in fared.bins:
        said = Cell(f"{100 * row.low:.0f}–{100 * row.high:.0f} %", (row.low, row.high))
        if row.too_few:
            yield said, count(row.right.total), nothing(CLAIMED), nothing(RIGHT, NOT_ENOUGH)
        else:
            yield said, count(row.right.total), _percent(row.claimed), share(row.right, mark=row.claimed)


def _percent(value: float | None) -> Cell:
    return figure(None) if value is None else Cell(words.percent(value), (value,))


def _slope(slope: Slope | None) -> Cell:
    if slope is None:
        return nothing(SLOPE, NOT_ENOUGH)
    shown = f"{slope.slope:.2f} ({slope.low:.2f}–{slope.high:.2f})"
    return Cell(shown, (slope.slope, slope.low, slope.high))


def slope_words(slope: Slope | None) -> str:
    """What the slope says; empty where there is none."""
    if slope is None:
        return ""
    if slope.low <= 1 <= slope.high:
        return "about as sure as it should be: the interval holds 1"
    return (
        "too sure: its shares lie too far out" if slope.high < 1 else "too timid: its shares could go further"
    )


def diagram(bins: tuple[Bin, ...]) -> Diagram:
    return Diagram(tuple(_dot(row) for row in bins if not row.too_few))


def _dot(row: Bin) -> Dot:
    claimed, right = row.claimed or 0.0, row.right
    said = f"Said {words.percent(claimed)}, proved right {words.percent(right.share or 0)}"
    return Dot(
        x=_across(claimed),
        y=_up(right.share or 0),
        low_y=_up(right.low or 0),
        high_y=_up(right.high or 0),
        words=f"{said} ({right.count} of {right.total})",
    )


def _across(share_claimed: float) -> float:
    return round(MARGIN + share_claimed * (SIZE - 8 - MARGIN), 1)


def _up(share_right: float) -> float:
    return round(SIZE - MARGIN - share_right * (SIZE - MARGIN - 8), 1)
