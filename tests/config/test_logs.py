from __future__ import annotations

import json
import logging
import sys

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse

from clinics.models import Membership, User
from config.logs import JsonFormatter, LineFormatter
from config.requests import LastResort
from tests.factories import Browser as Client
from tests.failing_urls import TAKEN

CANARY = "Quetzalcoatlus"


def test_an_answer_is_one_line_of_ids(lines, owner: Membership, client_for):
    answer = client_for(owner).get(reverse("triage:patient-list") + f"?q={CANARY}")
    (line,) = [line for line in lines() if line["logger"] == "tinel.request"]
    assert line.pop("at").endswith("Z")
    assert line.pop("ms") > 0
    assert line == {
        "level": "INFO",
        "logger": "tinel.request",
        "message": "answered",
        "request_id": answer.headers["X-Request-ID"],
        "user_id": str(owner.user_id),
        "clinic_id": str(owner.clinic_id),
        "route": "triage:patient-list",
        "method": "GET",
        "status": 200,
    }


def test_wrong_address_is_not_repeated(lines, owner: Membership, client_for):
    client_for(owner).get(f"/{CANARY}/?name={CANARY}")
    assert [line["status"] for line in lines() if line["logger"] == "tinel.request"] == [404]
    assert CANARY not in json.dumps(lines())


def test_failure_leads_from_the_page_to_the_line(lines, db, settings):
    settings.ROOT_URLCONF = "tests.failing_urls"
    client = Client(raise_request_exception=False)
    answer = client.get("/failing/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in page
    assert TAKEN not in page
    (line,) = [line for line in lines() if line["logger"] == "django.request"]
    assert line["request_id"] == answer.headers["X-Request-ID"]
    kinds = [error["kind"] for error in line["exceptions"]]
    assert kinds == ["django.db.utils.IntegrityError", "psycopg.errors.UniqueViolation"]
    assert line["exceptions"][1]["sqlstate"] == "23505"
    assert line["exceptions"][1]["table"] == "clinics_user"
    assert "failing_urls.py" in json.dumps(line["exceptions"][0]["places"])
    assert TAKEN not in json.dumps(lines())


def test_database_error_loses_its_detail(db):
    User.objects.create(email=TAKEN, name=CANARY)
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO clinics_user SELECT * FROM clinics_user WHERE name = %s", [CANARY])
    except IntegrityError:
        record = logging.LogRecord("tinel", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    written = JsonFormatter().format(record)
    assert "UniqueViolation" in written
    assert TAKEN in str(record.exc_info[1]) or "already exists" in str(record.exc_info[1])
    assert "already exists" not in written
    assert CANARY not in written


@pytest.mark.parametrize(
    ("name", "message", "arguments", "kept"),
    [
        ("triage.views", "ranking failed for encounter %s", ("7",), "ranking failed for encounter 7"),
        ("django.server", '"%s" %s', (f"GET /?q={CANARY}", 404), '"%s" %s'),
        ("django.security.DisallowedHost", f"Invalid host {CANARY}", (), "DisallowedHost"),
        ("psycopg.pool", "error connecting: %s", (CANARY,), "error connecting: %s"),
    ],
)
def test_other_packages_keep_the_wording_alone(name, message, arguments, kept):
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, None)
    assert json.loads(JsonFormatter().format(record))["message"] == kept


def test_times_are_utc():
    record = logging.LogRecord("tinel", logging.INFO, __file__, 1, "said", None, None)
    record.created, record.msecs = 0, 7
    assert json.loads(JsonFormatter().format(record))["at"] == "1970-01-01T00:00:00.007Z"
    assert LineFormatter().format(record).startswith("1970-01-01T00:00:00.007Z")


def test_last_resort_says_nothing_and_logs_the_place(lines):
    def broken(environ, start_response):
        raise RuntimeError(CANARY)

    started: list = []
    body = b"".join(LastResort(broken)({}, lambda *given: started.append(given)))
    status, headers = started[0]
    assert status.startswith("500 ")
    assert dict(headers)["X-Content-Type-Options"] == "nosniff"
    assert CANARY.encode() not in body
    assert lines()[-1]["exceptions"][0]["kind"] == "builtins.RuntimeError"
    assert CANARY not in json.dumps(lines())
