"""A fired red flag is put aside by a person with a reason, never by a probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from clinics.models import Membership
from triage import differential
from triage.errors import EmptyReason, NotFired
from triage.models import Encounter, RedFlagDismissal
from triage.services.encounters import require_draft
from triage.services.records import audit, guard, locked

TAKEN_BACK = "Taken back"


@transaction.atomic
def dismiss_red_flag(*, encounter: Encounter, member: Membership, rule: str, reason: str) -> RedFlagDismissal:
    """Put a fired rule aside; raises NotFired when it is not fired now, EmptyReason without a reason."""
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    if not reason.strip():
        raise EmptyReason
    flag = next((flag for flag in differential.fired_flags(current) if flag["rule"] == rule), None)
    if flag is None:
        raise NotFired(rule)
    return _record(current, member, flag, dismissed=True, reason=reason.strip())


@transaction.atomic
def restore_red_flag(*, encounter: Encounter, member: Membership, rule: str) -> RedFlagDismissal | None:
    """Take a dismissal back; nothing happens where there is none."""
    guard(member, encounter)
    current = locked(encounter)
    require_draft(current)
    standing = differential.dismissals(current).get(rule)
    if standing is None:
        return None
    flag = {"rule": rule, "matched": standing.matched}
    return _record(current, member, flag, dismissed=False, reason=TAKEN_BACK)


def _record(
    encounter: Encounter, member: Membership, flag: Mapping[str, Any], *, dismissed: bool, reason: str
) -> RedFlagDismissal:
    row = RedFlagDismissal.objects.create(
        clinic_id=encounter.clinic_id,
        encounter=encounter,
        rule_code=flag["rule"],
        dismissed=dismissed,
        matched=list(flag["matched"]),
        reason=reason,
        by_id=member.user_id,
    )
    audit(member, "red_flag.dismissed" if dismissed else "red_flag.restored", row)
    return row
