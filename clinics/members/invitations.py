"""Invitations: written by a lead, good for one person, one clinic, seven days and one time.

The letter holds a token, the database its fingerprint alone. Nothing here tells the inviting lead whether
the address has an account already.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from clinics.acting import acting_in, holding_invitation
from clinics.audit import record_event
from clinics.members.services import member_of_clinic
from clinics.models import Invitation, Membership, User
from clinics.services import create_user

GOOD_FOR = timedelta(days=7)


class AlreadyMember(Exception):
    """The address belongs to somebody who is or was a member of the clinic."""


class NotOpen(Exception):
    """Unknown, used, withdrawn or too old: the answer is the same."""


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite(*, email: str, role: str, by: Membership) -> tuple[Invitation, str]:
    """A repeated invitation replaces the first: its letter is void from then on."""
    email = User.objects.normalize_email(email)
    if member_of_clinic(clinic_id=by.clinic_id, email=email):
        raise AlreadyMember
    _void(Invitation.objects.of_clinic(by.clinic_id).unanswered().filter(email=email))
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        clinic_id=by.clinic_id,
        email=email,
        role=role,
        token_sha256=fingerprint(token),
        invited_by_id=by.user_id,
        expires_at=timezone.now() + GOOD_FOR,
    )
    _record("invitation.send", invitation, by)
    return invitation, token


@transaction.atomic
def resend(*, invitation: Invitation, by: Membership) -> tuple[Invitation, str]:
    return invite(email=invitation.email, role=invitation.role, by=by)


@transaction.atomic
def revoke(*, invitation: Invitation, by: Membership) -> None:
    _void(Invitation.objects.filter(pk=invitation.pk).unanswered())
    _record("invitation.revoke", invitation, by)


def open_invitation(digest: str) -> Invitation | None:
    """Before anybody is signed in, and so before a clinic is chosen: whoever names the fingerprint of a
    token sees that one row.
    """
    holding_invitation(digest)
    return Invitation.objects.open().filter(token_sha256=digest).select_related("clinic").first()


@transaction.atomic
def accept_as_new_user(*, digest: str, name: str, password: str) -> User:
    invitation = _take(digest)
    user = create_user(email=invitation.email, name=name, password=password)
    _join(invitation, user)
    return user


@transaction.atomic
def accept_as_user(*, digest: str, user: User) -> Membership:
    invitation = _take(digest)
    if invitation.email != user.email:
        raise NotOpen
    return _join(invitation, user)


def _take(digest: str) -> Invitation:
    """Locks the invitation: of two who accept at once the second finds it used."""
    held = open_invitation(digest)
    if held is None:
        raise NotOpen
    with acting_in(held.clinic_id):
        invitation = Invitation.objects.open().filter(token_sha256=digest).select_for_update().first()
    if invitation is None:
        raise NotOpen
    return invitation


def _join(invitation: Invitation, user: User) -> Membership:
    with acting_in(invitation.clinic_id):
        membership, _ = Membership.objects.get_or_create(
            clinic_id=invitation.clinic_id, user=user, defaults={"role": invitation.role}
        )
        Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now())
        _record("invitation.accept", invitation, membership)
    return membership


def _void(invitations: object) -> None:
    invitations.update(revoked_at=timezone.now())  # type: ignore[attr-defined]


def _record(action: str, invitation: Invitation, member: Membership) -> None:
    record_event(
        action=action,
        member=member,
        object_type="clinics.invitation",
        object_id=invitation.pk,
        detail={"role": invitation.role},
    )
