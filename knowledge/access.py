"""Who may change the knowledge and who may publish it. A colleague without the right gets 403."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from clinics.models import User

View = TypeVar("View", bound=Callable[..., HttpResponse])


def may_edit(user: User) -> bool:
    return user.is_knowledge_editor


def may_review(user: User) -> bool:
    return user.is_knowledge_reviewer


def _required(right: Callable[[User], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not right(request.user):  # type: ignore[arg-type]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


editor_required = _required(may_edit)
reviewer_required = _required(may_review)
knowledge_role_required = _required(lambda user: may_edit(user) or may_review(user))
