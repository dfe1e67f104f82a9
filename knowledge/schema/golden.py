"""What a golden case names must exist. Source: docs/knowledge-format.md, section 8."""

from __future__ import annotations

from knowledge.schema.book import Book, Path, nearest
from knowledge.schema.document import GoldenCase, Shown


def check_case(book: Book, case: GoldenCase) -> None:
    book.known(case, ("source",), "source", case.source)
    for code in case.case.risk_factors:
        book.known(case, ("case", "risk_factors"), "risk factor", code)
    for index, row in enumerate(case.case.observations):
        _case_observation(book, case, index, row.finding, row.level)
    _expected(book, case, case.expect, ("expect",))
    for stage, shown in case.expect.after.items():
        _expected(book, case, shown, ("expect", "after", stage))


def _expected(book: Book, case: GoldenCase, shown: Shown, path: Path) -> None:
    known = {*book.codes["condition"], "other"}
    named = [
        *([("first", shown.first)] if shown.first else []),
        *(("first_three", code) for code in shown.first_three),
        *(("not_first", code) for code in shown.not_first),
        *(("not_below", code) for code in shown.not_below),
        *(("cant_miss", code) for code in shown.cant_miss),
    ]
    for key, code in named:
        if code not in known:
            book.flaw(case, (*path, key), f"there is no condition {code}", nearest(code, known), unknown=code)
    for code in shown.red_flags:
        book.known(case, (*path, "red_flags"), "rule", code)


def _case_observation(book: Book, case: GoldenCase, index: int, code: str, level: str | None) -> None:
    path: Path = ("case", "observations", index, "finding")
    if code in book.codes["contributing factor"]:
        return
    if code in book.codes["risk factor"]:
        book.flaw(case, path, f"{code} is a risk factor", "write it under case.risk_factors")
        return
    book.known_level(case, path, code, [] if level is None else [level])
