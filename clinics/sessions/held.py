"""Where a locked session goes on, and the form that was sent while it was locked: both kept on the server."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

PLACE = "continue_at"  # keys in the session
FORM = "held_form"
LARGEST_FORM = 200_000  # bytes; a whole visit sent as one form is some 40,000
NEVER_HELD = ("/accounts/", "/admin/", "/session/")  # passwords and codes


def continue_at(request: HttpRequest, page: str) -> None:
    if url_has_allowed_host_and_scheme(page, allowed_hosts=None) and not page.startswith(NEVER_HELD):
        request.session[PLACE] = page


def place(request: HttpRequest) -> str:
    return str(request.session.get(PLACE, "/"))


def hold(request: HttpRequest) -> None:
    """A form of ours, without files; the person sends it on after unlocking, or drops it."""
    if request.method != "POST" or request.path.startswith(NEVER_HELD) or request.FILES:
        return
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FORM:
        return
    fields = [[name, value] for name, values in request.POST.lists() for value in values]
    kept = [pair for pair in fields if pair[0] != "csrfmiddlewaretoken"]
    request.session[FORM] = {"address": request.get_full_path(), "fields": kept}


def form(request: HttpRequest) -> dict[str, Any] | None:
    held: dict[str, Any] | None = request.session.get(FORM)
    return held


def drop(request: HttpRequest) -> None:
    request.session.pop(FORM, None)
