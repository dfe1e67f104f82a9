"""A server of their own for these tests, beside the one on which all others run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded_places import EmbeddedPostgresError
from config.embedded_postgres import DATABASE, EmbeddedPostgres


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone's folder with a space in its path, reachable by the server's account."""
    base = Path(os.environ.get("TMPDIR", "/tmp")) / f"tinel tests {os.getpid()}"
    base.mkdir(mode=0o755)
    yield base
    shutil.rmtree(base)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres.of_project(folder)
    yield server
    server.stop()


def kill_everything(server: EmbeddedPostgres) -> None:
    for process in server._processes():
        process.kill()
    psutil.wait_procs(server._processes(), timeout=10)


def test_acknowledged_rows_survive_a_kill(server):
    assert server.start() is True
    assert server.start() is False
    with server.connect("owner", DATABASE) as connection:
        connection.execute("CREATE TABLE kept (value text)")
        connection.execute("INSERT INTO kept VALUES ('acknowledged')")
    kill_everything(server)
    assert not server.answers("app", DATABASE)
    assert server.start() is True
    with server.connect("owner", DATABASE) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [("acknowledged",)]


def test_stop_stops_and_says_whether_there_was_anything(server):
    server.start()
    assert server.stop() is True
    assert server.stop() is False
    assert not server.answers("app", DATABASE)


def test_pid_file_of_a_foreign_process_does_not_block(server):
    server.start()
    server.stop()
    (server.places.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.places.data}\n")
    assert server.start() is True


def test_unfinished_first_start_is_repeated(server):
    server.places.prepare()
    server.places.fresh_folder("data.new")
    assert server.start() is True
    assert not list(server.places.home.glob("data.new-*"))


def test_roles_have_the_rights_of_production(server):
    server.start()
    with server.connect("owner", DATABASE) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolname = ANY(%s) ORDER BY rolname",
            [["owner", "app", "backup"]],
        ).fetchall()
        assert rows == [
            ("app", False, False, False),
            ("backup", False, True, False),
            ("owner", False, False, False),
        ]
        connection.execute("CREATE TABLE of_owner (value text)")
    for statement in (
        "DROP TABLE of_owner",
        "CREATE TABLE of_app (value text)",
        "CREATE TEMP TABLE brief (value text)",
    ):
        with (
            server.connect("app", DATABASE) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_two_clones_do_not_meet(server, folder):
    other = EmbeddedPostgres.of_project(_new_clone(folder))
    try:
        server.start()
        other.start()
        assert other.places.sockets != server.places.sockets
        with server.connect("owner", DATABASE) as here, other.connect("owner", DATABASE) as there:
            here.execute("CREATE TABLE only_here (value text)")
            assert there.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
    finally:
        other.stop()


def test_server_does_not_listen_on_the_network(server):
    server.start()
    with server.connect("postgres", DATABASE) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root meets folders that the server's account cannot reach"
)
def test_unreachable_clone_keeps_its_data_outside_and_says_so(folder, capsys):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres.of_project(_new_clone(closed))
    said = capsys.readouterr().err
    try:
        assert str(server.places.home) in said
        assert (closed / "clone" / "var" / "postgres.location").read_text().strip() == str(server.places.home)
        assert server.start() is True
        assert closed.stat().st_mode & 0o777 == 0o700
        again = EmbeddedPostgres.of_project(closed / "clone")
        assert again.places.home == server.places.home
        shutil.copytree(closed / "clone", closed / "copy")
        assert EmbeddedPostgres.of_project(closed / "copy").places.home != server.places.home
    finally:
        server.stop()
        shutil.rmtree(server.places.home)
        copied = closed / "copy" / "var" / "postgres.location"
        if copied.exists():
            shutil.rmtree(copied.read_text().strip())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to hand a folder to another account")
def test_data_of_another_account_are_refused_to_a_third(folder, monkeypatch):
    server = EmbeddedPostgres.of_project(folder)
    server.places.prepare()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(EmbeddedPostgresError, match="belongs to user"):
        EmbeddedPostgres.of_project(folder)


def _new_clone(folder: Path) -> Path:
    clone = folder / "clone"
    clone.mkdir()
    return clone
