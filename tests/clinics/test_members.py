"""The members' page: who may open it, what it changes, and what it never allows."""

import threading

import pytest
from django.db import connections
from django.urls import reverse

from clinics.acting import acting_in
from clinics.members.services import WithoutLead, change_role, deactivate_member
from clinics.models import AuditEvent, Membership
from tests.factories import PASSWORD, make_member, make_user
from tests.factories import Browser as Client

LIST = "members:member-list"


def act(client, name, member, **form):
    return client.post(reverse(f"members:{name}", args=[member.pk]), form)


def sign_in(member):
    client = Client()
    client.post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD})
    return client


def test_lead_and_administrator_see_the_members_and_nobody_of_another_clinic(
    owner, teammate, stranger, client_for
):
    boss = make_member(owner.clinic, role="administrator")
    for person in (owner, boss):
        page = client_for(person).get(reverse(LIST)).content.decode()
        assert teammate.user.email in page
        assert stranger.user.email not in page


def test_clinician_is_refused_and_told_nothing(owner, teammate, client_for):
    client = client_for(teammate)
    answers = [client.get(reverse(LIST)), client.post(reverse("members:member-invite"), {})]
    answers += [
        act(client, name, owner) for name in ("member-deactivate", "member-role", "member-reactivate")
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert owner.user.email not in answer.content.decode()


def test_members_of_another_clinic_are_not_there(owner, stranger, fresh_client_for):
    client = fresh_client_for(owner)
    for name in ("member-deactivate", "member-role", "member-reactivate"):
        assert act(client, name, stranger, role="lead").status_code == 404
    with acting_in(stranger.clinic_id):
        stranger.refresh_from_db()
    assert (stranger.role, stranger.is_active) == ("clinician", True)


def test_a_change_asks_for_the_password_first_and_then_goes_on(owner, teammate, client_for):
    client = client_for(owner)
    answer = act(client, "member-deactivate", teammate)
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert Membership.objects.get(pk=teammate.pk).is_active
    client.post(answer.url, {"password": PASSWORD})
    assert not Membership.objects.get(pk=teammate.pk).is_active


def test_a_fragment_sends_the_whole_page_to_prove_it(owner, teammate, client_for):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/clinic/members/"}
    address = reverse("members:member-deactivate", args=[teammate.pk])
    answer = client_for(owner).post(address, headers=headers)
    assert answer.headers["HX-Redirect"] == f"{reverse('account_reauthenticate')}?next=%2Fclinic%2Fmembers%2F"
    assert Membership.objects.get(pk=teammate.pk).is_active


def test_role_changes_at_once_and_is_on_record(owner, teammate, client_for, fresh_client_for):
    member = client_for(teammate)
    assert member.get(reverse(LIST)).status_code == 403
    act(fresh_client_for(owner), "member-role", teammate, role="lead")
    assert member.get(reverse(LIST)).status_code == 200
    event = AuditEvent.objects.get(action="member.role")
    assert (event.user, event.clinic) == (owner.user, owner.clinic)
    assert event.detail == {"user": str(teammate.user_id), "before": "clinician", "after": "lead"}


def test_unknown_role_is_an_error_beside_the_field(owner, teammate, fresh_client_for):
    answer = act(fresh_client_for(owner), "member-role", teammate, role="emperor")
    assert answer.status_code == 422
    assert "<title>Error: Role of" in answer.content.decode()


def test_deactivated_member_is_out_with_the_next_click(owner, teammate, fresh_client_for):
    inside = sign_in(teammate)
    assert inside.get("/").status_code == 200
    act(fresh_client_for(owner), "member-deactivate", teammate)
    assert reverse("account_login") in inside.get("/").url
    assert "_auth_user_id" not in inside.session
    assert AuditEvent.objects.filter(action="member.deactivate", object_id=teammate.pk).exists()


def test_who_works_elsewhere_too_stays_signed_in_there(owner, teammate, other_clinic, fresh_client_for):
    with acting_in(other_clinic):
        Membership.objects.create(user=teammate.user, clinic=other_clinic)
    inside = sign_in(teammate)
    act(fresh_client_for(owner), "member-deactivate", teammate)
    answer = inside.get(reverse("clinics:clinic-choice"))
    assert answer.wsgi_request.membership.clinic == other_clinic


def test_reactivated_member_works_again(owner, teammate, client_for, fresh_client_for):
    client = fresh_client_for(owner)
    act(client, "member-deactivate", teammate)
    act(client, "member-reactivate", teammate)
    assert client_for(teammate).get("/").status_code == 200


@pytest.mark.parametrize(
    ("name", "form"), [("member-deactivate", {}), ("member-role", {"role": "clinician"})]
)
def test_last_lead_stays(owner, teammate, fresh_client_for, name, form):
    client = fresh_client_for(owner)
    answer = act(client, name, owner, **form)
    page = answer if answer.status_code == 422 else client.get(answer.url)
    assert "nobody left to manage its members" in page.content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("lead", True)
    assert not AuditEvent.objects.filter(action__in=["member.role", "member.deactivate"]).exists()


def test_a_lead_whose_account_is_closed_does_not_count(owner):
    make_member(owner.clinic, role="lead", is_active=False)
    with pytest.raises(WithoutLead):
        deactivate_member(membership=owner, by=owner)


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_end_each_other_at_once_leave_one(owner):
    other = make_member(owner.clinic, role="lead")
    start, refused = threading.Barrier(2), []

    def let_go(change, **values):
        start.wait()
        try:
            with acting_in(owner.clinic):
                change(**values)
        except WithoutLead:
            refused.append(values)
        finally:
            connections["default"].close()

    changes = [
        threading.Thread(target=let_go, args=[deactivate_member], kwargs={"membership": other, "by": owner}),
        threading.Thread(
            target=let_go, args=[change_role], kwargs={"membership": owner, "by": other, "role": "clinician"}
        ),
    ]
    for change in changes:
        change.start()
    for change in changes:
        change.join()
    assert Membership.objects.filter(clinic=owner.clinic).leading().count() == 1
    assert len(refused) == 1


def test_closing_an_account_in_the_administration_ends_its_sessions(owner, teammate, client_for):
    inside = sign_in(teammate)
    admin = client_for(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:clinics_user_change", args=[teammate.user_id])
    form = {"email": teammate.user.email, "name": teammate.user.name}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    assert admin.post(address, form).status_code == 302
    assert not inside.session.keys()


def test_administration_keeps_a_lead_too(owner, client_for):
    admin = client_for(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:clinics_membership_change", args=[owner.pk])
    form = {"user": owner.user_id, "clinic": owner.clinic_id, "role": "clinician", "is_active": "on"}
    answer = admin.post(address, form)
    assert answer.status_code == 200
    assert "nobody left to manage its members" in answer.content.decode()
    assert (
        admin.post(reverse("admin:clinics_membership_delete", args=[owner.pk]), {"post": "yes"}).status_code
        == 403
    )
    owner.refresh_from_db()
    assert owner.role == "lead"
