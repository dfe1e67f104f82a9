"""What the frozen differentials of a complaint had said of what it proved to be (docs/evaluation.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.db.models import Exists, OuterRef
from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import Clinic
from triage.evaluation import frozen_outcome
from triage.models import Assessment, Diagnosis, Forecast
from triage.models.diagnoses import PROVING

CHUNK = 200


def write_forecasts(diagnosis: Diagnosis) -> list[Forecast]:
    """Of a proven diagnosis, from its first signed visit and its last before the proof; judgement gets none.

    A visit counts when it was held before the day of the proof and signed before the diagnosis was put on
    record: a differential that saw the proof would be held against itself. Writing again changes nothing.
    """
    if not diagnosis.is_proven:
        return []
    rows = forecasts_from(diagnosis, _signed_before(diagnosis))
    return list(Forecast.objects.bulk_create(rows, ignore_conflicts=True))


def whole_output(row: Assessment) -> bytes:
    return bytes(row.output)


def forecasts_from(
    diagnosis: Diagnosis,
    signed: Sequence[Assessment],
    output_of: Callable[[Assessment], bytes] = whole_output,
) -> list[Forecast]:
    """The rows of a proven diagnosis, not written yet; `signed` are the assessments put on record before it,
    the oldest visit first. `output_of` may leave out of an output what explains the hypotheses.
    """
    counted = [row for row in signed if timezone.localdate(row.encounter.held_at) < diagnosis.proven_on]
    return [
        _forecast(diagnosis, row, output_of(row), is_first=row is signed[0], is_last=row is counted[-1])
        for row in counted
        if row is signed[0] or row is counted[-1]
    ]


def write_missing_forecasts() -> Iterator[tuple[Clinic, int]]:
    """For diagnoses that were put on record before forecasts were written, or past the service: each clinic
    with the number of diagnoses that gained forecasts. Running it again changes nothing.
    """
    for clinic in Clinic.objects.order_by("name", "pk"):
        with acting_in(clinic):
            rows = Diagnosis.objects.filter(clinic=clinic, grade__in=PROVING)
            known = Forecast.objects.filter(clinic=clinic, diagnosis=OuterRef("pk"))
            gained = 0
            for row in rows.exclude(Exists(known)).order_by("pk").iterator(chunk_size=CHUNK):
                gained += bool(write_forecasts(row))
        yield clinic, gained


def _signed_before(diagnosis: Diagnosis) -> Sequence[Assessment]:
    """Signed visits of the complaint when the diagnosis was put on record, oldest first."""
    rows = Assessment.objects.filter(
        clinic_id=diagnosis.clinic_id,
        encounter__episode_id=diagnosis.episode_id,
        created_at__lt=diagnosis.created_at,
    )
    light = rows.select_related("encounter").defer("output", "case_json", "dismissals_json")
    return list(light.order_by("encounter__held_at", "created_at", "id"))


def _forecast(
    diagnosis: Diagnosis, row: Assessment, output: bytes, *, is_first: bool, is_last: bool
) -> Forecast:
    said = frozen_outcome(output, diagnosis.condition_code, case_id=str(row.pk))
    return Forecast(
        clinic_id=diagnosis.clinic_id,
        diagnosis=diagnosis,
        assessment=row,
        is_first=is_first,
        is_last=is_last,
        release_sha256=row.release_sha256,
        held=said.held,
        place=said.place,
        log_share=said.log_share,
        squared_error=said.squared_error,
        first_code=said.first,
        first_share=said.first_share,
    )
