"""The only module that knows both rows and engine: a visit becomes a case, a case becomes a ranking.

    Encounter ─case_document─► case file (plain JSON) ─read_case─► Case ─rank─► Ranking ─freeze─► Assessment

The case file is also what `manage.py rank` reads and what an Assessment keeps, so the page, the command and
the replay take one road. Rows are read here and never written.

Errors: `triage.ranking.RankingError` and its children pass through; nothing here answers with a partial
ranking.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import timezone

from knowledge.catalogue import catalogue
from knowledge.compiled import compiled_model
from triage.carrying import Carried, Earlier, earlier_answers
from triage.models import ClinicModel, Encounter, Observation, Patient, PatientItem, RedFlagDismissal
from triage.models.opened import clinic_model_of
from triage.questions import RISK_FACTOR, VOTES, Question, questions
from triage.ranking import ENGINE_VERSION, Case, CompiledModel, Ranking, compile_with_clinic, rank, read_case
from triage.ranking.panel import NOT_SCREENED

CaseDocument = dict[str, Any]
Answered = Observation | Carried
SEXES = {Patient.Sex.FEMALE: "female", Patient.Sex.MALE: "male"}
ALLERGY = PatientItem.Kind.ALLERGY
OBSERVED = Observation.Status.OBSERVED
PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an Assessment keeps: case file, hashes of its release and of the clinic's own numbers, version of
    the engine, its output bytes.
    """

    case: CaseDocument
    release_sha256: str
    clinic_model_sha256: str  # empty: the release alone
    engine_version: str
    output: bytes


def case_document(
    encounter: Encounter,
    observations: Sequence[Observation] | None = None,
    *,
    earlier: Earlier | None = None,
) -> CaseDocument:
    """The case file of a visit, in one fixed order (observations by finding code, then side).

    `age_years` is in completed years on the local day of the visit. `sex` is "female", "male" or null (other
    and unknown: no odds ratio is known for them). `risk_factors` are the codes answered *present* at the
    visit and those of the patient's current comorbidities and medicines that were not answered otherwise.
    Contributing factors are no votes and stay out. "Not tested" is kept, with level null: it means nothing to
    the engine, but it is on record. `allergies` are the codes of the patient's current allergies: a finding
    whose `avoid_if` names one is never proposed.

    A visit that builds on an earlier one starts from what is known: for every finding and side not answered
    today the newest answer of the earlier visits stands, with the day on which it was given (`seen_on`).
    `earlier` is what stands beside these observations, where the caller has worked it out already.

    Queries: one for the observations, one for the patient's items, none for what is given or prefetched
    already; one more for what is carried, where there was an earlier visit.
    """
    release = release_sha256(encounter)
    asked = questions(release)
    patient = encounter.episode.patient
    day = timezone.localdate(encounter.held_at)
    items = [item for item in patient.items.all() if item.is_current(day)]
    known = encounter.observations.all() if observations is None else observations
    stands = (earlier or earlier_answers(encounter, known, release=release)).stands
    carried = {(row.finding_code, row.side) for row in stands}
    today = [row for row in known if (row.finding_code, row.side) not in carried]  # else: not tested today
    rows = sorted([*today, *stands], key=lambda row: (row.finding_code, row.side))
    return {
        "setting": encounter.setting,
        "age_years": patient.age_on(day),
        "sex": SEXES.get(Patient.Sex(patient.sex)),
        "side": encounter.episode.side,
        "risk_factors": _risk_factors(items, rows, asked),
        "allergies": sorted({item.code for item in items if item.kind == ALLERGY and item.code}),
        "observations": [_observation(row) for row in rows if _role(row, asked) == VOTES],
    }


def case_for(encounter: Encounter) -> Case:
    """The engine's case of a visit. Errors: InvalidCase when an observation is not in the visit's release."""
    return read_case(case_document(encounter), compiled_model(release_sha256(encounter)))


def rank_encounter(
    encounter: Encounter,
    observations: Sequence[Observation] | None = None,
    earlier: Earlier | None = None,
) -> Ranking:
    """The differential of a visit as recorded now, under the release the visit is pinned to and the clinic's
    own numbers. Queries: one for these, beside those of `case_document`; none for a visit that came with them
    (triage/models/opened.py).
    """
    return rank_document(
        case_document(encounter, observations, earlier=earlier),
        release=release_sha256(encounter),
        clinic_model=clinic_model_of(encounter),
    )


def rank_document(
    document: CaseDocument, *, release: str, clinic_model: ClinicModel | None = None
) -> Ranking:
    """The differential of a case file under the release with hash `release` (64 hexadecimal digits), with a
    clinic's own numbers laid over it.

    Errors: InvalidCase with every fault of the file, knowledge's own when there is no such release.
    """
    model = model_for(release, clinic_model)
    return rank(model, read_case(document, model))


