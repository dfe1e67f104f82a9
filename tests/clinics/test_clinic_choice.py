from uuid import uuid4

from django.urls import reverse

from clinics.acting import acting_in
from clinics.models import Membership
from tests.factories import make_clinic, make_user


def test_only_clinic_is_chosen_by_itself(owner, client_for):
    client = client_for(owner.user)
    response = client.get(reverse("clinics:clinic-choice"))
    assert response.wsgi_request.membership == owner
    assert client.session["clinic"] == str(owner.clinic_id)


def test_somebody_without_a_clinic_is_told_so(db, client_for):
    client = client_for(make_user())
    response = client.get("/", follow=True)
    assert response.redirect_chain == [(reverse("clinics:clinic-choice"), 302)]
    assert "You have no clinic yet" in response.content.decode()


def test_member_of_two_clinics_chooses_and_the_choice_stays(owner, other_clinic, client_for):
    with acting_in(other_clinic):
        second = Membership.objects.create(user=owner.user, clinic=other_clinic)
    client = client_for(owner.user)
    page = client.get(reverse("clinics:clinic-choice"))
    assert page.wsgi_request.membership is None
    response = client.post(reverse("clinics:clinic-switch", args=[other_clinic.pk]))
    assert response.status_code == 302
    assert client.get(reverse("clinics:clinic-choice")).wsgi_request.membership == second


def test_clinic_of_others_cannot_be_chosen(owner, other_clinic, client_for):
    client = client_for(owner)
    for clinic_id in (other_clinic.pk, uuid4()):
        response = client.post(reverse("clinics:clinic-switch", args=[clinic_id]))
        assert response.status_code == 404
        assert other_clinic.name not in response.content.decode()
    assert client.session["clinic"] == str(owner.clinic_id)


def test_lost_membership_ends_access_at_once(owner, clinic, client_for):
    client = client_for(owner)
    client.post(reverse("clinics:clinic-switch", args=[clinic.pk]))
    owner.delete()
    assert client.get("/").url == reverse("clinics:clinic-choice")


def test_switching_needs_post(owner, clinic, client_for):
    assert client_for(owner).get(reverse("clinics:clinic-switch", args=[clinic.pk])).status_code == 405


def test_page_is_kept_by_no_cache(owner, client_for):
    response = client_for(owner).get(reverse("clinics:clinic-choice"))
    assert "no-store" in response.headers["Cache-Control"]
    assert "Cookie" in response.headers["Vary"]


def test_choice_costs_three_queries(owner, client_for, django_assert_num_queries):
    client = client_for(owner)
    make_clinic()
    with django_assert_num_queries(7):  # begin, session, user, acting, membership, list, commit
        client.get(reverse("clinics:clinic-choice"))
