"""Faults of a release that show only when its parts are seen together (docs/ranking.md, "Errors")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from triage.ranking.constants import Constants, is_number
from triage.ranking.errors import Problem, nearest
from triage.ranking.findings import Finding
from triage.ranking.hierarchy import CyclicHierarchy, Hierarchy, build_hierarchy
from triage.ranking.model import OTHER, PanelEntry

Document = Mapping[str, Any]
URGENT = ("urgent", "emergency")


def code_problems(document: Document, conditions: Sequence[str]) -> list[Problem]:
    """Missing, reserved and repeated codes; findings and factors share one namespace."""
    problems = [] if conditions else [Problem("conditions", "missing")]
    problems += [Problem(f"conditions[{code}]", "reserved_code") for code in conditions if code == OTHER]
    problems += [Problem(f"conditions[{code}]", "repeated_code") for code in _repeated(conditions)]
    observable = [
        str(row.get("code"))
        for key in ("findings", "risk_factors", "contributing_factors")
        for row in document.get(key) or ()
    ]
    problems += [Problem(f"findings[{code}]", "repeated_code") for code in _repeated(observable)]
    return problems


def _repeated(codes: Sequence[str]) -> list[str]:
    return sorted(code for code, count in Counter(codes).items() if count > 1)


def read_hierarchy(
    document: Document, findings: Sequence[Finding], finding_at: Mapping[str, int]
) -> tuple[Hierarchy | None, list[Problem]]:
    """The is-a graph: known binary parents, no cycle, default rates that do not fall towards the root."""
    problems: list[Problem] = []
    parents: list[list[int]] = [[] for _ in findings]
    rows = {row.get("code"): row for row in document.get("findings") or ()}
    for at, finding in enumerate(findings):
        for parent in rows[finding.code].get("parents") or ():
            where = f"findings[{finding.code}].parents"
            above = finding_at.get(parent)
            if above is None:
                problems.append(Problem(where, "unknown_finding", parent, nearest(parent, finding_at)))
            elif not (findings[above].binary and finding.binary):
                problems.append(Problem(where, "only_binary_findings_have_parents", parent))
            else:
                parents[at].append(above)
    try:
        hierarchy = build_hierarchy(parents)
    except CyclicHierarchy as cycle:
        return None, [
            *problems,
            *(Problem(f"findings[{findings[at].code}].parents", "cycle") for at in cycle.members),
        ]
    return hierarchy, [*problems, *_falling_defaults(parents, findings)]


def _falling_defaults(parents: Sequence[Sequence[int]], findings: Sequence[Finding]) -> list[Problem]:
    """A child more common than its parent contradicts is-a (step 2)."""
    return [
        Problem(f"findings[{finding.code}].default", "default_rate_above_parent", findings[parent].code)
        for at, finding in enumerate(findings)
        for parent in parents[at]
        if finding.rates[1] > findings[parent].rates[1] + 1e-12
    ]


def read_panel(
    document: Document, condition_at: Mapping[str, int], levels: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[PanelEntry, ...], list[Problem]]:
    """The urgent conditions (step 8.2)."""
    entries, problems = [], []
    for row in document.get("conditions") or ():
        where = f"conditions[{row.get('code')}]"
        pairs = [(str(e.get("finding")), str(e.get("level"))) for e in row.get("excluded_by") or ()]
        problems += [
            found for pair in pairs for found in level_problems(f"{where}.excluded_by", *pair, levels)
        ]
        threshold = row.get("panel_threshold", 1.0)
        if not (is_number(threshold) and 0 < threshold <= 1):
            problems.append(Problem(f"{where}.panel_threshold", "bad_figure"))
        if any(not is_number(x) or not 0 < x <= 1 for x in (row.get("pain_from") or {}).values()):
            problems.append(Problem(f"{where}.pain_from", "shares_must_lie_in_0_to_1"))
        if row.get("urgency") in URGENT:
            entries.append(PanelEntry(condition_at[row["code"]], row["urgency"], threshold, tuple(pairs)))
    return tuple(entries), problems


def level_problems(
    where: str, finding: str, level: str, levels: Mapping[str, tuple[str, ...]]
) -> list[Problem]:
    if finding not in levels:
        return [Problem(where, "unknown_finding", finding, nearest(finding, levels))]
    if level not in levels[finding]:
        return [Problem(where, "unknown_level", level, nearest(level, levels[finding]))]
    return []


def reference_problems(
    document: Document,
    constants: Constants,
    levels: Mapping[str, tuple[str, ...]],
    condition_at: Mapping[str, int],
) -> list[Problem]:
    """References from findings and the model block to other parts of the release."""
    problems: list[Problem] = []
    if constants.symptom_free:
        problems += level_problems("model.symptom_free", *constants.symptom_free, levels)
    for row in constants.comorbidity:
        problems += [
            Problem("model.comorbidity", "unknown_condition", code, nearest(code, condition_at))
            for code in row[:2]
            if code not in condition_at
        ]
    clusters = {row.get("code"): row.get("phi", constants.phi) for row in document.get("clusters") or ()}
    problems += [
        Problem(f"clusters[{code}].phi", "bad_figure") for code, phi in clusters.items() if not 0 <= phi <= 1
    ]
    known = {"condition": set(condition_at), "rule": {row.get("code") for row in document.get("rules") or ()}}
    for row in document.get("findings") or ():
        problems += _finding_references(row, clusters, known, levels)
    return problems


def _finding_references(
    row: Mapping[str, Any],
    clusters: Mapping[str, float],
    known: Mapping[str, set[str]],
    levels: Mapping[str, tuple[str, ...]],
) -> list[Problem]:
    """A finding's cluster, its guards and the finding its question hangs on."""
    where, problems = f"findings[{row.get('code')}]", []
    cluster, gate = row.get("cluster"), row.get("asked_if")
    if cluster and cluster not in clusters:
        problems.append(Problem(f"{where}.cluster", "unknown_cluster", cluster, nearest(cluster, clusters)))
    for guard in row.get("avoid_if") or ():
        problems += [
            Problem(f"{where}.avoid_if", f"unknown_{key}", str(guard[key]), nearest(str(guard[key]), codes))
            for key, codes in known.items()
            if key in guard and guard[key] not in codes
        ]
    if gate:
        at = f"{where}.asked_if"
        problems += level_problems(at, str(gate.get("finding")), str(gate.get("level")), levels)
    return problems
