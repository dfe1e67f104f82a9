"""What happened to a patient: each row is of one clinic and reached through `visible_to(membership)`."""

from triage.models.assessments import Addendum, Assessment
from triage.models.blocks import DiagnosticBlock, PainReading
from triage.models.clinic_models import ClinicModel
from triage.models.diagnoses import Diagnosis, FollowUp
from triage.models.dismissals import RedFlagDismissal
from triage.models.editable import EditableModel
from triage.models.encounters import Encounter, Episode
from triage.models.forecasts import Forecast
from triage.models.impacts import ClinicImpact
from triage.models.letters import Letter, SentLetter
from triage.models.moves import ReleaseMove
from triage.models.observations import Observation
from triage.models.outcomes import AlarmSeen, OutcomeRequest, OutcomeScore
from triage.models.own_lists import OwnList
from triage.models.patients import Patient, PatientItem
from triage.models.plans import HomeExercise, LoadStep, Plan, PlannedTreatment, PlanPart, Referral
from triage.models.programmes import CriterionTick, EpisodeProgramme, StepChange
from triage.models.restriction import BreakGlass, CareTeamMember
from triage.models.runs import Run, Shoe
from triage.models.unsent import UnsentForm

__all__ = [
    "Addendum",
    "AlarmSeen",
    "Assessment",
    "BreakGlass",
    "CareTeamMember",
    "ClinicImpact",
    "ClinicModel",
    "CriterionTick",
    "Diagnosis",
    "DiagnosticBlock",
    "EditableModel",
    "Encounter",
    "Episode",
    "EpisodeProgramme",
    "FollowUp",
    "Forecast",
    "HomeExercise",
    "Letter",
    "LoadStep",
    "Observation",
    "OutcomeRequest",
    "OutcomeScore",
    "OwnList",
    "PainReading",
    "Patient",
    "PatientItem",
    "Plan",
    "PlanPart",
    "PlannedTreatment",
    "RedFlagDismissal",
    "Referral",
    "ReleaseMove",
    "Run",
    "SentLetter",
    "Shoe",
    "StepChange",
    "UnsentForm",
]