def freeze(encounter: Encounter) -> Frozen:
    """The differential of a visit with all that is needed to compute the same bytes again."""
    case = case_document(encounter)
    release = release_sha256(encounter)
    clinic_model = current_clinic_model(encounter.clinic_id)
    return Frozen(
        case=case,
        release_sha256=release,
        clinic_model_sha256=clinic_model.sha256 if clinic_model else "",
        engine_version=ENGINE_VERSION,
        output=rank_document(case, release=release, clinic_model=clinic_model).to_json(),
    )


def unscreened(frozen: Frozen) -> tuple[str, ...]:
    """Codes of the urgent conditions that nothing recorded excludes and nothing alerts to (step 8.2)."""
    rows = json.loads(frozen.output).get("cant_miss", ())
    return tuple(row["condition"] for row in rows if row["state"] == NOT_SCREENED)


def fired_flags(encounter: Encounter) -> list[dict[str, Any]]:
    """The red flags that what is recorded now raises, dismissed or not, in the engine's own shape."""
    flags: list[dict[str, Any]] = rank_encounter(encounter).to_dict()["red_flags"]
    return flags


def holding(encounter: Encounter, guards: Sequence[Mapping[str, Any]]) -> list[str]:
    """Codes of the rules that fired and of the conditions at or above their share, of a finding's `avoid_if`
    (step 9). Allergies are matched by their words instead (triage/blocks/allergens.py).
    """
    ranking = rank_encounter(encounter).to_dict(explained=())
    fired = {flag["rule"] for flag in ranking["red_flags"]}
    shares = {row["condition"]: row["share"] for row in ranking["hypotheses"]}
    rules = [guard["rule"] for guard in guards if guard.get("rule") in fired]
    likely = [
        guard["condition"]
        for guard in guards
        if "condition" in guard and shares.get(guard["condition"], 0.0) >= guard.get("share", 0.0)
    ]
    return rules + likely


def dismissals(encounter: Encounter) -> dict[str, RedFlagDismissal]:
    """By rule, what was put aside and not taken back. One query."""
    rows = encounter.red_flag_dismissals.oldest_first().select_related("by")
    newest = {row.rule_code: row for row in rows}
    return {rule: row for rule, row in newest.items() if row.dismissed}


def current_clinic_model(clinic_id: uuid.UUID) -> ClinicModel | None:
    """The newest version of a clinic's own numbers; None where it has never set any. One query."""
    found: ClinicModel | None = ClinicModel.objects.newest_of(clinic_id)
    return found


def model_for(release: str, clinic_model: ClinicModel | None) -> CompiledModel:
    """The compiled release, alone or with a clinic's own numbers. InvalidRelease when these do not fit."""
    if clinic_model is None:
        return compiled_model(release)
    return _with_clinic(release, clinic_model)


@lru_cache(maxsize=4)  # draws take up to some 45 MB each; compiling one anew takes about 50 ms
def _with_clinic(release: str, clinic_model: ClinicModel) -> CompiledModel:
    """A version is known by its id and never changes, so that its document is read here alone."""
    return compile_with_clinic(
        catalogue(release).document,
        clinic_model.settings,
        release_hash=release,
        settings_hash=clinic_model.sha256,
    )


def release_sha256(encounter: Encounter) -> str:
    """The hash of the visit's release, read without the release's document (hundreds of kilobytes)."""
    if Encounter.release.is_cached(encounter):
        return encounter.release.sha256
    return Encounter.objects.values_list("release__sha256", flat=True).get(pk=encounter.pk)


def _role(row: Answered, asked: Mapping[str, Question]) -> str:
    """A code that the release does not know is passed on as a vote: the engine refuses it by name."""
    return asked[row.finding_code].role if row.finding_code in asked else VOTES


def _risk_factors(
    items: Sequence[PatientItem], rows: Sequence[Answered], asked: Mapping[str, Question]
) -> list[str]:
    """Answered *present*, or of the patient's items where nobody answered otherwise since it was noted."""
    factors = [row for row in rows if _role(row, asked) == RISK_FACTOR]
    answered = {row.finding_code: row for row in factors}
    present = {row.finding_code for row in factors if row.answer == (OBSERVED, PRESENT)}
    standing = {
        item.code
        for item in items
        if item.kind != ALLERGY  # to be allergic to something is not to have it
        and _is_risk_factor(item.code, asked)
        and not _overruled(item, answered.get(item.code))
    }
    return sorted(present | standing)


def _overruled(item: PatientItem, row: Answered | None) -> bool:
    """Today's answer stands over the list of the patient's items, an earlier one over what was older."""
    return row is not None and (isinstance(row, Observation) or row.performed_at >= item.saved_at)


def _is_risk_factor(code: str, asked: Mapping[str, Question]) -> bool:
    return code in asked and asked[code].role == RISK_FACTOR


def _observation(row: Answered) -> dict[str, str | None]:
    said: dict[str, str | None] = {
        "finding": row.finding_code,
        "level": row.level_code or None,
        "status": row.status,
        "side": row.side or None,
        "stage": row.stage,
    }
    return said | {"seen_on": row.seen_on.isoformat()} if isinstance(row, Carried) else said
