"""A table as a file that a spreadsheet opens without taking any cell for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

READ_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")


def sheet_response(name: str) -> HttpResponse:
    """An empty file of this name, to be written into."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def write_rows(response: HttpResponse, rows: Iterable[Sequence[str]]) -> int:
    """How many rows were written."""
    table = csv.writer(response)
    written = 0
    for row in rows:
        table.writerow([safe_cell(cell) for cell in row])
        written += 1
    return written


def safe_cell(text: str) -> str:
    """A spreadsheet must not take a name for a formula; a number below nothing stays a number."""
    return f"'{text}" if text.startswith(READ_AS_FORMULA) and not NUMBER.fullmatch(text) else text
