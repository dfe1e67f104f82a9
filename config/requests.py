"""Around everything: a request id, one log line per answer, and the page of last resort."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from config.headers import HEADERS
from config.logs import current_request_id, request_being_answered

logger = logging.getLogger("tinel.request")
QUIET = ("/livez", "/readyz")  # asked every few seconds: logged only when they fail


class RequestLogMiddleware:
    """The outermost: what fails inside it is answered with the request id that the log line carries."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        with request_being_answered(request) as request_id:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            if request.path not in QUIET or response.status_code >= 500:
                logger.info("answered", extra=_facts(request, response, time.monotonic() - began))
        return response


def _facts(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, Any]:
    """The name of the route, never its address: a wrong address may hold anything that was typed."""
    match = request.resolver_match
    return {
        "route": match.view_name if match else "",
        "method": request.method if request.method in _METHODS else "OTHER",
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
    }


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


def server_error(request: HttpRequest) -> HttpResponse:
    """Without context processors, session or database: any of them may be what failed."""
    page = render_to_string("500.html", {"request_id": current_request_id()})
    return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})


class LastResort:
    """Around the WSGI application: even when the error page itself fails, the answer says nothing and the
    log says where.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self.application(environ, start_response)
        except Exception:
            logger.exception("no answer could be made")
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
            start_response("500 Internal Server Error", [*headers, *HEADERS.items()])
            return [b"Something went wrong on our side. What was saved before is safe.\n"]
