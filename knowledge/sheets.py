"""The evidence table as CSV: one line for a row, read back with the validation of the content files.

A line carries the token of the row it was written from (SHA-256 of the row's plain data), so that an import
can tell what was changed here meanwhile. Texts that a spreadsheet would take for a formula get an apostrophe
in front, which reading takes off again. Format: docs/knowledge-format.md, section 13.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from knowledge.faults import ContentFaults, Fault, faults_of_validation
from knowledge.reading import LIMIT_BYTES, plain_value
from knowledge.schema import Evidence, canonical_bytes
from knowledge.schema.declared import clinic_row_flaws

COLUMNS = (
    "condition", "finding", "level", "positives", "n", "probability", "class", "counts", "weight", "source",
    "locator", "basis", "population", "reference_standard", "design", "risk_of_bias", "lr_positive",
    "lr_negative", "note", "delete", "token",
)  # fmt: skip
NUMBERS = ("positives", "n", "probability", "weight", "lr_positive", "lr_negative")
RATIOS = {"lr_positive": "positive", "lr_negative": "negative"}
LIMIT_ROWS = 50_000
LINES_PER_ROW = 4  # texts of several lines are few
LIMIT_FAULTS = 200  # more of them help nobody
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
APOSTROPHE = "'"
Plain = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of the file: the row it says, or with `delete` the row it takes out; `token` may be empty."""

    number: int
    row: Evidence
    token: str
    delete: bool


def token_of(row: Mapping[str, Any]) -> str:
    """The SHA-256 of a row's plain data: what the row says, known without a version number."""
    return hashlib.sha256(canonical_bytes(row)).hexdigest()


def sheet_text(rows: Iterable[Plain]) -> str:
    """Plain evidence rows as CSV text, quoted throughout."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row, column) for column in COLUMNS])
    return out.getvalue()


def _cell(row: Plain, column: str) -> str:
    if column == "token":
        return token_of(row)
    if column == "counts":
        return "; ".join(f"{level}: {_number(value)}" for level, value in row.get("counts", {}).items())
    value = row.get("published_lr", {}).get(RATIOS[column]) if column in RATIOS else row.get(column)
    if value is None:
        return ""
    return _shielded(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    """Every digit, so that the number comes back as it was."""
    return repr(value).removesuffix(".0")


def _shielded(text: str) -> str:
    bare = text.lstrip(APOSTROPHE)
    return APOSTROPHE + text if bare.startswith(FORMULA) else text


def _unshielded(text: str) -> str:
    bare = text.lstrip(APOSTROPHE)
    return text[1:] if text.startswith(APOSTROPHE) and bare.startswith(FORMULA) else text


def read_sheet(raw: bytes, name: str) -> list[Line]:
    """Bytes of a CSV file as lines; raises ContentFaults with line and column of every fault."""
    rows = _rows(_decoded(raw, name), name)
    header_line, header = next(rows, (1, []))
    columns = [column.strip() for column in header]
    _check_header(columns, header_line, name)
    lines: list[Line] = []
    faults: list[Fault] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) >= LIMIT_ROWS:
            raise ContentFaults([Fault(name, number, "", f"has more than {LIMIT_ROWS:,} rows", "split it")])
        found = _line(name, number, columns, cells)
        if isinstance(found, Line):
            lines.append(found)
        else:
            faults += found
        if len(faults) >= LIMIT_FAULTS:
            break
    if faults:
        raise ContentFaults(faults)
    return lines


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > LIMIT_BYTES:
        problem = f"the file has {len(raw):,} bytes, the limit is {LIMIT_BYTES:,}"
        raise ContentFaults([Fault(name, 0, "", problem, "export fewer conditions")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem, remedy = "the file is not UTF-8 text", "save it as CSV UTF-8"
        raise ContentFaults([Fault(name, line, "", problem, remedy)]) from error
    if raw.count(b"\n") > LINES_PER_ROW * LIMIT_ROWS:
        raise ContentFaults([Fault(name, 0, "", f"has more than {LIMIT_ROWS:,} rows", "split it")])
    if "\0" in text:
        raise ContentFaults([Fault(name, 0, "", "is not a text file", "save it as CSV UTF-8")])
    return text


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line number at which each row begins, and its cells; semicolons serve where the header has them."""
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=";" if first.count(";") > first.count(",") else ",",
        strict=True,
    )
    begin = 1
    try:
        for cells in reader:
            yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ContentFaults(
            [Fault(name, begin, "", f"not valid CSV: {error}", "check the quotes")]
        ) from error


def _check_header(columns: list[str], line: int, name: str) -> None:
    needed = [column for column in ("condition", "finding") if column not in columns]
    unknown = [column[:60] for column in columns if column not in COLUMNS]
    double = sorted({column for column in columns if columns.count(column) > 1})
    problems = [
        *(f"the column {column} is missing" for column in needed),
        *(f"there is no column {column!r}" for column in unknown[:5]),
        *(f"the column {column} stands twice" for column in double if column not in unknown),
    ]
    if problems:
        remedy = f"the columns are {', '.join(COLUMNS)}"
        raise ContentFaults(Fault(name, line, "", problem, remedy) for problem in problems)


def _line(name: str, number: int, columns: list[str], cells: list[str]) -> Line | list[Fault]:
    if len(cells) != len(columns):
        problem = f"has {len(cells)} cells, the header has {len(columns)}"
        return [Fault(name, number, "", problem, "check commas and quotes")]
    texts = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
    token, delete = texts.pop("token", ""), texts.pop("delete", "").casefold()
    if delete not in ("", "yes"):
        return [
            Fault(
                name, number, "delete", f"{delete[:60]!r} is neither yes nor empty", "write yes, or nothing"
            )
        ]
    if delete and not token:
        return [Fault(name, number, "token", "a row without token cannot be deleted", "export it first")]
    try:
        row = Evidence.model_validate(_plain(texts), strict=True)
    except ValidationError as error:
        return [
            Fault(name, number, _column(path), problem, remedy)
            for path, problem, remedy in faults_of_validation(error)
        ]
    except _BadCounts as error:
        return [Fault(name, number, "counts", str(error), "write level: number; level: number")]
    beyond = clinic_row_flaws(row)
    faults = [Fault(name, number, _column(flaw.path), flaw.problem, flaw.remedy) for flaw in beyond]
    return faults or Line(number, row, token, bool(delete))


def _plain(texts: Mapping[str, str]) -> Plain:
    """The cells of a line as plain data; an empty cell is a key left out."""
    plain: Plain = {}
    for column, text in texts.items():
        if not text:
            continue
        if column == "counts":
            plain["counts"] = _counts(text)
        elif column in RATIOS:
            plain.setdefault("published_lr", {})[RATIOS[column]] = plain_value(text)
        else:
            plain[column] = plain_value(text) if column in NUMBERS else _unshielded(text)
    return plain


class _BadCounts(ValueError):
    pass


def _counts(text: str) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for part in text.split(";"):
        level, colon, value = (piece.strip() for piece in part.partition(":"))
        if not colon or level in counts:
            raise _BadCounts(f"{part.strip()[:60]!r} is not a level with its number, or stands twice")
        counts[level] = plain_value(value)
    return counts


def _column(path: tuple[str | int, ...]) -> str:
    """The column of a key of the schema."""
    if path and path[0] == "published_lr":
        return next((column for column, key in RATIOS.items() if key in path), "lr_positive")
    return str(path[0]) if path else ""
