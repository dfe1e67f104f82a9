"""Data -> PDF. Text of the record enters as JSON and is never read as markup (docs/decisions/0011-pdf.md)."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).parent
KEPT_SIGNS = "\n\t"
# Turns of the writing direction that somebody typed: on paper they would let a text read as another one.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plan_pdf(data: Mapping[str, Any], *, at: dt.datetime) -> bytes:
    return _compiled("plan.typ", data, at)


def letter_pdf(data: Mapping[str, Any], *, at: dt.datetime) -> bytes:
    return _compiled("letter.typ", data, at)


def _compiled(template: str, data: Mapping[str, Any], at: dt.datetime) -> bytes:
    """Fonts come with the compiler, nothing of the machine is read: the same data give the same bytes."""
    made: bytes = typst.compile(
        _source(template),
        format="pdf",
        ignore_system_fonts=True,
        font_paths=[],
        sys_inputs={"data": json.dumps(printable(data), ensure_ascii=False)},
        timestamp=int(at.timestamp()),
    )
    return made


@lru_cache(maxsize=4)
def _source(template: str) -> bytes:
    """One text: the parts that both papers share, then the paper."""
    return b"\n".join((FOLDER / name).read_bytes() for name in ("paper.typ", template))


def printable(value: Any) -> Any:
    """The same data without signs that paper cannot hold."""
    if isinstance(value, str):
        return "".join(sign for sign in value if _stays(sign))
    if isinstance(value, Mapping):
        return {key: printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable(inner) for inner in value]
    return value


def _stays(sign: str) -> bool:
    return sign in KEPT_SIGNS or (unicodedata.category(sign) not in ("Cc", "Cs") and sign not in TURNS)
