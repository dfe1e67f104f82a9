"""Around every page: one transaction, no copies in caches, signed in, in a clinic."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django_htmx.http import HttpResponseClientRedirect

from clinics import audit
from clinics.acting import Acting, act, forget_acting
from clinics.models import Membership

GetResponse = Callable[[HttpRequest], HttpResponse]
ACTIVE_CLINIC = "clinic"  # key in the session
SECOND_FACTOR_FIRST = (
    "Your clinic asks for a second factor. "
    "Set up a passkey or an authenticator app here, then go on to the patients."
)
View = TypeVar("View", bound=Callable[..., HttpResponse])


class TransactionMiddleware:
    """One transaction around the view *and* the rendering of its template, undone when the answer is a
    failure.

    ATOMIC_REQUESTS ends before a template is rendered; whatever is set for the transaction
    (set_config('app.clinic', …, true) for row-level policies) would be gone by then. What is to go on record
    is written as the last statement.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forget_acting()
        try:
            with transaction.atomic(), audit.collecting():
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                audit.flush()
        finally:
            forget_acting()
        return response


class NoStoreMiddleware:
    """What a signed-in person sees is kept by no cache, neither the browser's nor one on the way."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
            patch_cache_control(response, no_store=True, private=True)
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Closes every view that is not marked open. A fragment is answered by a redirect of the whole page."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        if not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        return sign_in_again(request, self.get_login_url(view_func))


def sign_in_again(request: HttpRequest, login_url: str | None = None) -> HttpResponse:
    """Sends the browser to sign-in and back to the page it was on, never a form into a panel of it."""
    page = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(redirect_to_login(page, login_url).url)


class MembershipMiddleware:
    """Sets `request.membership`, the member in the active clinic, and acts there: the database shows no row
    of another. Without a membership few pages are open.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = _active_membership(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.resolver_match.app_name == "admin" and request.user.is_staff:  # type: ignore[union-attr]
            act(Acting(user=request.user.pk, administration=True))
        if not request.user.is_authenticated or _is_open_without_clinic(view):
            return None
        if request.membership is None:  # type: ignore[attr-defined]
            return _send_to(request, "clinics:clinic-choice")
        if _lacks_second_factor(request.membership):  # type: ignore[attr-defined]
            messages.warning(request, SECOND_FACTOR_FIRST)
            return _send_to(request, "mfa_index")
        return None


def _send_to(request: HttpRequest, name: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(reverse(name))
    return redirect(name)


def _lacks_second_factor(membership: Membership) -> bool:
    """`has_second_factor` comes with the membership, in the same query."""
    return membership.clinic.requires_second_factor and not membership.has_second_factor  # type: ignore[attr-defined]


def membership_not_required(view: View) -> View:
    view.membership_required = False  # type: ignore[attr-defined]
    return view


def _is_open_without_clinic(view: Any) -> bool:
    """Sign-in pages and the administration are not ours to mark; both belong to a person, not to a clinic."""
    if view.__module__.startswith(("allauth.", "django.")):
        return True
    return not getattr(view, "membership_required", True) or not getattr(view, "login_required", True)


def _active_membership(request: HttpRequest) -> Membership | None:
    """The clinic kept in the session, or the only one there is; from here on the database acts in it.

    The session's clinic is tried first and left again when this person is no member of it.
    """
    if not request.user.is_authenticated:
        act(Acting())
        return None
    chosen = _clinic_of_session(request)
    act(Acting(user=request.user.pk, clinic=chosen))
    memberships = list(Membership.objects.of(request.user))
    found = next((row for row in memberships if row.clinic_id == chosen), None)
    if found is None and len(memberships) == 1:
        found = memberships[0]
    if found is None or found.clinic_id != chosen:
        act(Acting(user=request.user.pk, clinic=found.clinic_id if found else None))
        _remember(request, found)
    return found


def _clinic_of_session(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.session.get(ACTIVE_CLINIC, ""))
    except ValueError:
        return None


def _remember(request: HttpRequest, membership: Membership | None) -> None:
    """So that the next request acts in the right clinic with its first statement."""
    if membership:
        request.session[ACTIVE_CLINIC] = str(membership.clinic_id)
