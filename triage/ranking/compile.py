"""From a release document to a compiled model (docs/ranking.md, steps 2, 3, 11).

Every fault of the document is reported at once as InvalidRelease; nothing is compiled from a document with a
fault.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.cells import pool
from triage.ranking.clinic import ClinicTable
from triage.ranking.constants import Constants, is_number, read_constants
from triage.ranking.corpus import CorpusTable
from triage.ranking.errors import InvalidRelease, Problem, nearest
from triage.ranking.findings import Finding, read_findings
from triage.ranking.hierarchy import CyclicHierarchy, Hierarchy, build_hierarchy
from triage.ranking.model import OTHER, CompiledModel, PanelEntry
from triage.ranking.priors import read_priors
from triage.ranking.risk import read_risk_factors
from triage.ranking.rows import read_rows
from triage.ranking.rules import read_rules
from triage.ranking.table import Knowledge, Table

Document = Mapping[str, Any]
Floats = NDArray[np.float64]
SCHEMA = "tinel.release/1"
KINDS = ("clinic", "corpus")
URGENT = ("urgent", "emergency")


def canonical(document: Document) -> bytes:
    """Canonical bytes of a JSON document: UTF-8, sorted keys, no spaces."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def compile_release(document: Document, release_hash: str | None = None) -> CompiledModel:
    """Compile a release document. `release_hash`, when the caller knows it, saves hashing a large document.

    Raises InvalidRelease with every fault found.
    """
    constants, problems = read_constants(document.get("model"))
    if document.get("schema") != SCHEMA:
        problems.append(Problem("schema", "unknown_value", str(document.get("schema")), (SCHEMA,)))
    if document.get("kind") not in KINDS:
        problems.append(Problem("kind", "unknown_value", str(document.get("kind")), KINDS))
    if constants is None or problems:
        raise InvalidRelease(problems)
    return _compile(document, constants, release_hash or hashlib.sha256(canonical(document)).hexdigest())


def _compile(document: Document, constants: Constants, release: str) -> CompiledModel:
    kind = document["kind"]
    findings, problems = read_findings(document.get("findings") or (), constants)
    codes = [str(row.get("code")) for row in document.get("conditions") or ()]
    condition_at = _positions(codes)
    finding_at = _positions([finding.code for finding in findings])
    problems += _code_problems(document, codes, finding_at)
    hierarchy, faults = _hierarchy(document, findings, finding_at)
    problems += faults
    rows, faults = read_rows(document.get("evidence") or (), findings, finding_at, condition_at, constants)
    problems += faults
    priors, faults = read_priors(document.get("priors") or (), condition_at, constants, kind)
    problems += faults
    factors, faults = read_risk_factors(document.get("risk_factors") or (), condition_at)
    problems += faults
    factor_at = _positions([factor.code for factor in factors])
    levels = {finding.code: finding.levels for finding in findings}
    rules, faults = read_rules(document.get("rules") or (), levels, factor_at, condition_at)
    problems += faults
    panel, faults = _panel(document, condition_at, levels)
    problems += faults
    problems += _reference_problems(document, constants, levels, condition_at)
    if problems or priors is None or hierarchy is None:
        raise InvalidRelease(problems)
    cells = pool(rows, findings, len(codes), constants, kind)
    knowledge = Knowledge(
        tuple(findings), len(codes), cells, hierarchy, _covered(document, findings),
        constants.v_q, constants.v_root, constants.eta,
    )  # fmt: skip
    table: Table = CorpusTable(knowledge, priors.reference) if kind == "corpus" else ClinicTable(knowledge)
    population = tuple(table.population(priors.reference))
    return CompiledModel(
        release=release,
        name=str(document.get("name", "")),
        kind=kind,
        constants=constants,
        conditions=tuple(codes),
        condition_at=condition_at,
        urgent=np.array([row.get("urgency") in URGENT for row in document["conditions"]], dtype=np.bool_),
        findings=tuple(findings),
        finding_at=finding_at,
        contributing=frozenset(row["code"] for row in document.get("contributing_factors") or ()),
        cluster_phi={row["code"]: row.get("phi", constants.phi) for row in document.get("clusters") or ()},
        hierarchy=hierarchy,
        rows=rows,
        cells=cells,
        knowledge=knowledge,
        table=table,
        priors=priors,
        population=population,
        information=_information(population, findings),
        risk_factors=tuple(factors),
        risk_factor_at=factor_at,
        rules=tuple(rules),
        panel=panel,
        cache={},
    )


def _positions(codes: Sequence[str]) -> dict[str, int]:
    return {code: at for at, code in enumerate(codes)}


def _information(population: Sequence[Floats], findings: Sequence[Finding]) -> Floats:
    """−ln b(present) of binary findings, entropy of b of the others, in nats; shape (F,)."""
    return np.array(
        [
            -np.log(b[1]) if finding.binary else -(b * np.log(b)).sum()
            for b, finding in zip(population, findings, strict=True)
        ]
    )


def _code_problems(
    document: Document, conditions: Sequence[str], finding_at: Mapping[str, int]
) -> list[Problem]:
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


def _hierarchy(
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


def _covered(document: Document, findings: Sequence[Finding]) -> dict[int, Floats]:
    """Per block finding, the share of each condition's pain it covers (H,), NaN where the condition does not
    say."""
    pain = [row.get("pain_from") or None for row in document["conditions"]]
    return {
        at: np.array(
            [
                np.nan
                if shares is None
                else min(1.0, sum(shares.get(s, 0.0) for s in finding.block.structures))
                for shares in pain
            ]
        )
        for at, finding in enumerate(findings)
        if finding.block is not None
    }


def _panel(
    document: Document, condition_at: Mapping[str, int], levels: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[PanelEntry, ...], list[Problem]]:
    """The urgent conditions (step 8.2)."""
    entries, problems = [], []
    for row in document.get("conditions") or ():
        where = f"conditions[{row.get('code')}]"
        pairs = [(str(e.get("finding")), str(e.get("level"))) for e in row.get("excluded_by") or ()]
        problems += [
            found for pair in pairs for found in _level_problems(f"{where}.excluded_by", *pair, levels)
        ]
        threshold = row.get("panel_threshold", 1.0)
        if not (is_number(threshold) and 0 < threshold <= 1):
            problems.append(Problem(f"{where}.panel_threshold", "bad_figure"))
        if any(not is_number(x) or not 0 < x <= 1 for x in (row.get("pain_from") or {}).values()):
            problems.append(Problem(f"{where}.pain_from", "shares_must_lie_in_0_to_1"))
        if row.get("urgency") in URGENT:
            entries.append(PanelEntry(condition_at[row["code"]], row["urgency"], threshold, tuple(pairs)))
    return tuple(entries), problems


def _level_problems(
    where: str, finding: str, level: str, levels: Mapping[str, tuple[str, ...]]
) -> list[Problem]:
    if finding not in levels:
        return [Problem(where, "unknown_finding", finding, nearest(finding, levels))]
    if level not in levels[finding]:
        return [Problem(where, "unknown_level", level, nearest(level, levels[finding]))]
    return []


def _reference_problems(
    document: Document,
    constants: Constants,
    levels: Mapping[str, tuple[str, ...]],
    condition_at: Mapping[str, int],
) -> list[Problem]:
    """References from findings and the model block to other parts of the release."""
    problems: list[Problem] = []
    if constants.symptom_free:
        problems += _level_problems("model.symptom_free", *constants.symptom_free, levels)
    known: dict[str, Callable[[str], bool]] = {
        "condition": condition_at.__contains__,
        "rule": {row.get("code") for row in document.get("rules") or ()}.__contains__,
    }
    clusters = {row.get("code"): row.get("phi", constants.phi) for row in document.get("clusters") or ()}
    problems += [
        Problem(f"clusters[{code}].phi", "bad_figure") for code, phi in clusters.items() if not 0 <= phi <= 1
    ]
    for row in document.get("findings") or ():
        where = f"findings[{row.get('code')}]"
        if row.get("cluster") and row["cluster"] not in clusters:
            problems.append(
                Problem(
                    f"{where}.cluster", "unknown_cluster", row["cluster"], nearest(row["cluster"], clusters)
                )
            )
        for guard in row.get("avoid_if") or ():
            problems += [
                Problem(f"{where}.avoid_if", f"unknown_{key}", guard[key])
                for key, exists in known.items()
                if key in guard and not exists(guard[key])
            ]
        gate = row.get("asked_if")
        if gate:
            problems += _level_problems(
                f"{where}.asked_if", str(gate.get("finding")), str(gate.get("level")), levels
            )
    return problems
