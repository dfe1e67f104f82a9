"""A clinic's own numbers in words: what each of them does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triage.models import ClinicModel
from triage.presentation import words

KIND_NAMES = {
    "block": "Diagnostic blocks",
    "electrodiagnosis": "Electrodiagnosis",
    "history": "Questions of the history",
    "imaging": "Imaging",
    "inspection": "Inspection",
    "investigation": "Other investigations",
    "laboratory": "Laboratory tests",
    "location": "Questions of place",
    "motion": "Tests of movement",
    "neurological": "Neurological tests",
    "provocation": "Provocation tests",
    "response": "Response to treatment",
    "rule": "Published rules",
    "strength": "Tests of strength",
    "symptom": "Questions of symptoms",
    "tenderness": "Palpation",
}


@dataclass(frozen=True)
class VersionRow:
    """One version of the history."""

    version: int
    saved_at: Any
    saved_by: str
    reason: str
    sha256: str
    effects: tuple[str, ...]


def kinds_of(document: Mapping[str, Any]) -> list[str]:
    """Kinds of the findings of a release, in alphabetical order."""
    return sorted({str(row["kind"]) for row in document["findings"] if row.get("kind")})


def version_row(row: ClinicModel, document: Mapping[str, Any]) -> VersionRow:
    effects = tuple(effect_words(row.settings, document))
    return VersionRow(row.version, row.created_at, str(row.saved_by), row.reason, row.sha256[:12], effects)


def effect_words(settings: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each number; none set, none said."""
    if settings.get("other_prior"):
        was = words.percent(document["model"]["other_prior"])
        yield f"“Something else” begins at {words.percent(settings['other_prior'])} (the release says {was})."
    utilities = settings.get("utilities") or {}
    if utilities.get("benefit"):
        yield f"Any condition: treat from {_treat(utilities)} on ({_stake(utilities)})."
    names = {row["code"]: row["name"] for row in (*document["conditions"], *document["findings"])}
    for code, pair in (utilities.get("conditions") or {}).items():
        yield f"{names.get(code, code)}: treat from {_treat(pair)} on ({_stake(pair)})."
    if utilities.get("test_harm"):
        yield f"A test must be worth more than {utilities['test_harm']:g}."
    for kind, harm in (utilities.get("kinds") or {}).items():
        yield f"{KIND_NAMES.get(kind, kind)} must be worth more than {harm:g}."
    for code, harm in (utilities.get("findings") or {}).items():
        yield f"{names.get(code, code)} must be worth more than {harm:g}."
    if settings.get("temperature"):
        yield f"All evidence is divided by {settings['temperature']:g}."
    for code, share in (settings.get("base_rates") or {}).items():
        yield f"{names.get(code, code)} counts as {words.percent(share)} of your patients."


def _treat(pair: Mapping[str, float]) -> str:
    return words.percent(pair["harm"] / (pair["benefit"] + pair["harm"]))


def _stake(pair: Mapping[str, float]) -> str:
    return f"benefit {pair['benefit']:g}, harm {pair['harm']:g}"
