"""What a golden case names must exist. Source: docs/knowledge-format.md, section 8."""

from __future__ import annotations

from knowledge.schema.book import Book, Path, nearest
from knowledge.schema.document import GoldenCase


def check_case(book: Book, case: GoldenCase) -> None:
    book.known(case, ("source",), "source", case.source)
    for code in case.case.risk_factors:
        book.known(case, ("case", "risk_factors"), "risk factor", code)
    for index, row in enumerate(case.case.observations):
        _case_observation(book, case, index, row.finding, row.level)
    expect = case.expect
    known = {*book.codes["condition"], "other"}
    named = [
        *([("first", expect.first)] if expect.first else []),
        *(("first_three", code) for code in expect.first_three),
        *(("not_first", code) for code in expect.not_first),
    ]
    for key, code in named:
        if code not in known:
            book.flaw(
                case, ("expect", key), f"there is no condition {code}", nearest(code, known), unknown=code
            )
    for code in expect.red_flags:
        book.known(case, ("expect", "red_flags"), "rule", code)


def _case_observation(book: Book, case: GoldenCase, index: int, code: str, level: str | None) -> None:
    path: Path = ("case", "observations", index, "finding")
    if code in book.codes["contributing factor"]:
        return
    if code in book.codes["risk factor"]:
        book.flaw(case, path, f"{code} is a risk factor", "write it under case.risk_factors")
        return
    book.known_level(case, path, code, [] if level is None else [level])
