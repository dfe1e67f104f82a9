from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from clinics.models import Membership
from knowledge.models import Release
from triage import differential
from triage.errors import (
    DiscardedEncounter,
    EmptyAddendum,
    EmptyEncounter,
    ListHidden,
    NoRelease,
    NotSigned,
    SignedEncounter,
    StaleVersion,
    SubmissionReused,
    UnscreenedUrgent,
)
from triage.models import Addendum, Assessment, Encounter, Episode, Patient, RedFlagDismissal
from triage.own_lists import own_list_state
from triage.services.records import audit, change, create_once, guard, locked, touch


@transaction.atomic
def start_episode(
    *, patient: Patient, member: Membership, submission_id: uuid.UUID | None = None, **values: Any
) -> Episode:
    guard(member, patient)
    return create_once(
        Episode,
        member=member,
        submission_id=submission_id,
        action="episode.started",
        patient=patient,
        **values,
    )


@transaction.atomic
def update_episode(*, episode: Episode, member: Membership, version: int, **changes: Any) -> Episode:
    guard(member, episode)
    return change(locked(episode), member=member, version=version, action="episode.changed", changes=changes)


@transaction.atomic
def start_encounter(
    *, episode: Episode, member: Membership, submission_id: uuid.UUID | None = None, **values: Any
) -> Encounter:
    """Begin a visit, pinned to the release that is current now, and building on the newest signed visit held
    before it; raises NoRelease when none is published.
    """
    guard(member, episode)
    release = release_for(member)
    signed = Encounter.objects.of_episode(episode).signed().held_by(values.get("held_at") or timezone.now())
    return create_once(
        Encounter,
        member=member,
        submission_id=submission_id,
        action="encounter.started",
        episode=episode,
        release=release,
        previous=signed.newest_first().first(),
        author_id=member.user_id,
        **values,
    )


def release_for(member: Membership) -> Release:
    """The clinic's chosen release, else the newest; raises NoRelease."""
    chosen = member.clinic.release_sha256
    known = Release.objects.light()
    release = known.filter(sha256=chosen).first() if chosen else known.current()
    if release is None:
        raise NoRelease
    return release


@transaction.atomic
def update_encounter(*, encounter: Encounter, member: Membership, version: int, **changes: Any) -> Encounter:
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    return change(current, member=member, version=version, action="encounter.changed", changes=changes)


def require_draft(encounter: Encounter) -> None:
    if encounter.status == Encounter.Status.SIGNED:
        raise SignedEncounter
    if encounter.status == Encounter.Status.DISCARDED:
        raise DiscardedEncounter


@transaction.atomic
def sign_encounter(
    *, encounter: Encounter, member: Membership, version: int, unscreened_confirmed: bool = False
) -> Assessment:
    """Freeze the differential of what the signer saw: `version` is the visit's version on the signed page.

    Urgent conditions that nothing recorded excludes need `unscreened_confirmed`, which is then on record;
    raises UnscreenedUrgent without it.
    """
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    _require_seen(current, version)
    if own_list_state(current, member).hides:
        raise ListHidden
    if not current.observations.answered().exists():
        raise EmptyEncounter
    frozen = differential.freeze(current)
    unscreened = differential.unscreened(frozen)
    if unscreened and not unscreened_confirmed:
        raise UnscreenedUrgent(unscreened)
    assessment = Assessment.objects.create(
        clinic_id=current.clinic_id,
        encounter=current,
        case_json=frozen.case,
        release_sha256=frozen.release_sha256,
        clinic_model_sha256=frozen.clinic_model_sha256,
        engine_version=frozen.engine_version,
        output=frozen.output,
        dismissals_json=_dismissals(current, frozen),
    )
    current.status = Encounter.Status.SIGNED
    current.signed_by_id = member.user_id
    current.signed_at = timezone.now()
    touch(current, member=member, fields=("status", "signed_by", "signed_at"))
    audit(member, "encounter.signed", current, confirmation(unscreened))
    return assessment


def confirmation(unscreened: Sequence[str]) -> dict[str, Any] | None:
    """What goes on record when a visit is signed with urgent conditions that nothing excludes."""
    return {"unscreened": len(unscreened), "unscreened_codes": list(unscreened)} if unscreened else None


def _dismissals(encounter: Encounter, frozen: differential.Frozen) -> list[dict[str, str]]:
    """What was put aside of the flags that the frozen ranking holds."""
    fired = {flag["rule"]: flag["matched"] for flag in json.loads(frozen.output)["red_flags"]}
    if not fired:
        return []
    standing = differential.dismissals(encounter).values()
    return frozen_dismissals(row for row in standing if row.matched == fired.get(row.rule_code))


def frozen_dismissals(standing: Iterable[RedFlagDismissal]) -> list[dict[str, str]]:
    """Dismissals as an assessment keeps them, by rule."""
    return [
        {"rule": row.rule_code, "reason": row.reason, "by": str(row.by), "at": row.created_at.isoformat()}
        for row in sorted(standing, key=lambda row: row.rule_code)
    ]


def _require_seen(encounter: Encounter, version: int) -> None:
    if encounter.version != version:
        raise StaleVersion(
            mine={"version": version}, theirs={"version": encounter.version}, version=encounter.version
        )


@transaction.atomic
def add_addendum(
    *, encounter: Encounter, member: Membership, text: str, submission_id: uuid.UUID | None = None
) -> Addendum:
    guard(member, encounter)
    if not text.strip():
        raise EmptyAddendum
    if locked(encounter).status != Encounter.Status.SIGNED:
        raise NotSigned
    addendum, created = Addendum.objects.get_or_create(
        clinic_id=encounter.clinic_id,
        submission_id=submission_id or uuid.uuid4(),
        defaults={"encounter": encounter, "author_id": member.user_id, "text": text.strip()},
    )
    if addendum.encounter_id != encounter.pk:
        raise SubmissionReused
    if created:
        audit(member, "addendum.added", addendum)
    return addendum


@transaction.atomic
def discard_draft(*, encounter: Encounter, member: Membership, version: int) -> Encounter:
    """Put a draft away; nothing is deleted, and `restore_draft` brings it back."""
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    _require_seen(current, version)
    return _set_status(current, member, Encounter.Status.DISCARDED, "encounter.discarded")


@transaction.atomic
def restore_draft(*, encounter: Encounter, member: Membership) -> Encounter:
    guard(member, encounter)
    current = locked(encounter)
    if current.status == Encounter.Status.SIGNED:
        raise SignedEncounter
    return _set_status(current, member, Encounter.Status.DRAFT, "encounter.restored")


def _set_status(encounter: Encounter, member: Membership, status: str, action: str) -> Encounter:
    if encounter.status != status:
        encounter.status = status
        touch(encounter, member=member, fields=("status",))
        audit(member, action, encounter)
    return encounter
