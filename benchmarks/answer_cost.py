"""What one answer costs – saved, ranked, rendered – beside a bare view that inserts one row.

An answer of a first visit and one of a follow-up, into which answers of the visit before are carried. All go
through the whole WSGI handler: sessions, sign-in, CSRF, transaction, clinic. Every request commits.
They take turns, so that whatever else the machine does meets all alike; beside the clock stands the
processor time of both sides, this process and the database's, which other work on the machine moves less.
The parts are timed in rounds of their own, because a clock costs something too.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client, override_settings
from django.urls import reverse

from benchmarks.database import member_of, own_database
from clinics.acting import acting_in
from clinics.models import Membership
from triage.demo import seeding
from triage.models import Encounter

WARM_UP = 20
ROUNDS, ROUNDS_OF_PARTS = 300, 100
VISITS = {"first visit": "Sørensen", "follow-up": "Okafor"}
BARE = "bare view, one insert"
FINDING, LEVELS = "quality_ache", ("present", "absent")
PARTS = {
    "save": "triage.views.observations.record_observation",
    "rank": "triage.views.differential.rank_encounter",
    "arrange": "triage.views.differential.build_panel",
    "render": "triage.views.observations.render",
}
Figures = dict[str, Any]


def processor_seconds() -> float:
    """Of this process and, where Linux tells, of the database's processes that serve it."""
    return time.process_time() + sum(_nanoseconds(pid) for pid in _served_by) / 1e9


def find_server_processes() -> None:
    """The pool of connections must be open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
        )
        _served_by[:] = [pid for (pid,) in cursor.fetchall() if _nanoseconds(pid)]
    connection.close()


def _nanoseconds(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return 0


_served_by: list[int] = []


class Caller:
    """A signed-in browser reduced to its requests, so that the test client's own work is not measured."""

    def __init__(self, member: Membership) -> None:
        client = Client()
        client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        self.token = _get_new_csrf_string()
        cookies = {
            settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
            settings.CSRF_COOKIE_NAME: self.token,
        }
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.handler = WSGIHandler()
        self.processor = 0.0

    def get(self, path: str) -> float:
        """The whole page, in milliseconds to the last byte."""
        environ = self._environ(path, b"") | {"REQUEST_METHOD": "GET"}
        environ.pop("HTTP_HX_REQUEST")
        return self._answered(path, environ)

    def post(self, path: str, data: dict[str, Any]) -> float:
        """Milliseconds from the request to the last byte of its answer; `processor` has those worked."""
        return self._answered(path, self._environ(path, urlencode(data).encode()))

    def _answered(self, path: str, environ: dict[str, Any]) -> float:
        status: list[str] = []
        worked, began = processor_seconds(), time.perf_counter()
        start: Any = lambda line, headers: status.append(line)  # noqa: E731
        response = self.handler(environ, start)
        size = sum(len(part) for part in response)
        response.close()
        took = (time.perf_counter() - began) * 1000
        self.processor = (processor_seconds() - worked) * 1000
        if not status[0].startswith(str(HTTPStatus.OK.value)) or not size:
            raise RuntimeError(f"{path} answered {status[0]}")
        return took

    def _environ(self, path: str, body: bytes) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self.cookie,
            "HTTP_X_CSRFTOKEN": self.token,
            "HTTP_HX_REQUEST": "true",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


class Answers:
    """One finding answered with yes and no in turn, each time with the version that the page would show."""

    def __init__(self, caller: Caller, encounter: Encounter) -> None:
        self.caller = caller
        self.encounter = encounter
        self.side = encounter.episode.side
        self.path = reverse("triage:observation-set", args=[encounter.pk])

    def give(self) -> float:
        with acting_in(self.encounter.clinic_id):
            row = self.encounter.observations.filter(finding_code=FINDING, side=self.side).first()
        level = LEVELS[bool(row and row.level_code == LEVELS[0])]
        name = f"{FINDING}:{self.side}"
        return self.caller.post(self.path, {f"o:{name}": level, f"v:{name}": row.version if row else 0})


