"""`/livez`: this process answers. `/readyz`: it can do its work, database included. Both say nothing else.

Answered before everything else, so that neither host name, TLS, session nor a dead database is in the way.
`python -m config.health` asks `/readyz` of the server on this machine, for container health checks.
"""

import os
import sys
import urllib.request
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return _answer("alive", 200)
        if request.path == "/readyz":
            return _answer("ready", 200) if _database_answers() else _answer("database unavailable", 503)
        return self.get_response(request)


def _answer(text: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers=headers)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def probe() -> int:
    address = f"http://127.0.0.1:{os.environ.get('GRANIAN_PORT', '8000')}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(probe())
