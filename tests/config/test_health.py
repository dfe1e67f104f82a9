import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from config import health


def test_process_that_answers_is_alive_even_without_a_database():
    answer = Client().get("/livez", headers={"host": "any.name"})  # without the db fixture a query would fail
    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_ready_means_that_the_database_answers(db):
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")
    assert answer.headers["Cache-Control"] == "no-store"


def test_dead_database_is_said_and_nothing_else(db, monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise OperationalError from psycopg.OperationalError("connection to secret-host failed")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database unavailable\n")


def test_probe_fails_where_nobody_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRANIAN_PORT", "1")
    assert health.probe() == 1
