"""A table that a page shows and a file holds: each cell says what is read and what is counted with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from triage.evaluation import Proportion

UNDER_FIVE = "under five"
FEWEST = 5  # a smaller count might be somebody, and says little about anybody
NONE = "–"
SHOWN = 8  # rows of a long table that a page shows at once


@dataclass(frozen=True)
class Strip:
    """A line across a scale from 0 to 100: the band, the point, and a mark to hold it against."""

    low: float
    high: float
    point: float
    mark: float | None = None

    @property
    def width(self) -> float:
        return round(max(self.high - self.low, 0.5), 2)

    @property
    def svg(self) -> SafeString:
        """Numbers alone, so nothing to escape."""
        mark = "" if self.mark is None else _across("strip-mark", self.mark)
        return mark_safe(  # noqa: S308 - numbers
            '<svg class="strip" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="strip-scale" width="100" height="8"/>'
            f'<rect class="strip-band" x="{self.low}" width="{self.width}" height="8"/>'
            f"{mark}{_across('strip-point', self.point)}</svg>"
        )


def _start(column: Column) -> str:
    """The opening tag of a cell that is not the first; narrow screens show its column's title."""
    kind = ' class="number-cell"' if column.number else ""
    return f'<td data-label="{escape(column.title)}"{kind}>'


def _line(row: Sequence[Cell], starts: Sequence[str]) -> str:
    cells = (
        f"{start}{escape(cell.shown)}{cell.strip.svg if cell.strip else ''}</td>"
        for start, cell in zip(starts, row[1:], strict=True)
    )
    return f'<tr><th scope="row">{escape(row[0].shown)}</th>{"".join(cells)}</tr>'


def _across(name: str, x: float) -> str:
    return f'<line class="{name}" x1="{x}" x2="{x}" y2="8"/>'


@dataclass(frozen=True)
class Cell:
    """`shown` on the page; `values` in the file, as many as its column has names."""

    shown: str
    values: tuple[Any, ...]
    strip: Strip | None = None


@dataclass(frozen=True)
class Column:
    title: str
    names: tuple[str, ...]
    number: bool = True


@dataclass(frozen=True)
class Sheet:
    """`code` is its name in addresses and files; the first column heads the rows."""

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "Nothing to count yet."

    @property
    def body(self) -> SafeString:
        """The rows of the page's table. Put together here: a large clinic's page has a thousand cells."""
        starts = [_start(column) for column in self.columns[1:]]
        return mark_safe("".join(_line(row, starts) for row in self.rows))  # noqa: S308 - escaped part by part

    @property
    def first_rows(self) -> Sheet:
        """The rows that a page shows at once."""
        return replace(self, rows=self.rows[:SHOWN])

    @property
    def further_rows(self) -> Sheet:
        """The rows that it unfolds."""
        return replace(self, title=f"{self.title}, further rows", rows=self.rows[SHOWN:])

    def file_rows(self) -> list[list[str]]:
        """The heading and the rows of the file, every cell as text."""
        heading = [name for column in self.columns for name in column.names]
        return [heading, *([plain(value) for cell in row for value in cell.values] for row in self.rows)]


def plain(value: Any) -> str:
    """A value as the file holds it; nothing for what is not known."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def text(shown: str) -> Cell:
    return Cell(shown, (shown,))


def count(number: int) -> Cell:
    return Cell(str(number), (number,))


def few(number: int) -> Cell:
    """A count of people; from one to four it is not told."""
    return text(UNDER_FIVE) if 0 < number < FEWEST else count(number)


def figure(value: float | None, decimals: int = 2) -> Cell:
    return Cell(NONE if value is None else f"{value:.{decimals}f}", (value,))


def nothing(column: Column, shown: str = NONE) -> Cell:
    """A cell of which nothing is told, `shown` says why."""
    return Cell(shown, (None,) * len(column.names))


def share_names(name: str) -> tuple[str, ...]:
    """Names of the columns of a share in a file."""
    return (name, f"{name}_of", f"{name}_share", f"{name}_low", f"{name}_high")


def share(part: Proportion, *, mark: float | None = None) -> Cell:
    """Count, share and band; `mark` is what the share is held against in the picture."""
    if part.share is None or part.low is None or part.high is None:
        return Cell(NONE, (part.count, part.total, None, None, None))
    shown = f"{part.count} of {part.total} · {100 * part.share:.0f} % ({band_words(part)})"
    low, high, point = (round(100 * at, 2) for at in (part.low, part.high, part.share))
    strip = Strip(low, high, point, mark=None if mark is None else round(100 * mark, 2))
    return Cell(shown, (part.count, part.total, part.share, part.low, part.high), strip)


def guarded_share(part: Proportion, *, mark: float | None = None) -> Cell:
    """The same where either side of the share might be somebody: from one to four, no number is told."""
    if 0 < part.count < FEWEST or 0 < part.total - part.count < FEWEST:
        said = UNDER_FIVE if part.count < FEWEST else f"all but {UNDER_FIVE}"
        return Cell(f"{said} of {part.total}", (said, part.total, None, None, None))
    return share(part, mark=mark)


def band_words(part: Proportion) -> str:
    return f"{100 * (part.low or 0):.0f}–{100 * (part.high or 0):.0f} %"
