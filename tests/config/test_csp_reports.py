from __future__ import annotations

import json
import logging

import pytest

from config import csp_reports
from tests.factories import Browser as Client

pytestmark = pytest.mark.django_db
ID = "0e5f8e7a-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _fresh_minute():
    csp_reports._times.clear()
    yield
    csp_reports._times.clear()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING, "tinel.csp")
    return lambda: [(row.directive, row.blocked) for row in caplog.records if row.name == "tinel.csp"]


def post(body: bytes | str, content_type: str = "application/csp-report", **options):
    return Client(enforce_csrf_checks=True).post("/csp-report/", body, content_type=content_type, **options)


def test_old_shape_is_logged_with_directive_and_host_only(logged, caplog):
    report = {
        "document-uri": f"https://tinel.example/patients/{ID}/?q=Canary",
        "effective-directive": "script-src-elem",
        "blocked-uri": f"https://evil.example:8443/x.js?patient={ID}",
        "script-sample": "Canary",
    }
    assert post(json.dumps({"csp-report": report})).status_code == 204
    assert logged() == [("script-src-elem", "evil.example")]
    assert ID not in caplog.text
    assert "Canary" not in caplog.text


def test_new_shape_holds_several(logged):
    bodies = [
        {"effectiveDirective": "style-src-attr", "blockedURL": "inline"},
        {"effectiveDirective": "img-src", "blockedURL": "https://pictures.example/a"},
    ]
    sent = [{"type": "csp-violation", "body": body} for body in bodies]
    assert post(json.dumps(sent), "application/reports+json").status_code == 204
    assert logged() == [("style-src-attr", "inline"), ("img-src", "pictures.example")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[1]",
        b'{"csp-report": 3}',
        b"[" * 5000,
        b'{"csp-report": {"effective-directive": "Canary\\n<b>", "blocked-uri": "http://[Canary"}}',
        b'{"csp-report": {"effective-directive": 7, "blocked-uri": ["Canary"]}}',
    ],
)
def test_anything_can_be_posted_and_none_of_it_is_repeated(body, logged, caplog):
    assert post(body).status_code == 204
    assert logged() == [("unreadable", "unreadable")]
    assert "Canary" not in caplog.text


def test_large_report_is_refused(logged):
    assert post(b"x" * (csp_reports.BYTES_MAX + 1)).status_code == 413
    assert logged() == []


def test_flood_is_cut(logged):
    answers = [post(b"{}").status_code for _ in range(csp_reports.PER_MINUTE + 5)]
    assert answers == [204] * csp_reports.PER_MINUTE + [429] * 5
    assert len(logged()) == csp_reports.PER_MINUTE


def test_only_posting_is_possible():
    for method in ("get", "put", "delete", "patch"):
        assert getattr(Client(), method)("/csp-report/").status_code == 405
