"""What medicine says, as rows: the working copy that editors change, and the releases made of it."""

from knowledge.models.conditions import (
    Condition,
    Dispute,
    Evidence,
    EvidenceCount,
    Exclusion,
    IcdCode,
    PainSource,
    Position,
    Prior,
)
from knowledge.models.findings import (
    Avoidance,
    BlockRelief,
    ContributingFactor,
    DefaultRate,
    Effect,
    Finding,
    Level,
    RiskFactor,
)
from knowledge.models.kept import KeptForm
from knowledge.models.links import LINK_MODELS
from knowledge.models.places import Cluster, Site, Source, Structure
from knowledge.models.plans import Caution, ConditionTreatment, Programme, Rule, Step, Treatment
from knowledge.models.releases import GoldenCase, ImportedEntity, Release, WorkingCopy
from knowledge.models.reviews import Installation, ReleaseActivation, Review, SourceWithdrawal

__all__ = [
    "LINK_MODELS",
    "Avoidance",
    "BlockRelief",
    "Caution",
    "Cluster",
    "Condition",
    "ConditionTreatment",
    "ContributingFactor",
    "DefaultRate",
    "Dispute",
    "Effect",
    "Evidence",
    "EvidenceCount",
    "Exclusion",
    "Finding",
    "GoldenCase",
    "IcdCode",
    "ImportedEntity",
    "Installation",
    "KeptForm",
    "Level",
    "PainSource",
    "Position",
    "Prior",
    "Programme",
    "Release",
    "ReleaseActivation",
    "Review",
    "RiskFactor",
    "Rule",
    "Site",
    "Source",
    "SourceWithdrawal",
    "Step",
    "Structure",
    "Treatment",
    "WorkingCopy",
]
