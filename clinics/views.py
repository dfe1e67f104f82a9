"""Choosing the clinic one works in, and the answer to a form without its token."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clinics.middleware import ACTIVE_CLINIC, membership_not_required, sign_in_again
from clinics.models import Membership
from clinics.requests import MemberRequest


@require_safe
@membership_not_required
def clinic_choice(request: MemberRequest) -> HttpResponse:
    memberships = Membership.objects.of(request.user)
    return render(request, "clinics/clinic_choice.html", {"memberships": memberships})


@require_POST
@membership_not_required
def clinic_switch(request: MemberRequest, clinic_id: str) -> HttpResponse:
    membership = Membership.objects.of(request.user).filter(clinic_id=clinic_id).first()
    if membership is None:
        raise Http404
    request.session[ACTIVE_CLINIC] = str(membership.clinic_id)
    messages.success(request, f"You now work in {membership.clinic}.")
    return redirect("/")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Also met when the session's cookies are gone: a fragment would swallow the answer, so the page is
    sent to sign in.
    """
    if request.headers.get("HX-Request"):
        return sign_in_again(request)
    return render(request, "403_csrf.html", status=403)
