"""What `manage.py` and the tests do before settings are read, when no DATABASE_URL is set.

Web servers of production start from `config.wsgi` and never come here: their settings stay closed.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from config.embedded_postgres import EmbeddedPostgres

PROJECT = Path(__file__).resolve().parent.parent
ENV_FILE = PROJECT / "var" / "dev.env"

TEMPLATE = """\
# Settings of this clone for development, made on first use. Never for production.
SECRET_KEY={key}
DEBUG=1
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
DATABASE_POOL_SIZE=8
"""


def prepare_environment(*, start_database: bool = True) -> EmbeddedPostgres | None:
    """Fill `os.environ` from var/dev.env and point it at the embedded server. None when DATABASE_URL is
    set.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if os.environ.get("DATABASE_URL"):
        return None
    server = EmbeddedPostgres.of_project(PROJECT)
    (PROJECT / "var" / "static").mkdir(exist_ok=True)
    for name, value in read_env_file().items():
        os.environ.setdefault(name, value)
    if start_database:
        server.start()
    os.environ["DATABASE_URL"] = server.url("app")
    os.environ["OWNER_DATABASE_URL"] = server.url("owner")
    os.environ["BACKUP_DATABASE_URL"] = server.url("backup")
    return server


def read_env_file(path: Path = ENV_FILE) -> dict[str, str]:
    if not path.exists():
        _create(path)
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _create(path: Path) -> None:
    """Whole or not at all: two processes may come here at once, and the first key wins."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(TEMPLATE.format(key=secrets.token_urlsafe(50)))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
