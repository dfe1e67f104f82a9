"""Where browsers say that a page tried something the content policy forbids.

Anybody may post here, so little is believed and little is kept: the directive and the blocked host, never an
address of ours (it names a patient by id) nor a sample of a page.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections import deque
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger("tinel.csp")

BYTES_MAX = 16_384  # a browser's batch of reports; more is no report
ENTRIES_MAX = 20
PER_MINUTE = 60  # of one process; a broken page reports once per element and visit
DIRECTIVE = re.compile(r"[a-z-]{1,40}")
HOST = re.compile(r"[a-zA-Z0-9.-]{1,253}")
WORDS = {"inline", "eval", "wasm-eval", "self", "data", "blob", "trusted-types-sink", "trusted-types-policy"}

_times: deque[float] = deque()
_lock = Lock()


@csrf_exempt
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    if not _in_time():
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    body = request.read(BYTES_MAX + 1)
    if len(body) > BYTES_MAX:
        return HttpResponse(status=413)
    for report in _reports(body):
        directive = report.get("effective-directive") or report.get("effectiveDirective")
        directive = directive or report.get("violated-directive")
        blocked = report.get("blocked-uri") or report.get("blockedURL")
        facts = {"directive": _directive(directive), "blocked": _blocked(blocked)}
        logger.warning("content policy violated", extra=facts)
    return HttpResponse(status=204)


def _in_time() -> bool:
    """Whether this process took fewer than PER_MINUTE reports within the last minute."""
    now = time.monotonic()
    with _lock:
        while _times and now - _times[0] > 60:
            _times.popleft()
        if len(_times) >= PER_MINUTE:
            return False
        _times.append(now)
        return True


def _reports(body: bytes) -> list[dict[str, Any]]:
    """Both shapes: `report-uri` posts one object, `report-to` a list. What cannot be read counts as one."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return [{}]
    if isinstance(sent, dict):
        report = sent.get("csp-report")
        return [report if isinstance(report, dict) else {}]
    if not isinstance(sent, list):
        return [{}]
    bodies = [entry.get("body") for entry in sent[:ENTRIES_MAX] if isinstance(entry, dict)]
    return [entry for entry in bodies if isinstance(entry, dict)] or [{}]


def _directive(value: Any) -> str:
    word = value.partition(" ")[0] if isinstance(value, str) else ""
    return word if DIRECTIVE.fullmatch(word) else "unreadable"


def _blocked(value: Any) -> str:
    if not isinstance(value, str):
        return "unreadable"
    if value in WORDS:
        return value
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        return "unreadable"
    if HOST.fullmatch(host):
        return host
    return parts.scheme if parts.scheme in WORDS else "unreadable"
