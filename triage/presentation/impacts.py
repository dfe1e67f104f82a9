"""An impact in names, ready for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinics.acting import acting_in
from clinics.models import Clinic
from knowledge.catalogue import catalogue
from triage.impact import Told, disclosed, exact
from triage.models import ClinicImpact

OTHER = "other"


@dataclass(frozen=True)
class ImpactRow:
    """One clinic: how far the counting is, and, once it is done, what may be told."""

    clinic: str
    begun: bool
    percent: int
    told: Told | None
    counted_at: datetime | None = None


@dataclass(frozen=True)
class Impact:
    rows: tuple[ImpactRow, ...]
    names: dict[str, str]

    @property
    def begun(self) -> bool:
        return any(row.begun for row in self.rows)

    @property
    def finished(self) -> bool:
        return all(row.told for row in self.rows if row.begun) and self.begun

    @property
    def done(self) -> int:
        return sum(row.told is not None for row in self.rows)


def impact_of_all(*, before: str, after: str) -> Impact:
    """Every clinic, each with what may leave it."""
    rows = [
        _row(clinic.name, _found(clinic.pk, before, after), disclosed)
        for clinic in Clinic.objects.order_by("name", "pk")
    ]
    return Impact(tuple(rows), names_of(before, after))


def impact_inside(clinic: Clinic, *, before: str, after: str) -> Impact:
    """One clinic for its own people: every count."""
    row = _row(clinic.name, _found(clinic.pk, before, after), exact)
    return Impact((row,), names_of(before, after))


def _found(clinic_id: Any, before: str, after: str) -> ClinicImpact | None:
    with acting_in(clinic_id):
        same = ClinicImpact.objects.filter(clinic_id=clinic_id, before_sha256=before, after_sha256=after)
        return same.first()


def _row(name: str, found: ClinicImpact | None, tell: Any) -> ImpactRow:
    if found is None:
        return ImpactRow(name, False, 0, None)
    percent = min(99, 100 * found.counted // max(found.total, 1))
    return ImpactRow(name, True, percent, tell(found) if found.finished_at else None, found.finished_at)


def names_of(before: str, after: str) -> dict[str, str]:
    """The name of every condition of either document, and of what is in neither."""
    names = {OTHER: "Something else"}
    for sha256 in (before, after):
        names |= {row["code"]: row["name"] for row in catalogue(sha256).document.get("conditions", [])}
    return names
