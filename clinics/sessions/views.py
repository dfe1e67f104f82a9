"""The lock of a session left alone, and ending one's other sessions."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.models import Authenticator
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.access import rate_limited
from clinics.adapters import record_own
from clinics.middleware import membership_not_required
from clinics.sessions import clock, held
from clinics.sessions.middleware import open_while_locked


@require_POST
@membership_not_required
@open_while_locked
def session_lock(request: HttpRequest) -> HttpResponse:
    """Asked for by the person, or by the page when nobody touched it for so long."""
    held.continue_at(request, request.POST.get("next", "/"))
    clock.lock(request)
    return redirect("sessions:session-locked")


@require_http_methods(["GET", "POST"])
@membership_not_required
@open_while_locked
@rate_limited("unlock")
def session_locked(request: HttpRequest) -> HttpResponse:
    if not clock.is_locked(request):
        return redirect(held.place(request))
    form = ReauthenticateForm(request.POST or None, user=request.user)
    form.fields["password"].help_text = ""  # a link to the reset, which is locked too
    if form.is_valid():
        reauthenticate_by_password(request)
        return _unlock(request)
    methods = get_adapter().get_reauthentication_methods(request.user)
    context = {"form": form, "methods": {method["id"] for method in methods}}
    return render(request, "clinics/session_locked.html", context, status=422 if form.errors else 200)


@require_safe
@membership_not_required
@open_while_locked
def session_resume(request: HttpRequest) -> HttpResponse:
    """Where a passkey leads to that was shown since the lock."""
    since = clock.read(request)["locked"]
    records = get_authentication_records(request, request.user)
    passkeys = [record for record in records if record.get("type") == Authenticator.Type.WEBAUTHN]
    if since and any(record["at"] > since for record in passkeys):
        return _unlock(request)
    return redirect("sessions:session-locked")


def _unlock(request: HttpRequest) -> HttpResponse:
    clock.unlock(request)
    record_own(request, "session.unlock", request.user)  # type: ignore[arg-type]
    return redirect("sessions:session-held" if held.form(request) else held.place(request))


@require_http_methods(["GET", "POST"])
@membership_not_required
def session_held(request: HttpRequest) -> HttpResponse:
    """The form that was sent while the session was locked: send it now, or drop it."""
    form = held.form(request)
    held.drop(request)
    if form is None or request.method == "POST":
        return redirect(held.place(request))
    return render(request, "clinics/session_held.html", form)


@require_safe
@membership_not_required
@open_while_locked
def session_state(request: HttpRequest) -> JsonResponse:
    """Asked by pages that were left alone; another tab may be in use."""
    return JsonResponse({"seconds": max(0, clock.seconds_left(request))})


@require_POST
@membership_not_required
def session_alive(request: HttpRequest) -> HttpResponse:
    """Somebody reads, scrolls or types without sending anything."""
    return HttpResponse(status=204)


@require_POST
@membership_not_required
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    session = UserSession.objects.filter(user=request.user, pk=session_id).first()  # type: ignore[misc]
    if session is None:
        raise Http404
    end_sessions(request, [session])
    messages.success(request, "That session has ended.")
    return redirect("usersessions_list")
