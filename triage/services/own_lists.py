"""A clinician's own list, put on record before the differential is shown; and who writes one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from clinics.models import Clinic, Membership
from clinics.services import record_event
from knowledge.catalogue import catalogue
from triage import differential
from triage.agreement import ENGINE_KEPT, OTHER, OWN_MOST, agreement
from triage.errors import NotAllowed, OwnListLate, OwnListUnclear, SubmissionReused
from triage.models import Encounter, OwnList
from triage.own_lists import CONFIDENCE_WORDS, comes_first, own_list_state
from triage.ranking import RankingError
from triage.services.encounters import require_draft
from triage.services.records import audit, guard, locked

TEXT_LENGTH = 200


@transaction.atomic
def record_own_list(
    *,
    encounter: Encounter,
    member: Membership,
    entries: Sequence[Mapping[str, str]],
    submission_id: uuid.UUID | None = None,
) -> OwnList:
    """Keep the list, best first, with the differential of this moment; from now on it is shown to `member`.

    No entry: shown without an own list. A list that is on record already is returned as it is. Raises
    OwnListUnclear, OwnListLate where the differential was never hidden, SignedEncounter, DiscardedEncounter.
    """
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    if not comes_first(member):
        raise OwnListLate
    submission_id = submission_id or uuid.uuid4()
    state = own_list_state(current, member)
    if state.row is not None:
        return state.row
    if OwnList.objects.filter(clinic_id=current.clinic_id, submission_id=submission_id).exists():
        raise SubmissionReused
    release = differential.release_sha256(current)
    kept = _checked(entries, release)
    engine = _first_conditions(current)
    measured = agreement([entry["condition"] for entry in kept], engine)
    row: OwnList = OwnList.objects.create(
        clinic_id=current.clinic_id,
        encounter=current,
        by_id=member.user_id,
        entries=kept,
        engine=engine,
        release_sha256=release,
        encounter_version=current.version,
        same_first=measured.same_first if measured else None,
        overlap_of_three=measured.overlap_of_three if measured else None,
        rank_biased_overlap=measured.rank_biased_overlap if measured else None,
        submission_id=submission_id,
    )
    audit(member, "own_list.recorded" if kept else "own_list.shown_without", row, {"conditions": len(kept)})
    return row


def _checked(entries: Sequence[Mapping[str, str]], release: str) -> list[dict[str, Any]]:
    known = catalogue(release)
    kept = [
        {
            "condition": entry.get("condition", ""),
            "text": entry.get("text", "").strip(),
            "confidence": entry.get("confidence", ""),
        }
        for entry in entries
    ]
    codes = [entry["condition"] for entry in kept if entry["condition"]]
    faults = (
        len(kept) > OWN_MOST
        or len(set(codes)) < len(codes)
        or any(known.condition(code) is None for code in codes)
        or any(not entry["text"] or len(entry["text"]) > TEXT_LENGTH for entry in kept)
        or any(entry["confidence"] not in ("", *CONFIDENCE_WORDS) for entry in kept)
    )
    if faults:
        raise OwnListUnclear(most=OWN_MOST)
    return kept


def _first_conditions(encounter: Encounter) -> list[str]:
    try:
        hypotheses = differential.rank_encounter(encounter).to_dict(explained=())["hypotheses"]
    except RankingError:
        return []
    return [row["condition"] for row in hypotheses if row["condition"] != OTHER][:ENGINE_KEPT]


@transaction.atomic
def set_own_list_of_clinic(*, member: Membership, first: bool) -> Clinic:
    """Everybody in the clinic writes an own list first, or only who chose it. Raises NotAllowed."""
    if not member.leads:
        raise NotAllowed
    clinic = Clinic.objects.select_for_update().get(pk=member.clinic_id)
    if clinic.own_list_first != first:
        clinic.own_list_first = first
        clinic.save(update_fields=["own_list_first"])
        record_event(
            action="clinic.own_list",
            member=member,
            object_type="clinics.clinic",
            object_id=clinic.pk,
            detail={"first": first},
        )
    return clinic


@transaction.atomic
def set_own_list_of_member(*, member: Membership, first: bool) -> None:
    """For oneself."""
    changed = Membership.objects.filter(pk=member.pk).exclude(own_list_first=first)
    if changed.update(own_list_first=first):
        record_event(
            action="member.own_list",
            member=member,
            object_type="clinics.membership",
            object_id=member.pk,
            detail={"first": first},
        )
