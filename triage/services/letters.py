"""Letters to colleagues: written, changed, and once sent never changed again."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from triage.errors import LetterSent, NotSigned, StaleVersion
from triage.models import Encounter, Episode, Letter, Referral, SentLetter
from triage.services.records import audit, change, create_once, guard, locked, touch


@transaction.atomic
def write_letter(
    *,
    episode: Episode,
    encounter: Encounter,
    member: Membership,
    referral: Referral | None = None,
    submission_id: uuid.UUID | None = None,
    **values: Any,
) -> Letter:
    """Raises NotSigned: a letter tells what was frozen at a signature."""
    guard(member, episode, encounter)
    if not encounter.is_signed or encounter.episode_id != episode.pk:
        raise NotSigned
    return create_once(
        Letter,
        member=member,
        submission_id=submission_id,
        action="letter.written",
        episode=episode,
        encounter=encounter,
        referral=referral,
        **values,
    )


@transaction.atomic
def change_letter(*, letter: Letter, member: Membership, version: int, **changes: Any) -> Letter:
    """Raises LetterSent, StaleVersion."""
    guard(member, letter)
    current = locked(letter)
    if current.is_sent:
        raise LetterSent
    return change(current, member=member, version=version, action="letter.changed", changes=changes)


@transaction.atomic
def send_letter(
    *, letter: Letter, member: Membership, version: int, make: Callable[[Letter], bytes]
) -> SentLetter:
    """Freeze the bytes that `make` gives; a letter that was sent keeps those it has. Raises StaleVersion."""
    guard(member, letter)
    current = locked(letter)
    if current.is_sent:
        kept: SentLetter = SentLetter.objects.visible_to(member).get(letter=current)
        return kept
    if current.version != version:
        raise StaleVersion(mine={}, theirs={}, version=current.version)
    current.sent_at = timezone.now()
    pdf = make(current)
    touch(current, member=member, fields=("sent_at",))
    copy = SentLetter.objects.create(
        clinic_id=current.clinic_id,
        letter=current,
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        sent_by_id=member.user_id,
        sent_at=current.sent_at,
    )
    audit(member, "letter.sent", current, detail={"sha256": copy.sha256})
    return copy
