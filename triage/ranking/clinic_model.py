"""What a clinic knows of its own patients, laid over a release (docs/ranking.md, step 11).

A clinic's settings never change a release. They make another document, compiled on its own; an assessment
keeps both hashes.

    {"other_prior": 0.12, "temperature": 1.3, "default_rates": {finding: {"rates": {level: share}, "n": n}},
     "base_rates": {condition: share},
     "utilities": {"benefit": B, "harm": C, "test_harm": R, "conditions": {condition: {"benefit", "harm"}},
                   "kinds": {kind of finding: R}, "findings": {finding: R}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from triage.ranking.compile import compile_release
from triage.ranking.constants import is_number
from triage.ranking.errors import InvalidRelease, Problem, nearest
from triage.ranking.model import CompiledModel
from triage.ranking.priors import SETTINGS as PLACES

Document = Mapping[str, Any]
SETTINGS = frozenset({"other_prior", "temperature", "default_rates", "base_rates", "utilities"})
UTILITIES = frozenset({"benefit", "harm", "test_harm", "conditions", "kinds", "findings"})
BASIS = "clinic"  # of a base rate that the clinic counted itself


def with_clinic(document: Document, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a clinic's own numbers; nothing of the given document is changed.

    `other_prior` in (0, 1); `temperature` > 0; rates and shares in (0, 1); B, C > 0 and R ≥ 0 in one unit of
    the clinic's choice. Raises InvalidRelease with every fault.
    """
    problems = settings_problems(document, settings)
    if problems:
        raise InvalidRelease(problems)
    model = {key: settings[key] for key in ("other_prior", "temperature") if settings.get(key) is not None}
    rates = settings.get("default_rates") or {}
    if settings.get("utilities"):
        model["utilities"] = _resolved(document, settings["utilities"])
    return {
        **document,
        "model": {**document["model"], **model},
        "findings": [
            {**row, "default": dict(rates[row["code"]])} if row["code"] in rates else row
            for row in document["findings"]
        ],
        "priors": _priors(document, settings.get("base_rates") or {}),
    }


def compile_with_clinic(
    document: Document, settings: Mapping[str, Any], *, release_hash: str, settings_hash: str
) -> CompiledModel:
    """The model of a release with what of a clinic's settings it knows. Its draws are those of the release.

    Raises InvalidRelease with every fault of the settings.
    """
    model = compile_release(with_clinic(document, known_part(document, settings)), release_hash)
    return replace(model, clinic_model=settings_hash)


def known_part(document: Document, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without what they say of codes that this release does not have.

    A clinic's settings outlive a release; a visit pinned to another one must still be ranked.
    """
    known = _codes(document)
    kept = dict(settings)
    for key, kind in (("default_rates", "finding"), ("base_rates", "condition")):
        if key in kept:
            kept[key] = {code: value for code, value in kept[key].items() if code in known[kind]}
    if "utilities" in kept:
        kept["utilities"] = {
            key: {code: entry for code, entry in value.items() if code in known[key.removesuffix("s")]}
            if isinstance(value, Mapping)
            else value
            for key, value in kept["utilities"].items()
        }
    return kept


def settings_problems(document: Document, settings: Mapping[str, Any]) -> list[Problem]:
    """Every fault of the settings, nearest codes beside unknown ones."""
    known = _codes(document)
    problems = [Problem(key, "unknown_key", "", nearest(key, SETTINGS)) for key in settings.keys() - SETTINGS]
    problems += _unknown("default_rates", settings.get("default_rates") or {}, "finding", known)
    problems += _unknown("base_rates", settings.get("base_rates") or {}, "condition", known)
    problems += [
        Problem(f"base_rates[{code}]", "bad_value", repr(share))
        for code, share in (settings.get("base_rates") or {}).items()
        if not (is_number(share) and 0 < share < 1)
    ]
    for key, most in (("other_prior", 1.0), ("temperature", float("inf"))):
        value = settings.get(key)
        if value is not None and not (is_number(value) and 0 < value < most):
            problems.append(Problem(key, "bad_value", repr(value)))
    return problems + _utility_problems(settings.get("utilities") or {}, known)


def _codes(document: Document) -> dict[str, set[str]]:
    return {
        "finding": {row["code"] for row in document["findings"]},
        "condition": {row["code"] for row in document["conditions"]},
        "kind": {str(row.get("kind")) for row in document["findings"]},
    }


def _unknown(key: str, rows: Mapping[str, Any], kind: str, known: Mapping[str, set[str]]) -> list[Problem]:
    return [
        Problem(f"{key}[{code}]", f"unknown_{kind}", code, nearest(code, known[kind]))
        for code in sorted(rows.keys() - known[kind])
    ]


def _utility_problems(utilities: Mapping[str, Any], known: Mapping[str, set[str]]) -> list[Problem]:
    """Benefit and harm go together, for the clinic or for a condition; both positive, R not negative."""
    problems = [
        Problem(f"utilities.{key}", "unknown_key", "", nearest(key, UTILITIES))
        for key in utilities.keys() - UTILITIES
    ]
    own = utilities.get("conditions") or {}
    for where, row in (
        ("utilities", utilities),
        *((f"utilities.conditions[{code}]", own[code]) for code in own),
    ):
        pair = [row.get("benefit"), row.get("harm")]
        if any(pair) or where != "utilities":
            problems += [
                Problem(f"{where}.{key}", "bad_value", repr(value))
                for key, value in zip(("benefit", "harm"), pair, strict=True)
                if not (is_number(value) and value > 0)
            ]
    harms = [("utilities.test_harm", utilities.get("test_harm", 0.0))]
    for key, kind in (("kinds", "kind"), ("findings", "finding")):
        rows = utilities.get(key) or {}
        problems += _unknown(f"utilities.{key}", rows, kind, known)
        harms += [(f"utilities.{key}[{code}]", value) for code, value in rows.items()]
    problems += [
        Problem(where, "bad_value", repr(value))
        for where, value in harms
        if not (is_number(value) and value >= 0)
    ]
    return problems + _unknown("utilities.conditions", own, "condition", known)


def _resolved(document: Document, utilities: Mapping[str, Any]) -> dict[str, Any]:
    """B and C of each condition that has any; R of each finding: its own, its kind's, the clinic's, or 0."""
    common = {key: utilities[key] for key in ("benefit", "harm") if utilities.get(key)}
    own, kinds = utilities.get("conditions") or {}, utilities.get("kinds") or {}
    harms, usual = utilities.get("findings") or {}, utilities.get("test_harm", 0.0)
    stakes = {row["code"]: own.get(row["code"]) or common for row in document["conditions"]}
    return {
        "conditions": {code: [stake["benefit"], stake["harm"]] for code, stake in stakes.items() if stake},
        "test_harm": {
            row["code"]: harms.get(row["code"], kinds.get(row.get("kind"), usual))
            for row in document["findings"]
        },
    }


def _priors(document: Document, shares: Mapping[str, float]) -> list[Mapping[str, Any]]:
    """The priors with a clinic's own base rates in place of all else that speaks for those conditions."""
    rows = [row for row in document.get("priors") or () if row.get("condition") not in shares]
    places = (*PLACES, *sorted({row["setting"] for row in rows if "setting" in row} - set(PLACES)))
    return rows + [
        {"condition": code, "setting": place, "share": share, "basis": BASIS}
        for code, share in shares.items()
        for place in places
    ]
