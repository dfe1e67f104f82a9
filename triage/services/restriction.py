"""Restricted records: who may open them, breaking the glass, and the lead's review of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from triage.errors import OwnReview, StaleVersion
from triage.models import BreakGlass, CareTeamMember, Patient
from triage.models.restriction import GLASS_OPEN
from triage.services.records import audit, guard, locked, touch


def may_open(*, patient: Patient, member: Membership) -> bool:
    """Costs no query unless the record is restricted."""
    if not patient.restricted or member.leads:
        return True
    return Patient.objects.visible_to(member).filter(pk=patient.pk).exists()


def glass_of(*, patient: Patient, member: Membership) -> BreakGlass | None:
    if not patient.restricted:
        return None
    found: BreakGlass | None = BreakGlass.objects.open_for(member).filter(patient=patient).first()
    return found


@transaction.atomic
def set_restriction(
    *, patient: Patient, member: Membership, version: int, restricted: bool, team: Iterable[uuid.UUID]
) -> Patient:
    """Restrict the record or open it, and name who else opens it. For leads. Raises StaleVersion."""
    guard(member, patient)
    if not member.leads:
        raise PermissionDenied
    current = locked(patient)
    if current.version != version:
        mine, theirs = {"restricted": restricted}, {"restricted": current.restricted}
        raise StaleVersion(mine=mine, theirs=theirs, version=current.version)
    current.restricted = restricted
    touch(current, member=member, fields=("restricted",))
    people = set(team)
    current.care_team.exclude(user_id__in=people).delete()
    for user_id in people:
        CareTeamMember.objects.get_or_create(
            clinic_id=member.clinic_id,
            patient=current,
            user_id=user_id,
            defaults={"added_by_id": member.user_id},
        )
    audit(member, "record.restricted", current, {"restricted": restricted, "team": len(people)})
    return current


@transaction.atomic
def break_glass(*, patient: Patient, member: Membership, reason: str) -> BreakGlass:
    """Open a restricted record for an hour. Raises ValidationError for a reason that says nothing."""
    guard(member, patient)
    now = timezone.now()
    glass = BreakGlass(
        clinic_id=member.clinic_id,
        patient=patient,
        user_id=member.user_id,
        reason=reason.strip(),
        at=now,
        expires_at=now + GLASS_OPEN,
    )
    glass.full_clean(exclude=["clinic", "user"])
    glass.save(force_insert=True)
    audit(member, "glass.broken", glass)
    return glass


@transaction.atomic
def review_glass(*, glass: BreakGlass, member: Membership, note: str) -> BreakGlass:
    """The lead has looked into it. A second review changes nothing; nobody reviews themselves."""
    guard(member, glass)
    if not member.leads:
        raise PermissionDenied
    current: BreakGlass = BreakGlass.objects.select_for_update(of=("self",)).get(pk=glass.pk)
    if current.user_id == member.user_id:
        raise OwnReview
    if current.reviewed_at is None:
        current.reviewed_by_id, current.reviewed_at = member.user_id, timezone.now()
        current.review_note = note.strip()
        current.save(update_fields=["reviewed_by", "reviewed_at", "review_note"])
        audit(member, "glass.reviewed", current)
    return current
