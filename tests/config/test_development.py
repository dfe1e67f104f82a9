import threading

from config import development


def test_first_use_writes_a_private_file_with_a_key_of_its_own(tmp_path):
    first = development.read_env_file(tmp_path / "a" / "dev.env")
    second = development.read_env_file(tmp_path / "b" / "dev.env")
    assert first["DEBUG"] == "1"
    assert "localhost" in first["ALLOWED_HOSTS"]
    assert len(first["SECRET_KEY"]) >= 50
    assert first["SECRET_KEY"] != second["SECRET_KEY"]
    assert (tmp_path / "a" / "dev.env").stat().st_mode & 0o077 == 0


def test_second_use_reads_the_same(tmp_path):
    path = tmp_path / "dev.env"
    assert development.read_env_file(path) == development.read_env_file(path)


def test_two_at_once_agree_on_one_key(tmp_path):
    path, keys = tmp_path / "dev.env", []
    threads = [
        threading.Thread(target=lambda: keys.append(development.read_env_file(path)["SECRET_KEY"]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["dev.env"]


def test_given_database_is_left_alone(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/else")
    assert development.prepare_environment() is None
