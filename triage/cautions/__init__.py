"""Cautions of treatments checked against what is on a patient's record."""

from triage.cautions.check import ALWAYS, APPLIES, NOT_HERE, PERHAPS, Because, Caution, cautions_of, check
from triage.cautions.matching import names_by_code, treatments_named
from triage.cautions.said import Kind, Said, derived

__all__ = [
    "ALWAYS",
    "APPLIES",
    "NOT_HERE",
    "PERHAPS",
    "Because",
    "Caution",
    "Kind",
    "Said",
    "cautions_of",
    "check",
    "derived",
    "names_by_code",
    "treatments_named",
]
