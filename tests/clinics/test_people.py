import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.forms import modelform_factory

from clinics.models import AuditEvent, Clinic, Membership, User
from clinics.services import record_event
from clinics.tenancy import TenantModel
from tests.factories import make_user


def test_one_address_is_one_account(db):
    make_user(email="Someone@Example.org")
    assert User.objects.get_by_natural_key("SOMEONE@example.ORG").email == "someone@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(email="someone@EXAMPLE.org")


def test_database_insists_on_small_letters(db):
    with pytest.raises(IntegrityError, match="clinics_user_email_lower"):
        User.objects.filter(pk=make_user().pk).update(email="Big@example.org")


def test_person_is_a_member_of_a_clinic_once(owner):
    with pytest.raises(ValidationError, match="already a member"):
        Membership(user=owner.user, clinic=owner.clinic).full_clean()


def test_unknown_role_is_refused(owner):
    owner.role = "emperor"
    with pytest.raises(IntegrityError, match="clinics_membership_role"):
        owner.save()


def test_event_says_who_did_what_where(owner):
    record_event(action="clinic.rename", member=owner, object_type="clinic", object_id=owner.clinic_id)
    event = AuditEvent.objects.get()
    assert (event.user, event.clinic, event.object_id) == (owner.user, owner.clinic, str(owner.clinic_id))


@pytest.mark.parametrize("change", [{"action": "other"}, None])
def test_what_is_on_record_stays(owner, change):
    event = record_event(action="clinic.rename", member=owner)
    events = AuditEvent.objects.filter(pk=event.pk)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        events.update(**change) if change else events._raw_delete("default")
    assert AuditEvent.objects.get().action == "clinic.rename"


def test_administration_registers_nothing_of_a_patient():
    assert not [model for model in admin.site._registry if issubclass(model, TenantModel)]


def test_administration_opens_for_staff_only(db, client_for):
    assert (
        client_for(make_user(is_staff=True, is_superuser=True)).get("/admin/clinics/user/").status_code == 200
    )
    assert client_for(make_user()).get("/admin/clinics/user/").status_code in (302, 403)


def test_administration_makes_a_person_who_can_sign_in(db, client_for):
    form = {"email": "New@Example.org", "name": "New Person", "usable_password": "true"}
    form |= {"password1": "a-quiet-hill-at-dawn", "password2": "a-quiet-hill-at-dawn"}
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    client = client_for(make_user(is_staff=True, is_superuser=True))
    response = client.post("/admin/clinics/user/add/", form | inline)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert User.objects.get(email="new@example.org").emailaddress_set.filter(verified=True).exists()


def test_application_role_reads_migrations_but_makes_no_tables(db):
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("CREATE TABLE mine (value text)")


def test_only_the_sampler_says_that_cases_were_drawn(clinic):
    assert clinic.sampled is False
    assert "sampled" not in modelform_factory(Clinic, fields="__all__").base_fields
