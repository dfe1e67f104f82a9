"""The clinic's results: who sees them, what calibration counts, and the tables as files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.acting import acting_in
from clinics.models import AuditEvent, Clinic, Membership
from tests.factories import PASSWORD, make_member
from tests.triage.factories import make_episode, make_release, make_signed
from triage import services
from triage.evaluation import Outcome, measures
from triage.figures.calibration import FIRST, LAST, calibration_in
from triage.models import Assessment, Forecast
from triage.presentation.results import SHEETS

ClientFor = Callable[[Membership], Client]
DAY = dt.date(2026, 6, 1)
PAGE_QUERIES = 14


def page(client: Client) -> str:
    answer = client.get(reverse("triage:clinic-results"))
    assert answer.status_code == 200
    return answer.content.decode()


def prove(member: Membership, **values: Any) -> None:
    given = {"condition_code": "b", "grade": "imaging", "proven_on": DAY}
    episode = make_signed(member).episode
    services.record_diagnosis(episode=episode, member=member, **(given | values))


def said(member: Membership, claims: Sequence[tuple[float, int]], *, release: str = "r" * 64) -> None:
    """Proven complaints of which the first differential claimed so much, and the place of the truth in it."""
    visit = make_signed(member, episode=make_episode(member))
    assessment = Assessment.objects.get(encounter=visit)
    patient = visit.episode.patient
    for claimed, place in claims:
        episode = make_episode(member, patient=patient)
        diagnosis = services.record_diagnosis(
            episode=episode, member=member, condition_code="b", grade="surgery", proven_on=DAY
        )
        Forecast.objects.create(
            clinic_id=member.clinic_id,
            diagnosis=diagnosis,
            assessment=assessment,
            is_first=True,
            is_last=place == 1,
            release_sha256=release,
            held=True,
            place=place,
            log_share=math.log(claimed if place == 1 else (1 - claimed) / 10),
            squared_error=(1 - claimed) ** 2,
            first_code="b" if place == 1 else "a",
            first_share=claimed,
        )


MIXED = [(0.05 + 0.009 * n, 1 if n % 3 else 4) for n in range(100)]


def test_the_database_sums_what_the_evaluation_measures(owner: Membership) -> None:
    said(owner, MIXED)
    total = calibration_in(owner.clinic_id)[FIRST].total
    rows = Forecast.objects.filter(is_first=True)
    expected = measures(
        [
            Outcome(
                id=str(row.pk),
                diagnosis="b",
                held=row.held,
                place=row.place,
                log_share=row.log_share,
                squared_error=row.squared_error,
                first=row.first_code,
                first_share=row.first_share,
            )
            for row in rows
        ]
    )
    assert (total.cases, total.right, total.excluded) == (100, expected.top1, expected.excluded)
    assert total.log_score == pytest.approx(expected.log_score)
    assert total.brier == pytest.approx(expected.brier)
    assert total.claimed == pytest.approx(expected.claimed)
    assert [row.right for row in total.bins] == [row.right for row in expected.reliability]
    for mine, theirs in zip(total.bins, expected.reliability, strict=True):
        assert mine.claimed == pytest.approx(theirs.claimed)
    assert calibration_in(owner.clinic_id)[LAST].total.cases == expected.top1.count


def test_releases_stand_apart_and_together(owner: Membership) -> None:
    known = make_release()
    said(owner, MIXED[:30], release=known.sha256)
    said(owner, MIXED[30:35], release="f" * 64)
    moment = calibration_in(owner.clinic_id)[FIRST]
    assert moment.total.cases == 35
    assert {sha: fared.cases for sha, fared in moment.releases.items()} == {known.sha256: 30, "f" * 64: 5}
    rows = SHEETS["releases"](owner).file_rows()
    named = {(row[0], row[1]): row for row in rows}
    assert named["First signed visit", f"release {known.number}"][3] == "30"
    few = named["First signed visit", "f" * 12]
    assert few[3:5] == ["5", ""]


def test_only_the_newest_diagnosis_and_only_a_proven_one_counts(owner: Membership) -> None:
    prove(owner)
    assert calibration_in(owner.clinic_id)[FIRST].total.cases == 1
    episode = Forecast.objects.get().diagnosis.episode
    services.record_diagnosis(
        episode=episode, member=owner, condition_code="a", grade="judgement", proven_on=DAY
    )
    assert calibration_in(owner.clinic_id)[FIRST].total.cases == 0


def test_a_bin_below_twenty_says_not_enough(owner: Membership, client_for: ClientFor) -> None:
    said(owner, [(0.35, 1)] * 8 + [(0.35, 2)] * 12 + [(0.75, 1)] * 19)
    text = page(client_for(owner))
    assert "8 of 20 · 40 % (22–61 %)" in text
    assert "not enough yet" in text
    assert "19 of 19" not in text
    assert "Who gets proven is not chance" in text


def test_an_empty_clinic_says_what_is_wanting(owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    assert "No visit is signed yet" in page(client)
    make_signed(owner)
    text = page(client)
    assert "20 more proven cases until anything can be said" in text
    assert "0 of 1" in text
    assert "Fewer than half of all complaints are proven so far. 1 still open" in text
    assert "No complaint has both a diagnosis and a score yet" in text


def test_drawn_cases_are_called_self_consistency(owner: Membership, client_for: ClientFor) -> None:
    make_signed(owner)
    assert "Self-consistency" not in page(client_for(owner))
    Clinic.objects.filter(pk=owner.clinic_id).update(sampled=True)
    assert "Self-consistency, not validation" in page(client_for(owner))


def test_before_the_first_release_there_is_nothing_to_name(owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("triage:clinic-table", args=["base-rates"])).status_code == 404
    assert client.get(reverse("triage:clinic-table", args=["outcomes"])).status_code == 200


def test_a_lead_of_another_clinic_sees_only_their_own(
    owner: Membership, other_clinic: Clinic, client_for: ClientFor
) -> None:
    said(owner, MIXED)
    elsewhere = make_member(other_clinic, name="Lena Lead", role="lead")
    assert "100 cases" in page(client_for(owner))
    assert "100 cases" not in page(client_for(elsewhere))
    with acting_in(other_clinic):
        assert calibration_in(owner.clinic_id)[FIRST].total.cases == 0


def test_only_leads_and_only_by_reading(
    owner: Membership, teammate: Membership, stranger: Membership, client_for: ClientFor, client: Client
) -> None:
    addresses = [reverse("triage:clinic-results")]
    addresses += [reverse("triage:clinic-table", args=[code]) for code in SHEETS]
    for address in addresses:
        for person in (teammate, stranger):
            answer = client_for(person).get(address)
            assert answer.status_code == 403
            assert "Proved right" not in answer.content.decode()
        assert client_for(owner).post(address).status_code == 405
        assert client.get(address).status_code == 302


def test_a_table_needs_a_fresh_sign_in_and_is_on_record(owner: Membership, client_for: ClientFor) -> None:
    said(owner, MIXED)
    client, address = client_for(owner), reverse("triage:clinic-table", args=["calibration"])
    refused = client.get(address)
    assert refused.status_code == 302
    assert "reauthenticate" in refused["Location"]
    assert not AuditEvent.objects.filter(action="clinic.exported").exists()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    answer = client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="clinic-calibration.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    for code in SHEETS:
        table = client.get(reverse("triage:clinic-table", args=[code])).content.decode()
        assert {len(row) for row in csv.reader(io.StringIO(table))} == {len(table.splitlines()[0].split(","))}
    assert rows[0][:5] == ["visit", "release", "release_sha256", "said_from", "said_to"]
    assert {len(row) for row in rows} == {len(rows[0])}
    event = AuditEvent.objects.filter(action="clinic.exported").earliest("seq")
    assert AuditEvent.objects.filter(action="clinic.exported").count() == 1 + len(SHEETS)
    assert event.detail == {"table": "calibration", "rows": len(rows) - 1}
    assert client.get(reverse("triage:clinic-table", args=["nothing"])).status_code == 404


def test_queries_of_the_page(
    owner: Membership, client_for: ClientFor, django_assert_num_queries: Any
) -> None:
    said(owner, MIXED[:2])
    client = client_for(owner)
    page(client)
    with django_assert_num_queries(PAGE_QUERIES):
        page(client)
