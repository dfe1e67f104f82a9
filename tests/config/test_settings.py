"""Production settings are closed: each test starts a fresh process with an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "tinel.example",
    "DATABASE_URL": "postgresql://app:secret@db.example:5432/tinel",
}


def load_settings(show: str = "'loaded'", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import config.settings as s; print({show})"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_complete_environment_loads():
    result = load_settings("(s.DEBUG, s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE)", **GOOD)
    assert result.stdout.strip() == "(False, '__Host-session', True)", result.stderr


@pytest.mark.parametrize("name", sorted(GOOD))
def test_refuses_without(name):
    result = load_settings(**{key: value for key, value in GOOD.items() if key != name})
    assert result.returncode != 0
    last_line = result.stderr.strip().splitlines()[-1]
    assert last_line.endswith(f"Tinel does not start: {name} is not set in the environment.")


def test_names_everything_that_is_missing_at_once():
    assert "SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL are not set" in load_settings().stderr


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("DEBUG", "maybe", "DEBUG is 'maybe', but must be 1 or 0"),
        ("SECRET_KEY", "short", "SECRET_KEY must have at least 50 characters"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name the hosts"),
        ("DATABASE_URL", "mysql://root@host/db", "DATABASE_URL must look like postgresql://"),
        ("DATABASE_URL", "postgresql://host/", "DATABASE_URL must look like postgresql://"),
        ("DATABASE_POOL_SIZE", "many", "DATABASE_POOL_SIZE is 'many', but must be a number"),
        ("TIME_ZONE", "Mars/Olympus", "Incorrect timezone setting: Mars/Olympus"),
    ],
)
def test_refuses_a_wrong_value(name, value, complaint):
    result = load_settings("s.DEBUG", **{**GOOD, name: value})
    if name == "TIME_ZONE":  # Django itself looks at this one
        result = subprocess.run(
            [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
            cwd=PROJECT,
            env={**GOOD, "TIME_ZONE": value, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode != 0
    assert complaint in result.stderr


def test_database_address_keeps_its_parts():
    names = ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    result = load_settings(f"[s.DATABASES['default'][name] for name in {names}]", **GOOD)
    assert result.stdout.strip() == "['app', 'secret', 'db.example', '5432', 'tinel']", result.stderr


def test_web_server_never_reads_the_development_file():
    result = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "Tinel does not start" in result.stderr


def test_command_line_says_it_in_one_sentence():
    result = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": GOOD["DATABASE_URL"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert (
        result.stderr == "Tinel does not start: SECRET_KEY, ALLOWED_HOSTS are not set in the environment.\n"
    )


def test_policy_has_no_unsafe_source(settings):
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert not [source for sources in directives.values() for source in sources if "unsafe" in source]


def test_cookies_are_closed():
    kept = "SESSION", "CSRF"
    shown = [
        f"s.{name}_COOKIE_{what}" for name in kept for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")
    ]
    result = load_settings(f"({', '.join(shown)})", **GOOD)
    expected = ("__Host-session", True, True, "Lax", "__Host-csrf", True, True, "Lax")
    assert result.stdout.strip() == str(expected), result.stderr
