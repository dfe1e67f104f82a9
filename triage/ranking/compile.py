"""From a release document to a compiled model (docs/ranking.md, steps 2, 3, 11).

Every fault of the document is reported at once as InvalidRelease; nothing is compiled from a document with a
fault.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ranking.cells import pool
from triage.ranking.checks import URGENT, code_problems, read_hierarchy, read_panel, reference_problems
from triage.ranking.clinic import ClinicTable
from triage.ranking.constants import Constants, read_constants
from triage.ranking.corpus import CorpusTable
from triage.ranking.errors import InvalidRelease, Problem
from triage.ranking.findings import Finding, read_findings
from triage.ranking.hierarchy import Hierarchy
from triage.ranking.model import CompiledModel, PanelEntry
from triage.ranking.priors import Priors, read_priors
from triage.ranking.risk import RiskFactor, read_risk_factors
from triage.ranking.rows import Rows, read_rows
from triage.ranking.rules import Rule, read_rules
from triage.ranking.table import Knowledge, Table

Document = Mapping[str, Any]
Floats = NDArray[np.float64]
SCHEMA = "tinel.release/1"
KINDS = ("clinic", "corpus")


@dataclass(frozen=True)
class Parts:
    """A document whose every part could be read."""

    constants: Constants
    kind: str
    condition_at: Mapping[str, int]
    findings: Sequence[Finding]
    finding_at: Mapping[str, int]
    hierarchy: Hierarchy
    rows: Rows
    priors: Priors
    risk_factors: Sequence[RiskFactor]
    risk_factor_at: Mapping[str, int]
    rules: Sequence[Rule]
    panel: tuple[PanelEntry, ...]


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
    try:
        parts = read_parts(document, constants)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise InvalidRelease([Problem("release", "malformed", repr(fault))]) from fault
    return _assemble(document, parts, release_hash or hashlib.sha256(canonical(document)).hexdigest())


def read_parts(document: Document, constants: Constants) -> Parts:
    """All parts of a document. Raises InvalidRelease with the faults of all of them."""
    kind = document["kind"]
    findings, problems = read_findings(document.get("findings") or (), constants)
    codes = [str(row.get("code")) for row in document.get("conditions") or ()]
    conditions, finding_at = _positions(codes), _positions([finding.code for finding in findings])
    levels = {finding.code: finding.levels for finding in findings}
    hierarchy, in_hierarchy = read_hierarchy(document, findings, finding_at)
    rows, in_rows = read_rows(document.get("evidence") or (), findings, finding_at, conditions, constants)
    priors, in_priors = read_priors(document.get("priors") or (), conditions, constants, kind)
    factors, in_factors = read_risk_factors(document.get("risk_factors") or (), conditions)
    factor_at = _positions([factor.code for factor in factors])
    rules, in_rules = read_rules(document.get("rules") or (), levels, factor_at, conditions)
    panel, in_panel = read_panel(document, conditions, levels)
    problems += [*code_problems(document, codes), *in_hierarchy, *in_rows, *in_priors]
    problems += [
        *in_factors,
        *in_rules,
        *in_panel,
        *reference_problems(document, constants, levels, conditions),
    ]
    if problems or priors is None or hierarchy is None:
        raise InvalidRelease(problems)
    known = (constants, kind, conditions, findings, finding_at, hierarchy, rows, priors)
    return Parts(*known, factors, factor_at, rules, panel)


def _positions(codes: Sequence[str]) -> dict[str, int]:
    return {code: at for at, code in enumerate(codes)}


def _assemble(document: Document, parts: Parts, release: str) -> CompiledModel:
    """Pool the evidence, build the table and measure the population."""
    constants, priors = parts.constants, parts.priors
    cells = pool(parts.rows, parts.findings, len(parts.condition_at), constants, parts.kind)
    knowledge = Knowledge(
        tuple(parts.findings), len(parts.condition_at), cells, parts.hierarchy,
        _covered(document, parts.findings), constants.v_q, constants.v_root, constants.eta,
    )  # fmt: skip
    table: Table = (
        ClinicTable(knowledge) if parts.kind == "clinic" else CorpusTable(knowledge, priors.reference)
    )
    population = tuple(table.population(priors.reference))
    return CompiledModel(
        **_as_read(parts),
        **_labels(document, constants),
        release=release,
        cells=cells,
        knowledge=knowledge,
        table=table,
        population=population,
        information=_information(population, parts.findings),
        cache={},
    )


def _as_read(parts: Parts) -> dict[str, Any]:
    """The parts that a compiled model keeps as they were read."""
    kept = {field: getattr(parts, field) for field in parts.__dataclass_fields__}
    tuples = {key: tuple(kept[key]) for key in ("findings", "risk_factors", "rules")}
    return kept | tuples | {"conditions": tuple(parts.condition_at)}


def _labels(document: Document, constants: Constants) -> dict[str, Any]:
    """What the model keeps of a document beside its parts."""
    return {
        "name": str(document.get("name", "")),
        "urgent": np.array([row.get("urgency") in URGENT for row in document["conditions"]], dtype=np.bool_),
        "contributing": frozenset(row["code"] for row in document.get("contributing_factors") or ()),
        "cluster_phi": {row["code"]: row.get("phi", constants.phi) for row in document.get("clusters") or ()},
        "asked_if": _gates(document),
    }


def _gates(document: Document) -> dict[str, tuple[str, str]]:
    """The (finding, level) that each gated finding's question hangs on."""
    return {
        row["code"]: (row["asked_if"]["finding"], row["asked_if"]["level"])
        for row in document.get("findings") or ()
        if row.get("asked_if")
    }


def _information(population: Sequence[Floats], findings: Sequence[Finding]) -> Floats:
    """−ln b(present) of binary findings, entropy of b of the others, in nats; shape (F,)."""
    return np.array(
        [
            -np.log(b[1]) if finding.binary else -(b * np.log(b)).sum()
            for b, finding in zip(population, findings, strict=True)
        ]
    )


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
