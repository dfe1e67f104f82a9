"""The members' page of a clinic, for its leads; and the page an invitation leads to, for anybody."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinics.access import fresh_authentication_required, lead_required, rate_limited
from clinics.members import invitations, services
from clinics.members.forms import InviteForm, NewAccountForm, RoleForm
from clinics.members.letters import send_invitation
from clinics.middleware import ACTIVE_CLINIC, membership_not_required
from clinics.models import Invitation, Membership, User
from clinics.requests import MemberRequest

HELD = "invitation"  # key in the session: fingerprint of the token that was opened
LAST_LEAD = "The clinic would have nobody left to manage its members. Make somebody else a lead first."


@require_safe
@lead_required
def member_list(request: MemberRequest) -> HttpResponse:
    return _members_page(request, InviteForm())


def _members_page(request: MemberRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    clinic = request.membership.clinic
    context = {
        "clinic": clinic,
        "memberships": Membership.objects.of_clinic(clinic.pk),
        "invitations": Invitation.objects.of_clinic(clinic.pk).unanswered(),
        "form": form,
    }
    return render(request, "clinics/member_list.html", context, status=status)


@require_POST
@lead_required
@fresh_authentication_required
@rate_limited("invite")
def member_invite(request: MemberRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _members_page(request, form, status=422)
    try:
        invitation, token = invitations.invite(by=request.membership, **form.cleaned_data)
    except invitations.AlreadyMember:
        form.add_error("email", "This person is on the list of members already.")
        return _members_page(request, form, status=422)
    return _sent(request, invitation, token)


@require_POST
@lead_required
@fresh_authentication_required
@rate_limited("invite")
def invitation_resend(request: MemberRequest, invitation_id: uuid.UUID) -> HttpResponse:
    invitation, token = invitations.resend(
        invitation=_invitation(request, invitation_id), by=request.membership
    )
    return _sent(request, invitation, token)


@require_POST
@lead_required
@fresh_authentication_required
def invitation_revoke(request: MemberRequest, invitation_id: uuid.UUID) -> HttpResponse:
    invitation = _invitation(request, invitation_id)
    invitations.revoke(invitation=invitation, by=request.membership)
    messages.success(request, f"The invitation of {invitation.email} is withdrawn; its letter opens nothing.")
    return redirect("members:member-list")


def _sent(request: MemberRequest, invitation: Invitation, token: str) -> HttpResponse:
    send_invitation(request, invitation=invitation, clinic=request.membership.clinic, token=token)
    messages.success(
        request, f"An invitation is on its way to {invitation.email}. It is good for seven days."
    )
    return redirect("members:member-list")


@require_http_methods(["GET", "POST"])
@lead_required
@fresh_authentication_required
def member_role(request: MemberRequest, membership_id: uuid.UUID) -> HttpResponse:
    membership = _membership(request, membership_id)
    form = RoleForm(request.POST or None, initial={"role": membership.role})
    if form.is_valid():
        role = form.cleaned_data["role"]
        if _keeps_a_lead(services.change_role, membership=membership, role=role, by=request.membership):
            messages.success(request, f"{membership.user} is now {membership.get_role_display()}.")
            return redirect("members:member-list")
        form.add_error("role", LAST_LEAD)
    context = {"form": form, "membership": membership}
    return render(request, "clinics/member_role.html", context, status=422 if form.errors else 200)


@require_POST
@lead_required
@fresh_authentication_required
def member_deactivate(request: MemberRequest, membership_id: uuid.UUID) -> HttpResponse:
    membership = _membership(request, membership_id)
    if _keeps_a_lead(services.deactivate_member, membership=membership, by=request.membership):
        messages.success(request, f"{membership.user} has no access to this clinic any more.")
    else:
        messages.error(request, LAST_LEAD)
    return redirect("members:member-list")


@require_POST
@lead_required
@fresh_authentication_required
def member_reactivate(request: MemberRequest, membership_id: uuid.UUID) -> HttpResponse:
    membership = _membership(request, membership_id)
    services.reactivate_member(membership=membership, by=request.membership)
    messages.success(request, f"{membership.user} has access to this clinic again.")
    return redirect("members:member-list")


@require_POST
@lead_required
@fresh_authentication_required
def second_factor_require(request: MemberRequest) -> HttpResponse:
    required = request.POST.get("required") == "yes"
    clinic = request.membership.clinic
    services.require_second_factor(clinic=clinic, required=required, by=request.membership)
    words = "Every member now needs a second factor." if required else "A second factor is now optional."
    messages.success(request, words)
    return redirect("members:member-list")


def _keeps_a_lead(change: Callable[..., None], **values: object) -> bool:
    try:
        change(**values)
    except services.WithoutLead:
        return False
    return True


def _membership(request: MemberRequest, membership_id: uuid.UUID) -> Membership:
    found = Membership.objects.of_clinic(request.membership.clinic_id).filter(pk=membership_id).first()
    if found is None:
        raise Http404
    return found


def _invitation(request: MemberRequest, invitation_id: uuid.UUID) -> Invitation:
    found = Invitation.objects.of_clinic(request.membership.clinic_id).unanswered().filter(pk=invitation_id)
    invitation = found.first()
    if invitation is None:
        raise Http404
    return invitation


@require_safe
@never_cache
@login_not_required
@membership_not_required
def invitation_open(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the token out of the address, so that it stays in no history and no referrer."""
    request.session[HELD] = invitations.fingerprint(token)
    return redirect("members:invitation-accept")


@require_http_methods(["GET", "POST"])
@never_cache
@login_not_required
@membership_not_required
@rate_limited("accept_invitation")
def invitation_accept(request: HttpRequest) -> HttpResponse:
    invitation = invitations.open_invitation(request.session.get(HELD, ""))
    if invitation is None:
        return render(request, "clinics/invitation_closed.html", status=410)
    if not request.user.is_authenticated and not User.objects.filter(email=invitation.email).exists():
        return _accept_as_new_user(request, invitation)
    if request.method == "POST" and request.user.is_authenticated:
        return _accept_as_user(request, invitation)
    return render(request, "clinics/invitation.html", {"invitation": invitation})


def _accept_as_new_user(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = NewAccountForm(request.POST or None, email=invitation.email)
    if not form.is_valid():
        context = {"invitation": invitation, "form": form}
        return render(request, "clinics/invitation.html", context, status=422 if form.errors else 200)
    try:
        user = invitations.accept_as_new_user(
            digest=invitation.token_sha256,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
        )
    except invitations.NotOpen:  # sent twice at once: the first one counts
        return render(request, "clinics/invitation_closed.html", status=410)
    del request.session[HELD]
    messages.success(request, f"Your account is ready. You work in {invitation.clinic}.")
    return perform_password_login(request, {"email": user.email}, Login(user=user, redirect_url="/"))


def _accept_as_user(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    try:
        membership = invitations.accept_as_user(digest=invitation.token_sha256, user=request.user)  # type: ignore[arg-type]
    except invitations.NotOpen:
        return render(request, "clinics/invitation.html", {"invitation": invitation}, status=403)
    request.session.pop(HELD)
    request.session[ACTIVE_CLINIC] = str(membership.clinic_id)
    messages.success(request, f"You now work in {invitation.clinic}.")
    return redirect("/")
