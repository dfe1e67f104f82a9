"""What a clinic knows of its own patients, laid over a release (docs/ranking.md, step 11).

A clinic's settings never change a release. They make another document, compiled and hashed on its own; an
assessment keeps both hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.ranking.constants import is_number
from triage.ranking.errors import InvalidRelease, Problem, nearest

SETTINGS = frozenset({"other_prior", "temperature", "default_rates"})


def with_clinic(document: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a clinic's `other_prior` in (0, 1), `temperature` > 0 and `default_rates`.

    `default_rates`: finding → `{"rates": {level: share}, "n": patients}`, replacing the release's own.
    Nothing of the given document is changed. Raises InvalidRelease with every fault.
    """
    known = {row["code"] for row in document["findings"]}
    rates = settings.get("default_rates") or {}
    problems = [Problem(key, "unknown_key", "", nearest(key, SETTINGS)) for key in settings.keys() - SETTINGS]
    problems += [
        Problem(f"default_rates[{code}]", "unknown_finding", code, nearest(code, known))
        for code in rates.keys() - known
    ]
    for key, most in (("other_prior", 1.0), ("temperature", float("inf"))):
        value = settings.get(key)
        if value is not None and not (is_number(value) and 0 < value < most):
            problems.append(Problem(key, "bad_value", repr(value)))
    if problems:
        raise InvalidRelease(problems)
    model = {key: settings[key] for key in ("other_prior", "temperature") if settings.get(key) is not None}
    findings = [
        {**row, "default": dict(rates[row["code"]])} if row["code"] in rates else row
        for row in document["findings"]
    ]
    return {**document, "model": {**document["model"], **model}, "findings": findings}
