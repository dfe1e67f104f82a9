"""The clinic's page: its sections, and the tables that can be taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from clinics.models import Membership
from knowledge.catalogue import catalogue
from knowledge.compiled import compiled_model
from knowledge.models import Release
from triage.agreement import ClinicAgreement
from triage.differential import current_clinic_model
from triage.errors import NoRelease
from triage.evaluation import Proportion, proportion
from triage.evaluation.reliability import ENOUGH
from triage.figures.awaited import asked_in
from triage.figures.base_rates import BaseRates, base_rates_of
from triage.figures.calibration import FIRST, Calibration, Moment, calibration_in
from triage.figures.complaints import Complaints, complaints_in
from triage.figures.improvement import courses_in
from triage.figures.own_lists import own_lists_in
from triage.figures.waiting import Waits, waits_of
from triage.presentation import clinic_sheets as sheets
from triage.presentation import words
from triage.presentation.calibration import (
    MomentView,
    calibration_sheet,
    moment_view,
    releases_sheet,
    slope_words,
)
from triage.presentation.clinic_sheets import MeasureView, Named
from triage.presentation.sheets import FEWEST, Sheet, band_words
from triage.proof import Proof
from triage.services import release_for


@dataclass(frozen=True)
class CalibrationView:
    """`unseen`: proven complaints without a visit before the day of the proof."""

    moments: tuple[MomentView, ...]
    releases: Sheet
    slope: str
    unseen: int
    brief: str
    enough: int = ENOUGH


@dataclass(frozen=True)
class WaitsView:
    """`few`: conditions proven fewer than five times."""

    waits: Waits
    conditions: Sheet
    grades: Sheet
    few: int


@dataclass(frozen=True)
class BaseRatesView:
    """`few`: how many conditions were proven one to four times; `never`: not once."""

    sheet: Sheet
    few: int
    never: int
    settings: tuple[tuple[str, int], ...]
    in_use: bool


@dataclass(frozen=True)
class OwnListsView:
    found: ClinicAgreement
    sheet: Sheet


@dataclass(frozen=True)
class Results:
    proof: Proof
    proven: Proportion
    sampled: bool
    measures: tuple[MeasureView, ...]
    waits: WaitsView
    referrals: Sheet
    calibration: CalibrationView
    own_lists: OwnListsView | None  # None where nobody has written one
    base_rates: BaseRatesView | None  # None before the first release

    @property
    def proven_percent(self) -> str:
        return words.percent(self.proven.share) if self.proven.share is not None else ""


def results_page(member: Membership) -> Results:
    complaints = complaints_in(member.clinic_id)
    proof = complaints.proof
    release = _release(member)
    name = _names(release)
    return Results(
        proof=proof,
        proven=proportion(proof.proven, proof.consecutive),
        sampled=member.clinic.sampled,
        measures=tuple(sheets.measure_views(courses_in(member.clinic_id), name)),
        waits=_waits(complaints, name),
        referrals=sheets.asked_sheet(asked_in(member.clinic_id)),
        calibration=_calibration(member, proof),
        own_lists=_own_lists(member),
        base_rates=_base_rates(member, complaints, release, name) if release else None,
    )


def _release(member: Membership) -> Release | None:
    try:
        return release_for(member)
    except NoRelease:
        return None


def _names(release: Release | None) -> Named:
    """What to call a condition by its code."""
    known = catalogue(release.sha256) if release else None
    return sheets.named_by(lambda code: known.name("condition", code) if known else code.replace("_", " "))


def _waits(complaints: Complaints, name: Named) -> WaitsView:
    waits = waits_of(complaints)
    return WaitsView(
        waits=waits,
        conditions=sheets.waits_sheet(waits, name),
        grades=sheets.grades_sheet(waits),
        few=sheets.few_waits(waits),
    )


def _calibration(member: Membership, proof: Proof) -> CalibrationView:
    moments = calibration_in(member.clinic_id)
    first = moments[FIRST].total
    return CalibrationView(
        moments=tuple(moment_view(code, moment) for code, moment in moments.items()),
        releases=releases_sheet(moments, _numbers(moments.values())),
        slope=slope_words(first.slope),
        unseen=max(proof.proven - first.cases, 0),
        brief=_brief(first),
    )


def _own_lists(member: Membership) -> OwnListsView | None:
    found = own_lists_in(member.clinic_id)
    return OwnListsView(found, sheets.own_lists_sheet(found)) if found.lists else None


def _brief(first: Calibration) -> str:
    """Said and proved at the first visit, in a line; empty while there is not enough."""
    if first.cases < ENOUGH or first.claimed is None or first.right.share is None:
        return ""
    said, right = words.percent(first.claimed), words.percent(first.right.share)
    return f"first places said {said} on average, {right} proved right ({band_words(first.right)})"


def _numbers(moments: Iterable[Moment]) -> dict[str, int]:
    known = {sha for moment in moments for sha in moment.releases}
    return dict(Release.objects.filter(sha256__in=known).values_list("sha256", "number"))


def _base_rates(member: Membership, complaints: Complaints, release: Release, name: Named) -> BaseRatesView:
    rates, in_use = _rates(member, complaints, release)
    counts = [row.proven.count for row in rates.rates if row.condition]
    settings = sorted(rates.settings.items(), key=lambda pair: -pair[1])
    return BaseRatesView(
        sheet=sheets.base_rates_sheet(rates, name),
        few=sum(0 < count < FEWEST for count in counts),
        never=counts.count(0),
        settings=tuple((words.SETTING_TITLES.get(code, code), many) for code, many in settings),
        in_use=in_use,
    )


def _rates(member: Membership, complaints: Complaints, release: Release) -> tuple[BaseRates, bool]:
    """The rates, and whether the clinic's own are in use."""
    own = current_clinic_model(member.clinic_id)
    used = (own.settings.get("base_rates") or {}) if own else {}
    return base_rates_of(complaints, compiled_model(release.sha256), used), bool(used)


def _outcomes_file(member: Membership) -> Sheet:
    return sheets.outcomes_sheet(courses_in(member.clinic_id), _names(_release(member)))


def _waits_file(member: Membership) -> Sheet:
    return sheets.waits_sheet(waits_of(complaints_in(member.clinic_id)), _names(_release(member)), whole=True)


def _grades_file(member: Membership) -> Sheet:
    return sheets.grades_sheet(waits_of(complaints_in(member.clinic_id)))


def _referrals_file(member: Membership) -> Sheet:
    return sheets.asked_sheet(asked_in(member.clinic_id))


def _calibration_file(member: Membership) -> Sheet:
    moments = calibration_in(member.clinic_id)
    return calibration_sheet(moments, _numbers(moments.values()))


def _releases_file(member: Membership) -> Sheet:
    moments = calibration_in(member.clinic_id)
    return releases_sheet(moments, _numbers(moments.values()), whole=True)


def _own_lists_file(member: Membership) -> Sheet:
    return sheets.own_lists_sheet(own_lists_in(member.clinic_id))


def _base_rates_file(member: Membership) -> Sheet:
    release = release_for(member)
    rates, _ = _rates(member, complaints_in(member.clinic_id), release)
    return sheets.base_rates_sheet(rates, _names(release), whole=True)


SHEETS: Mapping[str, Callable[[Membership], Sheet]] = {
    "outcomes": _outcomes_file,
    "waits": _waits_file,
    "grades": _grades_file,
    "referrals": _referrals_file,
    "calibration": _calibration_file,
    "releases": _releases_file,
    "own-lists": _own_lists_file,
    "base-rates": _base_rates_file,
}
