"""Settings of a test run, the database as role `app`, and the people of the tests."""

import os

import django

from config.development import prepare_environment

prepare_environment()
os.environ["DATABASE_POOL_SIZE"] = (
    "0"  # a pool would keep connections to the test database and block its removal
)
django.setup()

from collections.abc import Callable, Iterator  # noqa: E402

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from clinics.models import Clinic, Membership, User  # noqa: E402
from tests import factories  # noqa: E402

# Slow hashing protects passwords; here it would only make every persona cost a quarter of a second.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALIASES = {"default", "owner"}


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
            mark = pytest.mark.django_db(transaction=True, databases=sorted(ALIASES))
            item.add_marker(mark, append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database of this process: `owner` makes it, every test works on it as `app`."""
    name = f"test_{settings.DATABASES['owner']['NAME']}_{os.getpid()}"
    connections["owner"].settings_dict["TEST"]["NAME"] = name
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        remove_databases_of_dead_runs()
        kept = setup_databases(verbosity=0, interactive=False, aliases=ALIASES)
        assert {connections[alias].settings_dict["NAME"] for alias in ALIASES} == {name}
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT current_database(), current_user")
            database, role = cursor.fetchone()
        assert database.startswith("test_")
        assert role == "app"
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        end_other_sessions()
        connections["default"].close()
        teardown_databases(kept, verbosity=0)


def end_other_sessions() -> None:
    """Threads of a live server may still hold connections, and a database in use cannot be removed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def remove_databases_of_dead_runs() -> None:
    with connections["owner"]._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_.*_[0-9]+$'")
        for (database,) in cursor.fetchall():
            try:
                os.kill(int(database.rpartition("_")[2]), 0)
            except ProcessLookupError:
                cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            except PermissionError:
                continue


@pytest.fixture
def clinic(db: None) -> Clinic:
    return factories.make_clinic("Harbour Physiotherapy")


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
def client_for(db: None) -> Callable[[Membership | User], Client]:
    def make(person: Membership | User) -> Client:
        client = Client()
        client.force_login(
            person.user if isinstance(person, Membership) else person,
            backend=settings.AUTHENTICATION_BACKENDS[0],
        )
        return client

    return make
