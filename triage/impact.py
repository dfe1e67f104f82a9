"""Whose differential would change: signed visits ranked under two documents, each clinic by itself.

Counting goes in steps, one clinic after another and never more than `STEP` visits at once, inside the
clinic's own tenancy (`acting_in`). The exact counts stay in its rows (`ClinicImpact`); what leaves the clinic
are counts of five or more (`disclosed`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clinics.acting import acting_in
from clinics.models import Clinic
from knowledge.compiled import compiled_model
from triage.differential import current_clinic_model, model_for
from triage.models import Assessment, ClinicImpact
from triage.ranking import CompiledModel, InvalidCase, InvalidRelease, Standing, read_case, standing

STEP = 200  # visits; about half a second of work
FEWEST = 5  # a smaller count might be somebody
SAME, UNREADABLE = "same", "unreadable"
PARTS = ("first", "enters", "leaves", "alerts", "quiet")
Tallies = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Move:
    """So many visits whose first place goes from one condition to another."""

    before: str
    after: str
    count: int


@dataclass(frozen=True)
class Told:
    """What may be said of a clinic's visits. None and `few` stand for fewer than five."""

    visits: int | None
    same: int | None
    unreadable: int | None
    moves: tuple[Move, ...]
    few: bool
    enters: tuple[tuple[str, int], ...]
    leaves: tuple[tuple[str, int], ...]
    alerts: tuple[tuple[str, int], ...]
    quiet: tuple[tuple[str, int], ...]


@transaction.atomic
def begin(*, before: str, after: str) -> None:
    """Count every clinic anew, from the first signed visit on."""
    for clinic_id in clinic_ids():
        begin_in(clinic_id, before=before, after=after)


def clinic_ids() -> list[Any]:
    return list(Clinic.objects.order_by("name", "pk").values_list("pk", flat=True))


def begin_in(clinic_id: Any, *, before: str, after: str) -> ClinicImpact:
    with acting_in(clinic_id):
        impact, _ = ClinicImpact.objects.update_or_create(
            clinic_id=clinic_id,
            before_sha256=before,
            after_sha256=after,
            defaults={
                "total": Assessment.objects.filter(clinic_id=clinic_id).count(),
                "counted": 0,
                "last_at": None,
                "last_id": None,
                "tallies": {},
                "finished_at": None,
            },
        )
    return impact


@transaction.atomic
def step(*, before: str, after: str) -> bool:
    """Count some more visits, of the first clinic that is not done; False when all are."""
    return any(step_in(clinic_id, before=before, after=after) for clinic_id in clinic_ids())


@transaction.atomic
def step_in(clinic_id: Any, *, before: str, after: str) -> bool:
    """Count up to `STEP` more visits of one clinic; False when there was nothing left to count."""
    with acting_in(clinic_id):
        rows = ClinicImpact.objects.select_for_update()
        impact = rows.filter(clinic_id=clinic_id, before_sha256=before, after_sha256=after).first()
        if impact is None or impact.finished_at:
            return False
        visits = _next_visits(impact)
        tallies = {part: Counter(impact.tallies.get(part, {})) for part in PARTS}
        models = _models(clinic_id, before, after)
        for visit in visits:
            _count(tallies, _standing(models[0], visit.case_json), _standing(models[1], visit.case_json))
        impact.tallies = {part: dict(counts) for part, counts in tallies.items()}
        impact.counted += len(visits)
        if visits:
            impact.last_at, impact.last_id = visits[-1].created_at, visits[-1].pk
        if len(visits) < STEP:
            impact.finished_at = timezone.now()
        impact.save()
    return True


def _next_visits(impact: ClinicImpact) -> list[Assessment]:
    visits = Assessment.objects.filter(clinic_id=impact.clinic_id).oldest_first().defer("output")
    if impact.last_at:
        later = Q(created_at__gt=impact.last_at) | Q(created_at=impact.last_at, pk__gt=impact.last_id)
        visits = visits.filter(later)
    return list(visits[:STEP])


def _models(clinic_id: Any, before: str, after: str) -> tuple[CompiledModel, CompiledModel]:
    """Both with the clinic's own numbers as they are now; without them in both where one cannot take them."""
    own = current_clinic_model(clinic_id)
    try:
        return model_for(before, own), model_for(after, own)
    except InvalidRelease:
        return compiled_model(before), compiled_model(after)


def _standing(model: CompiledModel, case: Mapping[str, Any]) -> Standing | None:
    """None where the model cannot read the case: it was recorded under a release with other codes."""
    try:
        return standing(model, read_case(case, model))
    except InvalidCase:
        return None


def _count(tallies: Mapping[str, Counter[str]], before: Standing | None, after: Standing | None) -> None:
    if before is None or after is None:
        tallies["first"][UNREADABLE] += 1
        return
    moved = before.first != after.first
    tallies["first"][f"{before.first}>{after.first}" if moved else SAME] += 1
    tallies["enters"].update(set(after.first_three) - set(before.first_three))
    tallies["leaves"].update(set(before.first_three) - set(after.first_three))
    tallies["alerts"].update(set(after.alerts) - set(before.alerts))
    tallies["quiet"].update(set(before.alerts) - set(after.alerts))


def disclosed(impact: ClinicImpact) -> Told:
    """What leaves the clinic: counts of five or more.

    The number of visits is told only where it does not give away what the counts leave out: what remains when
    the told ones are taken from it must be nothing, or five or more.
    """
    first = impact.tallies.get("first", {})
    hidden = sum(count for count in first.values() if count < FEWEST)
    whole = sum(first.values())
    safe = whole >= FEWEST and (hidden == 0 or hidden >= FEWEST)
    return _told(impact.tallies, least=FEWEST, visits=whole if safe else None)


def exact(impact: ClinicImpact) -> Told:
    """Every count, for the clinic itself."""
    return _told(impact.tallies, least=0, visits=sum(impact.tallies.get("first", {}).values()))


def _told(tallies: Tallies, *, least: int, visits: int | None) -> Told:
    first = tallies.get("first", {})
    pairs = {key: count for key, count in first.items() if ">" in key}
    moves = [_move(key, count) for key, count in pairs.items() if count >= least]
    return Told(
        visits=visits,
        same=_at_least(first.get(SAME, 0), least),
        unreadable=_at_least(first.get(UNREADABLE, 0), least),
        moves=tuple(sorted(moves, key=lambda move: (-move.count, move.before, move.after))),
        few=least > 0,
        **{part: _largest(tallies.get(part, {}), least) for part in PARTS[1:]},
    )


def _move(key: str, count: int) -> Move:
    before, after = key.split(">")
    return Move(before, after, count)


def _at_least(count: int, least: int) -> int | None:
    return count if count >= least else None


def _largest(counts: Mapping[str, int], least: int) -> tuple[tuple[str, int], ...]:
    told = [(code, count) for code, count in counts.items() if count >= max(least, 1)]
    return tuple(sorted(told, key=lambda pair: (-pair[1], pair[0])))
