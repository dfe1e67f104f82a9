"""Reading JSON that may be wrong or hostile, as plain data, under the limits of reading.py."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from knowledge.faults import ContentFaults, Fault
from knowledge.reading import LIMIT_BYTES, LIMIT_DEPTH, LIMIT_NODES, Page

COMMAS_PER_VALUE = 4  # texts hold commas too; this many more than the limit of values are no knowledge
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_json(raw: bytes, name: str) -> Page:
    """Bytes as a Page called `name`, without lines; raises ContentFaults."""
    text = _text(raw, name)
    try:
        data = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant, parse_float=_finite)
    except _Refused as error:
        raise _refusal(name, 0, error.problem, error.remedy) from error
    except RecursionError as error:
        raise _refusal(name, 0, f"is nested deeper than {LIMIT_DEPTH}", "flatten it") from error
    except json.JSONDecodeError as error:
        problem = f"not valid JSON: {error.msg.lower()}"
        raise _refusal(name, error.lineno, problem, "check commas, brackets and quotes here") from error
    except ValueError as error:
        raise _refusal(name, 0, "holds a number that is too long", "shorten it") from error
    _check_size(data, name)
    return Page(name, data)


def _text(raw: bytes, name: str) -> str:
    if len(raw) > LIMIT_BYTES:
        raise _refusal(name, 0, f"the file has {len(raw):,} bytes, the limit is {LIMIT_BYTES:,}", "split it")
    if raw.count(b",") > COMMAS_PER_VALUE * LIMIT_NODES:
        raise _refusal(name, 0, f"holds more than {LIMIT_NODES:,} values", "split it")
    try:
        return raw.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refusal(name, line, "the file is not UTF-8 text", "save it with the encoding UTF-8") from error


class _Refused(Exception):
    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


def _refusal(name: str, line: int, problem: str, remedy: str) -> ContentFaults:
    return ContentFaults([Fault(name, line, "", problem, remedy)])


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = (
            sorted({key for key in keys if keys.count(key) > 1})[0] if len(keys) < LIMIT_DEPTH else "a key"
        )
        raise _Refused(f"the key {twice[:60]} stands twice in one place", "keep one")
    return found


def _no_constant(text: str) -> NoReturn:
    raise _Refused(f"{text} is not a number", "write a finite number, or leave the key out")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _Refused(f"{text[:60]} is not a finite number", "write a smaller number")
    return value


def _check_size(data: Any, name: str) -> None:
    """Values and depth, walked level by level: never deeper than the limit, never more than the limit."""
    level, nodes = [data], 1
    for _ in range(LIMIT_DEPTH + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        nodes += len(level)
        if nodes > LIMIT_NODES:
            raise _refusal(name, 0, f"holds more than {LIMIT_NODES:,} values", "split it")
        if not level:
            return
    raise _refusal(name, 0, f"is nested deeper than {LIMIT_DEPTH}", "flatten it")