class Stopwatch:
    """Adds up what the named functions take, and counts their calls."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {part: [] for part in PARTS}

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent[part].append((time.perf_counter() - began) * 1000)

        return timed


def measure() -> Figures:
    with own_database(), override_settings(ROOT_URLCONF="benchmarks.urls"):
        seeding.seed()
        member = member_of(seeding.LEAD[0])
        with acting_in(member.clinic_id):
            drafts = Encounter.objects.visible_to(member).drafts().with_patient()
            visits = {
                name: drafts.get(episode__patient__family_name=family) for name, family in VISITS.items()
            }
            other = drafts.exclude(pk__in=[visit.pk for visit in visits.values()]).oldest_first()[0]
        caller = Caller(member)
        answers = {name: Answers(caller, visit) for name, visit in visits.items()}
        bare = reverse("bare-insert", args=[other.pk])
        give: dict[str, Callable[[], float]] = {BARE: lambda: caller.post(bare, {})}
        give |= {name: each.give for name, each in answers.items()}
        for _ in range(WARM_UP):
            _turn(caller, give)
        find_server_processes()
        turns = [_turn(caller, give) for _ in range(ROUNDS)]
        with acting_in(member.clinic_id):
            on_record = {name: visit.observations.count() for name, visit in visits.items()}
        parts = {name: _parts(each) for name, each in answers.items()}
    figures = _figures(turns) | {"answers_on_record": on_record, "parts_ms": parts}
    _print(figures)
    return figures


Turn = dict[str, tuple[float, float]]


def _turn(caller: Caller, give: dict[str, Callable[[], float]]) -> Turn:
    """One of each: by the clock, and of the processor."""
    return {name: (request(), caller.processor) for name, request in give.items()}


def _figures(turns: list[Turn]) -> Figures:
    figures: Figures = {"rounds": len(turns), "load": round(os.getloadavg()[0], 1)}
    for at, clock in enumerate(("clock", "processor")):
        times = {name: [turn[name][at] for turn in turns] for name in turns[0]}
        bare = statistics.median(times[BARE])
        figures[f"{clock}_ms"] = {name: _summary(each) for name, each in times.items()}
        figures[f"ratio_by_{clock}"] = {
            name: round(statistics.median(times[name]) / bare, 2) for name in VISITS
        }
    return figures


def _summary(times: list[float]) -> Figures:
    percentiles = statistics.quantiles(times, n=100)
    return {
        "median": round(statistics.median(times), 2),
        "p95": round(percentiles[94], 2),
        "p99": round(percentiles[98], 2),
    }


def _parts(answers: Answers) -> Figures:
    watch = Stopwatch()
    patches = [patch(where, watch.around(part, _resolve(where))) for part, where in PARTS.items()]
    for each in patches:
        each.start()
    whole = [answers.give() for _ in range(ROUNDS_OF_PARTS)]
    for each in patches:
        each.stop()
    parts = {part: round(statistics.median(times), 2) for part, times in watch.spent.items() if times}
    rest = statistics.median(whole) - sum(parts.values())
    return parts | {"everything else": round(rest, 2)}


def _resolve(where: str) -> Callable[..., Any]:
    module, _, name = where.rpartition(".")
    function: Callable[..., Any] = getattr(sys.modules[module], name)
    return function


def _print(figures: Figures) -> None:
    write = sys.stderr.write
    write(
        f"\nOne answer, {figures['rounds']} rounds, in milliseconds; "
        f"on record {figures['answers_on_record']}\n"
    )
    for clock in ("clock", "processor"):
        write(f"{f'by the {clock}':26}{'median':>10}{'p95':>10}{'p99':>10}{'ratio of medians':>18}\n")
        for name, row in figures[f"{clock}_ms"].items():
            ratio = figures[f"ratio_by_{clock}"].get(name, "")
            write(f"  {name:24}{row['median']:>10}{row['p95']:>10}{row['p99']:>10}{ratio:>18}\n")
    for name, parts in figures["parts_ms"].items():
        write(f"\nload of the machine {figures['load']}; where the time of a {name} goes, by the clock\n")
        for part, took in parts.items():
            write(f"  {part:22}{took:>10}\n")
