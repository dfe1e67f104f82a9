"""The cookies of production, as its settings make them: closed to scripts, other hosts and plain HTTP."""

import ast

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from tests.config.test_settings import GOOD, load_settings
from tests.factories import PASSWORD
from tests.factories import Browser as Client

NAMES = [
    f"{cookie}_COOKIE_{part}"
    for cookie in ("SESSION", "CSRF")
    for part in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN", "PATH")
]


@pytest.fixture(scope="module")
def production():
    show = f"{{n: getattr(s, n) for n in {NAMES} if hasattr(s, n)}}"
    result = load_settings(show, **GOOD)
    assert result.returncode == 0, result.stderr
    return ast.literal_eval(result.stdout.strip())


def test_production_sets_no_domain_and_no_path(production):
    assert not [name for name in production if name.endswith(("DOMAIN", "PATH"))]
    assert django_settings.SESSION_COOKIE_DOMAIN is django_settings.CSRF_COOKIE_DOMAIN is None


def test_cookies_of_a_sign_in_are_closed(owner, settings, production):
    for name, value in production.items():
        setattr(settings, name, value)
    client = Client()
    client.get(reverse("account_login"), secure=True)
    form = {"login": owner.user.email, "password": PASSWORD}
    answer = client.post(reverse("account_login"), form, secure=True)
    cookies = {name: cookie for name, cookie in client.cookies.items() if name.startswith("__Host-")}
    assert {"__Host-session", "__Host-csrf"} <= cookies.keys()
    assert set(answer.cookies) <= {"__Host-session", "__Host-csrf"}
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
        assert (cookie["samesite"], cookie["domain"]) == ("Lax", "")
