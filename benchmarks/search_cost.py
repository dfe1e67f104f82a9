"""What it costs to find a patient: three clinics of 10,000 synthetic patients, as `app`, under the policies.

Names are made of syllables, so that a few letters fit a dozen or two of them and a whole name one. *The
search* is the query behind the page, its count and first page; *the page* goes through the whole handler, and
where nobody is written so it also looks for names that are nearly the same.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.urls import reverse

from benchmarks.answer_cost import Caller
from benchmarks.database import member_of, own_database
from clinics.acting import acting_in
from clinics.models import Clinic, Membership, Role
from clinics.services import create_user
from triage.models import Patient
from triage.views.patients import PAGE_SIZE

CLINICS, PATIENTS, ROUNDS = 3, 10_000, 40
STARTS, VOWELS = "b br d f g h j k l m n r s st t v w z".split(" "), "aeiou"  # noqa: SIM905 - reads better
SYLLABLES = [start + vowel for start in STARTS for vowel in VOWELS]
ENDINGS = ("son", "berg", "er", "ez", "ova", "man", "sen", "i")
WORDS = {
    "three letters": lambda row: row["family_name"][:3],
    "a whole name": lambda row: f"{row['given_name']} {row['family_name']}",
    "two beginnings": lambda row: f"{row['family_name'][:4]} {row['given_name'][:2]}",
    "date of birth": lambda row: f"{row['birth_date']:%d.%m.%Y}",
    "letters of the id": lambda row: str(row["id"])[:6],
    "a slip": lambda row: f"{row['family_name'][:-2]}{row['family_name'][:-3:-1]} {row['given_name']}",
    "nobody": lambda row: f"{row['family_name']}xq",
}
Figures = dict[str, Any]


def measure() -> Figures:
    with own_database():
        members = [_clinic(number) for number in range(CLINICS)]
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE triage_patient")
        member = members[1]
        caller, pages = Caller(member), reverse("triage:patient-list")
        figures: Figures = {"clinics": CLINICS, "patients_each": PATIENTS, "rounds": ROUNDS}
        for name, said in WORDS.items():
            queries = [said(row) for row in _sample(member)]
            caller.post(pages, {"q": queries[0]})
            with acting_in(member.clinic_id):
                plan = _plan(member, queries[0])
                found = [_timed(member, query) for query in queries]
            page = [caller.post(pages, {"q": query}) for query in queries]
            figures[name] = {
                "hits": statistics.median(hits for hits, _ in found),
                "search_ms": _summary([took for _, took in found]),
                "page_ms": _summary(page),
                "plan": plan,
            }
    _print(figures)
    return figures


def _clinic(number: int) -> Membership:
    clinic = Clinic.objects.create(name=f"Search clinic {number}")
    email = f"search{number}@example.org"
    user = create_user(email=email, name=f"Searcher {number}")
    with acting_in(clinic):
        Membership.objects.create(user=user, clinic=clinic, role=Role.CLINICIAN)
        rows = list(_patients(random.Random(number), clinic, user.pk))
        Patient.objects.bulk_create(rows, batch_size=1000)
    return member_of(email)


def _patients(chance: random.Random, clinic: Clinic, user_id: Any) -> Iterator[Patient]:
    first_day = dt.date(1930, 1, 1).toordinal()
    for _ in range(PATIENTS):
        yield Patient(
            clinic=clinic,
            saved_by_id=user_id,
            given_name="".join(chance.choices(SYLLABLES, k=2)).capitalize(),
            family_name="".join([*chance.choices(SYLLABLES, k=2), chance.choice(ENDINGS)]).capitalize(),
            birth_date=dt.date.fromordinal(first_day + chance.randrange(30_000)),
            restricted=chance.random() < 0.01,
        )


def _sample(member: Membership) -> list[dict[str, Any]]:
    with acting_in(member.clinic_id):
        rows = Patient.objects.visible_to(member).values("id", "given_name", "family_name", "birth_date")
        return list(rows.order_by("id")[:: PATIENTS // ROUNDS])[:ROUNDS]


def _search(member: Membership, words: str) -> Any:
    return Patient.objects.visible_to(member).search(words).by_name().with_last_visit()


def _timed(member: Membership, words: str) -> tuple[int, float]:
    began = time.perf_counter()
    page = Paginator(_search(member, words), PAGE_SIZE).get_page(1)
    hits = page.paginator.count
    list(page.object_list)
    return hits, (time.perf_counter() - began) * 1000


def _plan(member: Membership, words: str) -> str:
    """How PostgreSQL reads the table of patients."""
    plan = _search(member, words)[:PAGE_SIZE].explain(analyze=True)
    return next((line.strip(" ->") for line in plan.splitlines() if "on triage_patient" in line), "").split(
        "  "
    )[0]


def _summary(times: list[float]) -> Figures:
    return {
        "median": round(statistics.median(times), 1),
        "p95": round(statistics.quantiles(times, n=20)[18], 1),
    }


def _print(figures: Figures) -> None:
    write = sys.stderr.write
    write(f"\nPatient search, {CLINICS} clinics of {PATIENTS:,} patients, {ROUNDS} searches each, in ms\n")
    write(f"{'':20}{'hits':>7}{'search':>9}{'p95':>8}{'page':>9}{'p95':>8}  plan\n")
    for name in WORDS:
        row = figures[name]
        search, page = row["search_ms"], row["page_ms"]
        write(f"{name:20}{row['hits']:>7g}{search['median']:>9}{search['p95']:>8}")
        write(f"{page['median']:>9}{page['p95']:>8}  {row['plan']}\n")
