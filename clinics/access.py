"""What a view asks of the person before it does anything: a role, a fresh sign-in, patience.

@require_POST
@lead_required
@fresh_authentication_required
def member_deactivate(request, membership_id): ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django_htmx.http import HttpResponseClientRedirect

View = TypeVar("View", bound=Callable[..., HttpResponse])


def lead_required(view: View) -> View:
    """For leads and administrators of the clinic; a colleague without the right gets 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.membership.leads:  # type: ignore[attr-defined]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]


def fresh_authentication_required(view: View) -> View:
    """Asks again for password, code or passkey when the last time is more than five minutes ago
    (ACCOUNT_REAUTHENTICATION_TIMEOUT), then goes on with what was asked, a sent form included.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            return _prove_on_a_whole_page(request)
        raise ReauthenticationRequired  # allauth keeps the form and sends it on afterwards

    return guarded  # type: ignore[return-value]


def _prove_on_a_whole_page(request: HttpRequest) -> HttpResponse:
    """Never a form of passwords inside a panel: the whole page goes there and comes back."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    page = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(f"{methods[0]['url']}?{urlencode({'next': page})}")


def rate_limited(action: str, *, reads: bool = False) -> Callable[[View], View]:
    """So many POSTs of this action, as ACCOUNT_RATE_LIMITS says; then 429 and a page that says so. `reads`:
    GETs count too.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            refusal = ratelimit.consume_or_429(request, action=action, limit_get=reads)
            return refusal or view(request, *args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate
