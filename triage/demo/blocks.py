"""A diagnostic block of a demo visit, through the services of the pages, in the order of the pages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clinics.models import Membership
from triage import services
from triage.models import Encounter
from triage.questions import questions

DECLARED_BEFORE = dt.timedelta(minutes=6)


def seed_block(row: Mapping[str, Any], *, encounter: Encounter, member: Membership, first: uuid.UUID) -> int:
    """`first`: the submission id of the declaration; those of the readings follow from it. Returns how many
    blocks the release does not know: 0 or 1.
    """
    if row["finding"] not in questions(encounter.release.sha256):
        return 1
    at = timezone.now() - dt.timedelta(minutes=row["minutes_ago"])
    block = services.declare_block(
        encounter=encounter,
        member=member,
        finding_code=row["finding"],
        side=row["side"],
        site=row["site"],
        task=row["task"],
        pain_before=row["pain_before"],
        declared_at=at - DECLARED_BEFORE,
        submission_id=first,
    )
    block = services.give_block(
        block=block,
        member=member,
        version=block.version,
        agent=row["agent"],
        concentration_percent=Decimal(row["concentration_percent"]),
        volume_ml=Decimal(row["volume_ml"]),
        guidance=row["guidance"],
        allergy_answer=row["allergy_answer"],
        allergy_words=row.get("allergy_words", ""),
        override_reason=row.get("override_reason", ""),
        injected_at=at,
    )
    for minutes, pain in row["readings"]:
        services.note_reading(
            block=block,
            member=member,
            pain=pain,
            read_at=at + dt.timedelta(minutes=minutes),
            submission_id=uuid.uuid5(first, str(minutes)),
        )
    block = services.note_block(
        block=block, member=member, version=block.version, numb_area=row["numb_area"], next_day_note=""
    )
    verdict = block.verdict(block.readings.all())
    if verdict and verdict.level:
        services.confirm_level(block=block, member=member, level=verdict.level, version=0)
    return 0
