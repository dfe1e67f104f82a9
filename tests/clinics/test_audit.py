"""Events of a request: written at its end, never kept without the change they report, never lost with it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory

from clinics import audit
from clinics.acting import Acting, act
from clinics.middleware import TransactionMiddleware
from clinics.models import AuditEvent, Clinic, Membership
from tests.factories import work_in


def request_of(view, member: Membership | None = None) -> HttpResponse:
    """A request in the clinic of the member, as MembershipMiddleware would have it."""

    def acting(request):
        act(Acting(clinic=member.clinic_id if member else None))
        return view(request)

    answer = TransactionMiddleware(acting)(RequestFactory().post("/"))
    if member:
        work_in(member.clinic_id)
    return answer


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


def test_outside_a_request_an_event_is_written_at_once(owner: Membership) -> None:
    audit.record_event(action="thing.done", member=owner)
    assert actions() == ["thing.done"]


def test_events_of_a_request_are_written_at_its_end_in_one_statement(
    owner: Membership, django_assert_num_queries
) -> None:
    def view(request):
        with django_assert_num_queries(0):
            audit.record_event(action="first", member=owner)
            audit.record_event(action="second", member=owner)
        assert actions() == []
        return HttpResponse()

    request_of(view, owner)
    assert actions() == ["first", "second"]


def test_a_refused_change_inside_a_request_leaves_no_event(owner: Membership) -> None:
    def view(request):
        audit.record_event(action="kept", member=owner)
        with pytest.raises(LookupError):
            refused(owner)
        return HttpResponse()

    request_of(view, owner)
    assert actions() == ["kept"]


@transaction.atomic
def refused(owner: Membership) -> None:
    audit.record_event(action="refused", member=owner)
    raise LookupError


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("status", "kept"), [(200, 1), (302, 1), (409, 1), (500, 0)])
def test_change_and_event_share_one_fate(owner: Membership, status: int, kept: int) -> None:
    def view(request):
        Clinic.objects.create(name="Half done")
        audit.record_event(action="clinic.made", member=owner)
        return HttpResponse(status=status)

    request_of(view, owner)
    assert len(actions()) == kept
    assert Clinic.objects.filter(name="Half done").count() == kept


@pytest.mark.django_db(transaction=True)
def test_an_exception_takes_the_event_along_and_the_next_request_is_clean(owner: Membership) -> None:
    def failing(request):
        audit.record_event(action="lost", member=owner)
        raise LookupError

    with pytest.raises(LookupError):
        request_of(failing, owner)
    request_of(lambda request: HttpResponse(), owner)
    assert actions() == []


def read(member: Membership, patient_id, *more: str) -> None:
    def view(request):
        audit.record_read(member=member, patient_id=patient_id, page="patient-detail")
        for action in more:
            audit.record_event(action=action, member=member, patient_id=patient_id)
        return HttpResponse()

    request_of(view, member)


def test_a_read_is_recorded_once_in_a_quarter_of_an_hour(
    owner: Membership, teammate: Membership, monkeypatch
) -> None:
    patient, other = owner.pk, teammate.pk  # any two ids
    for member, whom in ((owner, patient), (owner, patient), (owner, other), (teammate, patient)):
        read(member, whom)
    assert actions() == ["record.opened"] * 3
    monkeypatch.setattr(audit, "READ_WINDOW", audit.READ_WINDOW * 0)
    read(owner, patient)
    assert actions() == ["record.opened"] * 4
    last = AuditEvent.objects.latest("seq")
    assert (last.user_id, last.patient_id, last.detail) == (
        owner.user_id,
        patient,
        {"page": "patient-detail"},
    )


def test_a_change_tells_of_the_read_that_it_needed(owner: Membership, django_assert_num_queries) -> None:
    with django_assert_num_queries(4):  # savepoint, acting, event, release
        read(owner, owner.pk, "thing.changed")
    assert actions() == ["thing.changed"]
