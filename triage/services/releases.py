"""Which release a clinic uses for new visits, and what it may move to."""

from __future__ import annotations

from django.db import transaction

from clinics.models import Clinic, Membership
from clinics.services import record_event
from knowledge.models import Release
from triage.errors import NotAllowed
from triage.models import Encounter


@transaction.atomic
def choose_release(*, member: Membership, release: Release | None) -> Clinic:
    """New visits use this release from now on; None: always the newest. Drafts keep the one they began with.
    Raises NotAllowed.
    """
    if not member.leads:
        raise NotAllowed
    clinic = Clinic.objects.select_for_update().get(pk=member.clinic_id)
    chosen = release.sha256 if release else ""
    if clinic.release_sha256 != chosen:
        clinic.release_sha256 = chosen
        clinic.save(update_fields=["release_sha256"])
        record_event(
            action="clinic.release_chosen",
            member=member,
            object_type="release",
            object_id=release.pk if release else "",
        )
    return clinic


def newer_than_chosen(member: Membership) -> Release | None:
    """The current release, where the clinic stays with another; no query where it follows the newest."""
    chosen = member.clinic.release_sha256
    current = Release.objects.current() if chosen else None
    return current if current is not None and current.sha256 != chosen else None


def offered_release(encounter: Encounter, member: Membership) -> Release | None:
    """The release that the clinic uses now, where the visit has another. One query."""
    chosen, known = member.clinic.release_sha256, Release.objects.light()
    release = known.filter(sha256=chosen).first() if chosen else known.current()
    return release if release is not None and release.pk != encounter.release_id else None
