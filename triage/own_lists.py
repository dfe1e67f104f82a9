"""Whether the differential of a visit is still hidden from somebody who writes an own list first.

Nothing is asked of the database where neither the clinic nor the person has the setting.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinics.models import Membership
from triage.models import Encounter, OwnList

CONFIDENCE_WORDS = ("very likely", "likely", "quite possible", "possible", "unlikely")


@dataclass(frozen=True, slots=True)
class OwnListState:
    """`asked`: this person writes an own list before the differential of this draft is shown."""

    asked: bool
    row: OwnList | None = None

    @property
    def hides(self) -> bool:
        return self.asked and self.row is None


NOT_ASKED = OwnListState(asked=False)


def comes_first(member: Membership) -> bool:
    """The clinic's setting or the person's own."""
    return member.clinic.own_list_first or member.own_list_first


def own_list_state(encounter: Encounter, member: Membership) -> OwnListState:
    """One query where the setting is on and the visit is a draft, else none."""
    if not encounter.is_draft or not comes_first(member):
        return NOT_ASKED
    rows = OwnList.objects.filter(clinic_id=encounter.clinic_id, encounter_id=encounter.pk)
    return OwnListState(asked=True, row=rows.written_by(member).first())
