"""The clinic's page: its sections, and the tables that can be taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from clinics.models import Membership
from knowledge.models import Release
from triage.evaluation import Proportion, proportion
from triage.evaluation.reliability import ENOUGH
from triage.figures.calibration import FIRST, Moment, calibration_in
from triage.presentation import words
from triage.presentation.calibration import (
    MomentView,
    calibration_sheet,
    moment_view,
    releases_sheet,
    slope_words,
)
from triage.presentation.sheets import Sheet
from triage.proof import Proof, proof_in


@dataclass(frozen=True)
class CalibrationView:
    """`unseen`: proven complaints without a visit before the day of the proof."""

    moments: tuple[MomentView, ...]
    releases: Sheet
    slope: str
    unseen: int
    enough: int = ENOUGH


@dataclass(frozen=True)
class Results:
    proof: Proof
    proven: Proportion
    sampled: bool
    calibration: CalibrationView

    @property
    def proven_percent(self) -> str:
        return words.percent(self.proven.share) if self.proven.share is not None else ""


def results_page(member: Membership) -> Results:
    proof = proof_in(member.clinic_id)
    return Results(
        proof=proof,
        proven=proportion(proof.proven, proof.consecutive),
        sampled=member.clinic.sampled,
        calibration=_calibration(member, proof),
    )


def _calibration(member: Membership, proof: Proof) -> CalibrationView:
    moments = calibration_in(member.clinic_id)
    return CalibrationView(
        moments=tuple(moment_view(code, moment) for code, moment in moments.items()),
        releases=releases_sheet(moments, _numbers(moments.values())),
        slope=slope_words(moments[FIRST].total.slope),
        unseen=max(proof.proven - moments[FIRST].total.cases, 0),
    )


def _numbers(moments: Iterable[Moment]) -> dict[str, int]:
    known = {sha for moment in moments for sha in moment.releases}
    return dict(Release.objects.filter(sha256__in=known).values_list("sha256", "number"))


def _calibration_sheet(member: Membership) -> Sheet:
    moments = calibration_in(member.clinic_id)
    return calibration_sheet(moments, _numbers(moments.values()))


def _releases_sheet(member: Membership) -> Sheet:
    moments = calibration_in(member.clinic_id)
    return releases_sheet(moments, _numbers(moments.values()))


SHEETS: Mapping[str, Callable[[Membership], Sheet]] = {
    "calibration": _calibration_sheet,
    "releases": _releases_sheet,
}
