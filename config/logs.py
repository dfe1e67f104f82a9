"""Log lines: what happened, when and to which id; never a value from a row, a form or an address.

Production writes one JSON object per line, development a line to read. Both carry the request they belong to.
What other packages want to say may hold a path, a query or a row ("Key (email)=(…)"), so in production only
the wording of their message is kept, without what they fill in, and of an exception only its kind and places.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.http import HttpRequest

OURS = ("config", "clinics", "knowledge", "triage", "tinel")
FACTS = ("route", "method", "status", "ms", "directive", "blocked")  # what `extra` may add to a line
CHAIN_MAX = 5  # exceptions that led to one another, written down at most

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def request_being_answered(request: HttpRequest) -> Iterator[str]:
    """Everything logged inside carries the request's id, which nobody outside can choose."""
    request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    token = _request.set(request)
    try:
        yield request.request_id  # type: ignore[attr-defined]
    finally:
        _request.reset(token)


def current_request_id() -> str:
    return getattr(_request.get(), "request_id", "")


def ids_of(request: HttpRequest | None) -> dict[str, str]:
    """Request, user and clinic, as far as they are known already: logging asks the database nothing."""
    user = getattr(request, "_cached_user", None)
    membership = getattr(request, "membership", None)
    found = {
        "request_id": getattr(request, "request_id", None),
        "user_id": getattr(user, "pk", None),
        "clinic_id": getattr(membership, "clinic_id", None),
    }
    return {name: str(value) for name, value in found.items() if value}


class JsonFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **ids_of(_request.get()),
        }
        line |= {name: getattr(record, name) for name in FACTS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line["exceptions"] = [_described(error) for error in _chain(record.exc_info[1])]
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


class LineFormatter(logging.Formatter):
    """For development, where all patients are invented: with whole messages and traces."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        facts = [str(getattr(record, name)) for name in FACTS if hasattr(record, name)]
        return " ".join([super().format(record), *facts])


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    if record.name == "django.request":  # would name the address
        return f"answered with {getattr(record, 'status_code', 'a failure')}"
    if record.name.startswith("django.security"):  # the exception's own text, without any wording
        return record.name.rpartition(".")[2]
    return str(record.msg) if isinstance(record.msg, str) else type(record.msg).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, last first."""
    found: BaseException | None = error
    for _ in range(CHAIN_MAX):
        if found is None:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _described(error: BaseException) -> dict[str, Any]:
    """Kind and places; of a database error also its code and the names of table and constraint."""
    frames = traceback.extract_tb(error.__traceback__)
    described: dict[str, Any] = {
        "kind": f"{type(error).__module__}.{type(error).__qualname__}",
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, psycopg.Error):
        named = {
            "sqlstate": error.sqlstate,
            "table": error.diag.table_name,
            "constraint": error.diag.constraint_name,
        }
        described |= {name: value for name, value in named.items() if value}
    return described
