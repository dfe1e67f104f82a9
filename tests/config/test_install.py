from io import StringIO

import pytest
from django.core.management import call_command

from knowledge.models import Release
from tests.triage.factories import make_release


@pytest.mark.django_db(transaction=True)
def test_publishes_the_shipped_knowledge_once():
    for _ in range(2):
        call_command("install", verbosity=0, stdout=StringIO())
    assert [release.number for release in Release.objects.all()] == [1]


@pytest.mark.django_db(transaction=True)
def test_leaves_releases_to_the_editors():
    existing = make_release()
    said = StringIO()
    call_command("install", verbosity=0, stdout=said)
    assert list(Release.objects.all()) == [existing]
    assert "published already" in said.getvalue()
