"""How long a session has lasted and when its person last did something: three facts kept in the session.

It locks after fifteen minutes without anything done and ends twelve hours after the sign-in. Only what a
person does counts, and is written down once a minute at most; a page that asks by itself changes nothing.
"""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest

LOCKS_AFTER = 15 * 60
ENDS_AFTER = 12 * 60 * 60
WRITTEN_EVERY = 60
CLOCK = "clock"  # key in the session: seconds since 1970 of the sign-in, the last act, the lock (or 0)


def start(request: HttpRequest) -> None:
    now = time.time()
    request.session[CLOCK] = {"began": now, "seen": now, "locked": 0}


def read(request: HttpRequest) -> dict[str, Any]:
    """A session from before there were clocks starts now."""
    if CLOCK not in request.session:
        start(request)
    clock: dict[str, Any] = request.session[CLOCK]
    return clock


def is_over(request: HttpRequest) -> bool:
    return bool(time.time() - read(request)["began"] > ENDS_AFTER)


def is_locked(request: HttpRequest) -> bool:
    return seconds_left(request) <= 0


def seconds_left(request: HttpRequest) -> int:
    clock = read(request)
    return 0 if clock["locked"] else int(clock["seen"] + LOCKS_AFTER - time.time())


def lock(request: HttpRequest) -> None:
    if not read(request)["locked"]:
        _write(request, locked=time.time())


def unlock(request: HttpRequest) -> None:
    _write(request, locked=0, seen=time.time())


def touch(request: HttpRequest) -> None:
    if time.time() - read(request)["seen"] >= WRITTEN_EVERY:
        _write(request, seen=time.time())


def _write(request: HttpRequest, **facts: float) -> None:
    request.session[CLOCK] = {**read(request), **facts}
