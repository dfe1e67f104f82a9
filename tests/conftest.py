"""Settings of a test run, the database as role `app`, and the people of the tests."""

import os

import django

from config.development import prepare_environment

prepare_environment()
# A pool would keep connections to the test database and block its removal.
os.environ["DATABASE_POOL_SIZE"] = "0"
django.setup()

from collections.abc import Callable, Iterator  # noqa: E402

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from pytest_django.plugin import DjangoDbBlocker  # noqa: E402

from clinics.models import Clinic, Membership, User  # noqa: E402
from tests import factories  # noqa: E402
from tests.database import ALIASES, own_database  # noqa: E402
from tests.knowledge_fixtures import release, shipped, working_copy  # noqa: E402, F401
from tests.log_lines import lines  # noqa: E402, F401

# Slow hashing protects passwords; here it would only make every persona cost a quarter of a second.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Transactional tests empty tables afterwards; only `owner` may, so each of them names both aliases."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        names = getattr(item, "fixturenames", ())
        if (
            "live_server" in names
            or "transactional_db" in names
            or (marker and marker.kwargs.get("transaction"))
        ):
            mark = pytest.mark.django_db(transaction=True, databases=list(ALIASES))
            item.add_marker(mark, append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), own_database():
        with django_db_blocker.block():
            yield


@pytest.fixture
def clinic(db: None) -> Iterator[Clinic]:
    """The clinic in whose name the test itself reads and writes rows; requests act for themselves."""
    made = factories.make_clinic("Harbour Physiotherapy")
    factories.work_in(made.pk)
    yield made
    if not connection.in_atomic_block:
        factories.work_in(None)


@pytest.fixture
def other_clinic(db: None) -> Clinic:
    return factories.make_clinic("Hillside Sports Medicine")


@pytest.fixture
def owner(clinic: Clinic) -> Membership:
    """The lead of the clinic, who made what the test is about."""
    return factories.make_member(clinic, name="Olu Owner", role="lead")


@pytest.fixture
def teammate(clinic: Clinic) -> Membership:
    return factories.make_member(clinic, name="Tess Teammate")


@pytest.fixture
def stranger(other_clinic: Clinic) -> Membership:
    """A clinician of another clinic."""
    return factories.make_member(other_clinic, name="Sam Stranger")


@pytest.fixture
def client() -> Client:
    return factories.Browser()


@pytest.fixture
def client_for(db: None) -> Callable[[Membership | User], Client]:
    def make(person: Membership | User) -> Client:
        client = factories.Browser()
        client.force_login(
            person.user if isinstance(person, Membership) else person,
            backend=settings.AUTHENTICATION_BACKENDS[0],
        )
        factories.start_clock(client)
        if isinstance(person, Membership):
            factories.choose_clinic(client, person)
        return client

    return make


@pytest.fixture
def fresh_client_for(
    client_for: Callable[[Membership | User], Client],
) -> Callable[[Membership | User], Client]:
    """Of somebody who has just proved who they are."""

    def make(person: Membership | User) -> Client:
        client = client_for(person)
        client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
        return client

    return make
