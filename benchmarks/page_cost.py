"""What the pages of a large clinic cost beside a page that says nothing, as its lead, under the policies.

The clinic is sampled (docs/sampled-clinic.md), in a database of its own. Each page is asked for in turn with
the bare one, so that whatever else the machine does meets both alike; each round opens another patient.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connections
from django.test import override_settings
from django.urls import reverse

from benchmarks.answer_cost import Caller, find_server_processes
from benchmarks.database import member_of, own_database
from clinics.acting import acting_in
from clinics.models import Membership
from triage.demo import seeding
from triage.demo.sampled.seeding import seed_sampled
from triage.models import Encounter, Episode, Patient

WARM_UP, ROUNDS = 5, 60
WITHIN_MS = 150  # what a clinician does not wait for
Figures = dict[str, Any]
Ask = Callable[[Caller, int], float]


def measure(patients: int) -> Figures:
    with own_database(), override_settings(ROOT_URLCONF="benchmarks.urls"):
        say = sys.stderr.write
        filled = seed_sampled(patients, "1", lambda count: None)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE")
        member = member_of(seeding.LEAD[0])
        figures = {
            "patients": patients,
            "rounds": ROUNDS,
            "filling_s": {phase: round(took, 1) for phase, took in filled.seconds.items()},
            "pages": timed(Caller(member), _pages(member)),
        }
        say(table(figures))
    return figures


def timed(caller: Caller, pages: Mapping[str, Ask]) -> Figures:
    """Milliseconds by the clock and of the processor, and both as ratios to the bare page."""
    bare = reverse("bare-page")
    for ask in pages.values():
        for at in range(WARM_UP):
            caller.get(bare)
            ask(caller, ROUNDS + at)
    find_server_processes()
    return {name: _page(caller, bare, ask) for name, ask in pages.items()}


def _page(caller: Caller, bare: str, ask: Ask) -> Figures:
    plain: list[tuple[float, float]] = []
    page: list[tuple[float, float]] = []
    for at in range(ROUNDS):
        plain.append((caller.get(bare), caller.processor))
        page.append((ask(caller, at), caller.processor))
    clock, processor = zip(*page, strict=True)
    by_clock, by_processor = (
        statistics.median(took[side] for took in page) / statistics.median(took[side] for took in plain)
        for side in (0, 1)
    )
    return {
        "median_ms": round(statistics.median(clock), 1),
        "p95_ms": round(statistics.quantiles(clock, n=20)[18], 1),
        "processor_ms": round(statistics.median(processor), 1),
        "ratio": round(by_clock, 1),
        "ratio_processor": round(by_processor, 1),
    }


def _pages(member: Membership) -> dict[str, Ask]:
    """By name; each round takes another row."""
    with acting_in(member.clinic_id):
        people = _spread(Patient.objects.visible_to(member).order_by("id").values_list("pk", "family_name"))
        episodes = _spread(Episode.objects.visible_to(member).order_by("id").values_list("pk"))
        signed = _spread(Encounter.objects.visible_to(member).signed().order_by("id").values_list("pk"))
        drafts = _spread(Encounter.objects.visible_to(member).drafts().order_by("id").values_list("pk"))
    found = reverse("triage:patient-list")
    return {
        "worklist": _same("triage:worklist"),
        "list of patients": _same("triage:patient-list"),
        "search, three letters": lambda caller, at: caller.post(found, {"q": people[at][1][:3]}),
        "patient": _each("triage:patient-detail", people),
        "complaint": _each("triage:episode-detail", episodes),
        "signed visit": _each("triage:encounter-detail", signed),
        "draft visit": _each("triage:encounter-detail", drafts),
        "results of the clinic": _same("triage:clinic-results"),
    }


def _spread(rows: Any) -> list[Any]:
    """As many as there are rounds, from all over; again from the start where there are fewer."""
    wanted = ROUNDS + WARM_UP
    found = list(rows)
    chosen = found[:: max(1, len(found) // wanted)]
    return [chosen[at % len(chosen)] for at in range(wanted)]


def _same(name: str) -> Ask:
    path = reverse(name)
    return lambda caller, at: caller.get(path)


def _each(name: str, rows: Sequence[Any]) -> Ask:
    paths = [reverse(name, args=[row[0]]) for row in rows]
    return lambda caller, at: caller.get(paths[at])


def table(figures: Figures) -> str:
    """For a person."""
    lines = [
        f"\n{figures['patients']:,} patients, {figures['rounds']} requests of each page, in milliseconds"
    ]
    lines.append(f"{'':24}{'median':>9}{'p95':>9}{'processor':>11}{'ratio':>8}")
    for name, row in figures["pages"].items():
        slow = "  slow" if row["median_ms"] > WITHIN_MS else ""
        lines.append(
            f"{name:24}{row['median_ms']:>9}{row['p95_ms']:>9}{row['processor_ms']:>11}{row['ratio']:>8}{slow}"
        )
    return "\n".join([*lines, ""])
