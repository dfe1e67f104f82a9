"""One transaction around view and rendering. Transactional tests: a test's own transaction would hide the
mistake.
"""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import RequestFactory

from clinics.middleware import TransactionMiddleware
from clinics.models import Clinic

pytestmark = pytest.mark.django_db(transaction=True)


def through_middleware(view):
    return TransactionMiddleware(view)(RequestFactory().post("/"))


def make_and_answer(status):
    def view(request):
        Clinic.objects.create(name="Half done")
        return HttpResponse(status=status)

    return view


@pytest.mark.parametrize(("status", "kept"), [(200, 1), (302, 1), (404, 1), (500, 0), (503, 0)])
def test_failure_is_undone_and_success_is_kept(status, kept):
    through_middleware(make_and_answer(status))
    assert Clinic.objects.count() == kept


def test_exception_is_undone():
    def view(request):
        Clinic.objects.create(name="Half done")
        raise LookupError

    with pytest.raises(LookupError):
        through_middleware(view)
    assert not Clinic.objects.exists()


def test_setting_of_the_transaction_is_there_while_the_template_renders_and_gone_afterwards():
    def clinic_setting():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.clinic', true)")
            return cursor.fetchone()[0]

    def view(request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.clinic', 'this one', true)")
        template = engines["django"].from_string("{{ setting }}")
        return TemplateResponse(request, template, {"setting": clinic_setting}).render()

    assert through_middleware(view).content == b"this one"
    assert not clinic_setting()


def test_tables_are_empty_again_between_transactional_tests():
    assert not Clinic.objects.exists()
