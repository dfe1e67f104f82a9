"""`/livez`: this process answers. `/readyz`: it can do its work. Both say nothing else; the log says why not.

Ready means: the database answers the role `app`, every migration of this code is applied, and a release of
knowledge is published. Answered before everything else, so that neither host name, TLS nor session is in
the way. `python -m config.health` asks `/readyz` of the server on this machine, for container health checks.
"""

import logging
import os
import sys
import urllib.request
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("tinel.health")


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.migrated = False  # once true it stays: neither code nor tables go back under a running process

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return _answer("alive", 200)
        if request.path != "/readyz":
            return self.get_response(request)
        missing = self._missing()
        if missing:
            logger.warning("not ready: %s", missing)
            return _answer("not ready", 503)
        return _answer("ready", 200)

    def _missing(self) -> str:
        try:
            self.migrated = self.migrated or not _has_unapplied_migrations()
            if not self.migrated:
                return "migrations are not applied"
            return "" if _has_release() else "no release is published"
        except DatabaseError:
            return "the database does not answer"


def _answer(text: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers=headers)


def _has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _has_release() -> bool:
    from knowledge.models import Release  # noqa: PLC0415 - `probe` runs without the settings of Tinel

    return Release.objects.exists()


def probe() -> int:
    address = f"http://127.0.0.1:{os.environ.get('GRANIAN_PORT', '8000')}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(probe())
