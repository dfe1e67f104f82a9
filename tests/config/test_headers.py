"""Each header on every kind of answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from clinics.models import Membership
from tests.factories import Browser as Client
from tests.triage.factories import make_encounter

EXPECTED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Reporting-Endpoints": 'csp="/csp-report/"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "report-uri": "/csp-report/",
}
KINDS = {
    "page": 200,
    "fragment": 200,
    "patient": 200,
    "static": 200,
    "not found": 404,
    "wrong method": 405,
    "invalid form": 422,
    "failure": 500,
    "alive": 200,
    "ready": 200,
    "sign-in": 200,
    "redirect": 302,
    "admin": 200,
    "report": 204,
}


@pytest.fixture
def answers(owner: Membership, client_for: Callable[..., Client], settings) -> dict:
    settings.ROOT_URLCONF = "tests.failing_urls"
    draft = make_encounter(owner)
    visit = reverse("triage:encounter-detail", args=[draft.pk])
    member, visitor = client_for(owner), Client()
    member.raise_request_exception = False
    owner.user.is_staff = owner.user.is_superuser = True
    owner.user.save()
    htmx = {"HX-Request": "true"}
    return {
        "page": member.get("/"),
        "fragment": member.get(reverse("triage:encounter-search", args=[draft.pk]) + "?q=te", headers=htmx),
        "patient": member.get(visit),
        "static": visitor.get("/static/css/theme.css"),
        "not found": member.get("/no-such-page/"),
        "wrong method": member.delete("/"),
        "invalid form": member.post(reverse("triage:patient-new"), {"given_name": ""}),
        "failure": member.get("/failing/"),
        "alive": visitor.get("/livez"),
        "ready": visitor.get("/readyz"),
        "sign-in": visitor.get(reverse("account_login")),
        "redirect": visitor.get("/"),
        "admin": member.get(reverse("admin:index")),
        "report": visitor.post("/csp-report/", b"{}", content_type="application/csp-report"),
    }


def test_every_kind_of_answer_carries_every_header(answers):
    assert {kind: answer.status_code for kind, answer in answers.items()} == KINDS
    for kind, answer in answers.items():
        assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED, kind
        assert "camera=()" in answer.headers["Permissions-Policy"], kind
        assert policy(answer) == POLICY, kind
        assert len(answer.headers["X-Request-ID"]) == 32, kind
        assert "Server" not in answer.headers, kind


def policy(answer) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, _, sources in parts}


def test_pages_of_a_member_are_kept_by_no_cache(answers):
    for kind in ("page", "fragment", "patient", "not found", "invalid form", "failure", "admin"):
        assert "no-store" in answers[kind].headers["Cache-Control"], kind


def test_request_id_is_never_the_callers():
    first, second = (Client().get("/livez", headers={"X-Request-ID": "chosen"}) for _ in range(2))
    assert first.headers["X-Request-ID"] != "chosen"
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_browsers_are_told_to_keep_to_tls(db, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    for address in (reverse("account_login"), "/static/css/theme.css"):
        answer = Client().get(address, secure=True)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", address


def test_nothing_is_listed_and_no_source_is_served(db):
    for address in ("/static/", "/static/css/", "/.git/config", "/manage.py", "/var/dev.env"):
        assert Client().get(address).status_code in (302, 404), address
