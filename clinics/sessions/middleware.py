"""Locks a session that was left alone, ends one that is too old, and clears the browser at sign-out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from clinics.adapters import ClosedAccountAdapter
from clinics.middleware import GetResponse, View
from clinics.sessions import clock, held

# Of allauth, what a locked session may open: leaving, and proving with a passkey who is there.
OPEN_WHILE_LOCKED = {"account_logout", "mfa_reauthenticate_webauthn"}


def open_while_locked(view: View) -> View:
    """For a page that belongs to the lock; opening it is no sign of anybody being there."""
    view.open_while_locked = True  # type: ignore[attr-defined]
    return view


class SessionLimitMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "signed_out", False):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        if clock.is_over(request):
            return _end(request)
        if getattr(view, "open_while_locked", False):
            return None
        if clock.is_locked(request):
            clock.lock(request)
            return None if _leaves_or_proves(request) else _send_to_lock(request)
        clock.touch(request)
        return None


def _leaves_or_proves(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in OPEN_WHILE_LOCKED


def _end(request: HttpRequest) -> HttpResponse:
    page = _page(request)
    ClosedAccountAdapter(request).logout(request)
    address = redirect_to_login(page).url
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _send_to_lock(request: HttpRequest) -> HttpResponse:
    address = resolve_url("sessions:session-locked")
    held.continue_at(request, _page(request))
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    held.hold(request)
    return redirect(address)


def _page(request: HttpRequest) -> str:
    """The page the person is on, also when a part of it asked."""
    if request.headers.get("HX-Request"):
        return request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
    return request.get_full_path() if request.method == "GET" else "/"
