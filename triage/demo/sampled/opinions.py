"""What a clinician thought before the differential was shown: an own list at the first visit of a complaint.

Written for those who chose to write one first. It hangs on the truth, never on the engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from triage.agreement import ENGINE_KEPT, agreement
from triage.demo.sampled.patients import Desk, PatientRow
from triage.models import OwnList
from triage.own_lists import CONFIDENCE_WORDS, comes_first
from triage.ranking.model import OTHER
from triage.services.records import audit


def write_own_lists(desk: Desk, patients: list[PatientRow]) -> None:
    """While the visits are drafts; the differentials are there already."""
    rows = []
    for patient in patients:
        if comes_first(patient.member):
            for row in _own_lists(desk, patient):
                audit(patient.member, "own_list.recorded", row, {"conditions": len(row.entries)})
                rows.append(row)
    OwnList.objects.bulk_create(rows)


def _own_lists(desk: Desk, patient: PatientRow) -> Iterator[OwnList]:
    for episode in patient.episodes:
        visit = episode.visits[0]
        if visit.drawn.is_draft:
            continue
        engine = first_conditions(visit.says.brief)
        thought = episode.drawn.thought
        measured = agreement([code for code, _ in thought], engine)
        yield OwnList(
            clinic_id=desk.clinic_id,
            encounter=visit.row,
            by_id=patient.member.user_id,
            entries=[
                {"condition": code, "text": name, "confidence": word}
                for (code, name), word in zip(thought, CONFIDENCE_WORDS[1:], strict=False)
            ],
            engine=engine,
            release_sha256=desk.release.sha256,
            encounter_version=visit.row.version,
            same_first=measured.same_first if measured else None,
            overlap_of_three=measured.overlap_of_three if measured else None,
            rank_biased_overlap=measured.rank_biased_overlap if measured else None,
            submission_id=desk.id_of(f"{episode.row.submission_id}/own-list"),
        )


def first_conditions(brief: bytes) -> list[str]:
    rows = json.loads(brief)["hypotheses"]
    return [row["condition"] for row in rows if row["condition"] != OTHER][:ENGINE_KEPT]
