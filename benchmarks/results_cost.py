"""What the results page costs: the sampled clinic with many patients, as `app`, under the policies.

Every signed visit has a really ranked output (docs/sampled-clinic.md); a few hundred patients are drawn, the
others copied from them. *The page* goes through the whole
handler; its parts are timed in rounds of their own.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.answer_cost import Caller
from benchmarks.copied_rows import copy_patients
from benchmarks.database import member_of, own_database
from clinics.acting import acting_in
from clinics.models import Clinic, Membership, Role
from clinics.services import create_user
from triage.demo.sampled.seeding import seed_sampled
from triage.figures.awaited import asked_in
from triage.figures.calibration import calibration_in
from triage.figures.complaints import complaints_in
from triage.figures.improvement import courses_in
from triage.models import Assessment, Forecast

DRAWN = 250  # patients at most; the others are copies of them
ROUNDS, WARM_UP = 60, 3
OUTPUT_KILOBYTES = "SELECT round(avg(octet_length(output)) / 1000) FROM triage_assessment"
Figures = dict[str, Any]


def measure(patients: int) -> Figures:
    with own_database():
        drawn = min(patients, DRAWN)
        seed_sampled(drawn, "results", _progress)
        copy_patients(Clinic.objects.get(sampled=True).pk, patients // drawn - 1)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE")
        member = _lead()
        figures = {"patients": patients, **_size(member), "rounds": ROUNDS}
        figures["parts_ms"] = _parts(member)
        caller, page = Caller(member), reverse("triage:clinic-results")
        for _ in range(WARM_UP):
            caller.get(page)
        figures["page_ms"] = _summary([caller.get(page) for _ in range(ROUNDS)])
    _print(figures)
    return figures


def _progress(patients: int) -> None:
    sys.stderr.write("." if patients else "")
    sys.stderr.flush()


def _lead() -> Membership:
    """The lead of the sampled clinic, who works there alone: a second clinic would first be chosen."""
    clinic = Clinic.objects.get(sampled=True)
    email = "results@example.org"
    user = create_user(email=email, name="Lena Lead")
    with acting_in(clinic):
        Membership.objects.create(user=user, clinic=clinic, role=Role.LEAD)
    return member_of(email)


def _size(member: Membership) -> Figures:
    with acting_in(member.clinic_id), connection.cursor() as cursor:
        cursor.execute(OUTPUT_KILOBYTES)
        (kilobytes,) = cursor.fetchone() or (0,)
        return {
            "assessments": Assessment.objects.count(),
            "forecasts": Forecast.objects.count(),
            "output_kilobytes": int(kilobytes),
        }


def _parts(member: Membership) -> dict[str, Figures]:
    clinic_id = member.clinic_id
    with acting_in(clinic_id):
        parts: dict[str, Callable[[], object]] = {
            "outcomes": lambda: courses_in(clinic_id),
            "complaints": lambda: complaints_in(clinic_id),
            "results awaited": lambda: asked_in(clinic_id),
            "calibration": lambda: calibration_in(clinic_id),
        }
        return {name: {**_timed(part), "queries": _queries(part)} for name, part in parts.items()}


def _timed(part: Callable[[], object]) -> Figures:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        part()
        times.append((time.perf_counter() - began) * 1000)
    return _summary(times)


def _queries(part: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        part()
    return len(seen)


def _summary(times: list[float]) -> Figures:
    return {
        "median": round(statistics.median(times), 1),
        "p95": round(statistics.quantiles(times, n=20)[18], 1),
    }


def _print(figures: Figures) -> None:
    write = sys.stderr.write
    write(
        f"\nResults of a clinic of {figures['patients']:,} patients, {figures['assessments']:,} assessments "
        f"of {figures['output_kilobytes']} kB, {figures['forecasts']:,} forecasts; {ROUNDS} rounds, in ms\n"
    )
    for name, row in {**figures["parts_ms"], "the page": figures["page_ms"]}.items():
        write(f"{name:20}{row['median']:>8}{row['p95']:>8}\n")
