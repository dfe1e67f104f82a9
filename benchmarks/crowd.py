"""Fifty clinicians of one clinic answer findings at once, against the server of production.

granian with the image's workers and threads, production settings behind a proxy's headers, a pool, and the
embedded PostgreSQL. All in one clinic is the worst case: its audit chain takes one event at a time. Once
without a pause (each gives the next answer as soon as the last one came back) and once with a second of
thought. Afterwards every save that was acknowledged is looked for in the history of the answers.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.urls import reverse

from benchmarks.database import member_of, own_database
from clinics.acting import acting_in
from clinics.models import Clinic, Membership, Role
from clinics.services import create_user
from knowledge.catalogue import catalogue
from knowledge.models import Release
from triage import services
from triage.demo import seeding
from triage.models import Encounter, Observation

CLINICIANS, SECONDS = 50, 15
WORKERS, THREADS, POOL = 2, 8, 8  # as in the production image and docker-compose.yml
SPOKEN = 4  # answers each gives before the clock runs: both workers have compiled the release by then
LOOPS = {"no_pause": 0.0, "one_second_of_thought": 1.0}
START_SECONDS = 60
Figures = dict[str, Any]


def measure() -> Figures:
    with own_database():
        seeding.seed()
        clinic = member_of(seeding.LEAD[0]).clinic
        with acting_in(clinic):
            encounters = [_visit(number, clinic) for number in range(CLINICIANS)]
        codes = _codes()
        figures: Figures = {"clinicians": CLINICIANS, "workers": WORKERS, "threads": THREADS, "pool": POOL}
        with _server() as port:
            for number, (name, think) in enumerate(LOOPS.items()):
                figures[name] = _loop(port, encounters, codes[number :: len(LOOPS)], think, clinic)
    _print(figures)
    return figures


def _visit(number: int, clinic: Clinic) -> tuple[Membership, Encounter]:
    """A clinician of the clinic with a patient of their own, and a visit that has just begun."""
    user = create_user(email=f"clinician{number}@example.org", name=f"Clinician {number}")
    member = Membership.objects.create(user=user, clinic=clinic, role=Role.CLINICIAN)
    patient = services.create_patient(
        member=member, given_name="Synthetic", family_name=f"Load {number}", birth_date="1990-01-01"
    )
    episode = services.start_episode(patient=patient, member=member, title="Heel pain", side="left")
    return member, services.start_encounter(episode=episode, member=member)


def _codes() -> list[str]:
    """Yes/no findings without side that hang on no other."""
    release = Release.objects.current()
    rows = catalogue(release.sha256).document["findings"] if release else []
    asked = [row for row in rows if not row.get("side_aware") and not row.get("asked_if")]
    return [row["code"] for row in asked if len(row.get("levels") or "yn") == 2]


@contextmanager
def _server() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    name = connections["default"].settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "OWNER_DATABASE_URL"} | {
            "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl(),
            "DATABASE_POOL_SIZE": str(POOL),
            "DEBUG": "0",
            "ALLOWED_HOSTS": "localhost",
            "BEHIND_PROXY": "1",
            "SECRET_KEY": settings.SECRET_KEY,
            "STATIC_ROOT": folder,
        }
        options = ["--interface", "wsgi", "--port", str(port), "--workers", str(WORKERS)]
        options += ["--blocking-threads", str(THREADS), "--no-access-log", "--log-level", "warning"]
        granian = Path(sys.executable).with_name("granian")
        with Path(folder, "server.log").open("w") as log:
            server = subprocess.Popen(
                [granian, *options, "config.wsgi:application"], env=environment, stdout=log, stderr=log
            )
            try:
                _wait_for(port, server)
                yield port
            finally:
                server.terminate()
                server.wait(START_SECONDS)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 10):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _loop(
    port: int,
    encounters: list[tuple[Membership, Encounter]],
    findings: list[str],
    think: float,
    clinic: Clinic,
) -> Figures:
    job = {
        "port": port,
        "seconds": SECONDS,
        "think": think,
        "spoken": SPOKEN,
        "clinicians": [
            _signed_in(member, encounter) | {"findings": findings} for member, encounter in encounters
        ],
    }
    command = [sys.executable, "-m", "benchmarks.clinicians"]
    ran = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(ran.stdout)
    times, percentiles = found["milliseconds"], statistics.quantiles(found["milliseconds"], n=100)
    return {
        "answers": len(times),
        "per_second": round(len(times) / found["seconds"], 1),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(percentiles[94], 1),
        "p99_ms": round(percentiles[98], 1),
        "errors": len(found["errors"]),
        "acknowledged": len(found["saved"]),
        "lost": _lost(found["saved"], clinic),
    }


def _signed_in(member: Membership, encounter: Encounter) -> dict[str, str]:
    """The cookies of production's names, for a session that the browser would have after sign-in."""
    client = Client()
    client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    token = _get_new_csrf_string()
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "cookie": f"__Host-session={session}; __Host-csrf={token}",
        "token": token,
        "path": reverse("triage:observation-set", args=[encounter.pk]),
        "encounter": str(encounter.pk),
    }


def _lost(saved: list[tuple[str, str, str, int]], clinic: Clinic) -> int:
    """Acknowledged saves of which the history of answers knows nothing."""
    events = Observation.pgh_event_model.objects.values_list(  # type: ignore[attr-defined]
        "encounter_id", "finding_code", "level_code", "version"
    )
    with acting_in(clinic):
        kept = {(str(encounter), *rest) for encounter, *rest in events}
    return sum(tuple(save) not in kept for save in saved)


def _print(figures: Figures) -> None:
    write = sys.stderr.write
    write(f"\n{CLINICIANS} clinicians at once, {WORKERS} workers, {SECONDS} seconds each\n")
    for name in LOOPS:
        row = " · ".join(f"{key} {value}" for key, value in figures[name].items())
        write(f"  {name.replace('_', ' ')}: {row}\n")
