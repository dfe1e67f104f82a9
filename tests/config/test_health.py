import logging

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from config import health
from tests.factories import Browser as Client
from tests.triage.factories import make_release


def ready() -> tuple[int, bytes]:
    answer = Client().get("/readyz", headers={"host": "any.name"})
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.content


def test_process_that_answers_is_alive_even_without_a_database():
    answer = Client().get("/livez", headers={"host": "any.name"})  # without the db fixture a query would fail
    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_ready_means_database_tables_and_a_release(db):
    make_release()
    assert ready() == (200, b"ready\n")


def test_without_a_release_it_is_not_ready(db, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING, "tinel.health")
    assert ready() == (503, b"not ready\n")
    assert "no release is published" in caplog.text


def test_with_a_migration_missing_it_is_not_ready(db, caplog: pytest.LogCaptureFixture):
    make_release()
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="triage").order_by("-id").first()
    recorder.record_unapplied("triage", newest.name)
    caplog.set_level(logging.WARNING, "tinel.health")
    assert ready() == (503, b"not ready\n")
    assert "migrations are not applied" in caplog.text


def test_dead_database_is_told_to_the_log_alone(db, monkeypatch, caplog: pytest.LogCaptureFixture):
    def refuse() -> None:
        raise OperationalError from psycopg.OperationalError("connection to secret-host failed")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        assert ready() == (503, b"not ready\n")
    assert "the database does not answer" in caplog.text
    assert "secret-host" not in caplog.text


def test_probe_fails_where_nobody_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRANIAN_PORT", "1")
    assert health.probe() == 1
