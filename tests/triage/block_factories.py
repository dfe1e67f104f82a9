"""A release with one block, and blocks in each of their steps."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import Membership
from tests.ranking.releases import finding, study
from tests.triage.factories import make_document, make_encounter, make_release
from triage import services
from triage.models import DiagnosticBlock, Encounter, PainReading

BLOCK = "block_tunnel"
LEVELS = [{"code": code, "name": code} for code in ("worse", "none", "some", "most", "complete")]
STOP = {"code": "stop", "name": "Bone stress", "urgency": "same_day"}
GIVEN = {
    "agent": "lidocaine",
    "concentration_percent": Decimal("1"),
    "volume_ml": Decimal("2"),
    "guidance": "ultrasound",
    "allergy_answer": "none",
}


def release_with_block() -> None:
    """Two releases where one would do: the tests of the record name the first by its number."""
    block = finding(
        BLOCK,
        kind="block",
        package="investigations",
        group="Blocks",
        stage="investigation",
        side_aware=True,
        levels=LEVELS,
        default={"rates": {"none": 0.4, "some": 0.2, "most": 0.2, "complete": 0.1}, "n": 6},
        avoid_if=[{"rule": "stop"}, {"allergy": "local_anaesthetic"}],
    )
    make_release()
    evidence = [*make_document()["evidence"], study("a", BLOCK, 18, 20, level="complete")]
    make_release(
        findings=[*make_document()["findings"], block],
        evidence=evidence,
        rules=[{**STOP, "when": {"finding": "f", "level": "present"}}],
    )


def make_visit(member: Membership, **values: Any) -> Encounter:
    release_with_block()
    return make_encounter(member, **values)


def declare(member: Membership, encounter: Encounter | None = None, **values: Any) -> DiagnosticBlock:
    given = {
        "finding_code": BLOCK,
        "side": "left",
        "site": "tunnel",
        "task": "running on the spot",
        "pain_before": 8,
        "declared_at": timezone.now() - dt.timedelta(hours=3),
    }
    encounter = encounter or make_visit(member)
    with acting_in(member.clinic_id):
        return services.declare_block(encounter=encounter, member=member, **(given | values))


def give(
    member: Membership, block: DiagnosticBlock | None = None, *, minutes_ago: int = 120, **values: Any
) -> DiagnosticBlock:
    block = block or declare(member)
    at = timezone.now() - dt.timedelta(minutes=minutes_ago)
    given = {**GIVEN, "injected_at": at, "version": block.version} | values
    with acting_in(member.clinic_id):
        return services.give_block(block=block, member=member, **given)


def read(member: Membership, block: DiagnosticBlock, minutes: int, pain: int, **values: Any) -> PainReading:
    assert block.injected_at is not None
    at = block.injected_at + dt.timedelta(minutes=minutes)
    with acting_in(member.clinic_id):
        return services.note_reading(block=block, member=member, pain=pain, read_at=at, **values)
