"""The walls between clinics, on two tables made for this test."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, connections, models, transaction

from clinics.acting import acting_in
from clinics.models import Membership
from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from tests.factories import make_clinic, make_member, work_in

pytestmark = pytest.mark.django_db(transaction=True)


class Parent(TenantModel):
    class Meta(TenantModel.Meta):
        app_label = "tenancy_tests"


class Child(TenantModel):
    parent = tenant_foreign_key(Parent, related_name="children", null=True)

    class Meta(TenantModel.Meta):
        app_label = "tenancy_tests"
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "parent"), name="tenancy_tests_child_parent_fk"),
        ]


@pytest.fixture(autouse=True)
def tables():
    with connections["owner"].schema_editor() as editor:
        editor.create_model(Child)  # before its parent: the order must not matter
        editor.create_model(Parent)
    yield
    with connections["owner"].schema_editor() as editor:
        editor.delete_model(Child)
        editor.delete_model(Parent)


@pytest.fixture
def clinic():
    made = make_clinic()
    work_in(made.pk)
    yield made
    work_in(None)


def test_child_of_the_same_clinic_is_accepted(clinic):
    child = Child(clinic=clinic, parent=Parent.objects.create(clinic=clinic))
    child.full_clean()
    child.save()
    assert Child.objects.count() == 1


def test_database_rejects_a_child_of_another_clinic(clinic):
    parent, other = Parent.objects.create(clinic=clinic), make_clinic()
    with pytest.raises(IntegrityError, match="tenancy_tests_child_parent_fk"), acting_in(other):
        Child.objects.create(clinic=other, parent=parent)
    assert not Child.objects.exists()


def test_database_rejects_moving_a_parent_to_another_clinic(clinic):
    parent = Parent.objects.create(clinic=clinic)
    Child.objects.create(clinic=clinic, parent=parent)
    with pytest.raises(ProgrammingError, match="row-level security"):
        Parent.objects.update(clinic=make_clinic())


def test_form_gets_a_sentence_instead(clinic):
    parent = Parent.objects.create(clinic=clinic)
    child = Child(clinic=make_clinic(), parent=parent)
    with pytest.raises(ValidationError, match="belongs to another clinic") as caught:
        child.full_clean()
    assert caught.value.error_dict["__all__"][0].code == "other_clinic"


def test_child_without_a_parent_is_accepted(clinic):
    child = Child(clinic=clinic)
    child.full_clean(exclude=["parent"])
    child.save()
    assert Child.objects.get().parent_id is None


def test_visible_to_shows_a_member_their_clinic_and_nobody_else_anything(clinic):
    mine, theirs = make_member(clinic), make_member()
    row = Parent.objects.create(clinic=clinic)
    with acting_in(theirs.clinic):
        Parent.objects.create(clinic=theirs.clinic)
    assert list(Parent.objects.visible_to(mine)) == [row]
    assert not Parent.objects.visible_to(None).exists()
    assert not Parent.objects.visible_to(Membership(clinic=make_clinic())).exists()


def test_constraint_can_be_removed_and_added_by_a_migration(clinic):
    constraint, other = Child._meta.constraints[-1], make_clinic()
    parent = Parent.objects.create(clinic=clinic)
    with connections["owner"].schema_editor() as editor:
        editor.remove_constraint(Child, constraint)
    with acting_in(other):
        Child.objects.create(clinic=other, parent=parent)
        transaction.set_rollback(True)
    with connections["owner"].schema_editor() as editor:
        editor.add_constraint(Child, constraint)
    with pytest.raises(IntegrityError), acting_in(other):
        Child.objects.create(clinic=other, parent=parent)


def test_constraint_survives_the_trip_through_a_migration_file():
    constraint = CompositeForeignKey(fields=("clinic", "parent"), name="some_fk")
    _, args, kwargs = constraint.deconstruct()
    assert CompositeForeignKey(*args, **kwargs) == constraint
    assert CompositeForeignKey(fields=("clinic", "parent"), name="other_fk") != constraint
    assert isinstance(constraint, models.constraints.BaseConstraint)


def test_application_role_cannot_change_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, has_schema_privilege('public', 'CREATE')")
        assert cursor.fetchone() == ("app", False)
