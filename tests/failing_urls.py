"""The site, and views that fail in ways that really happen: no page of Tinel can be made to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from clinics.models import User
from config.urls import handler500
from config.urls import urlpatterns as real

TAKEN = "quetzalcoatlus.canary@example.org"

__all__ = ["handler500", "urlpatterns"]


def failing(request: HttpRequest) -> HttpResponse:
    """A unique violation, whose message quotes the row, with a local variable that must not be shown."""
    secret = f"local {TAKEN}"
    User.objects.create(email=TAKEN, name=secret)
    User.objects.create(email=TAKEN, name=secret)
    return HttpResponse(secret)


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied(f"nobody may see {TAKEN}")


def refused(request: HttpRequest) -> HttpResponse:
    from django.core.exceptions import SuspiciousOperation

    raise SuspiciousOperation(f"suspicious: {TAKEN}")


urlpatterns: list[Any] = [
    path("failing/", csrf_exempt(login_not_required(failing))),
    path("forbidden/", csrf_exempt(login_not_required(forbidden))),
    path("refused/", csrf_exempt(login_not_required(refused))),
    *real,
]
