"""What the pages of a condition and of a source show, put together from a release."""

from __future__ import annotations

from typing import Any

from knowledge.catalogue import Catalogue

URGENT = ("urgent", "emergency")


def condition_page(known: Catalogue, code: str) -> dict[str, Any] | None:
    """A condition with names in place of codes; None where the release does not have it."""
    condition = known.condition(code)
    if condition is None:
        return None
    evidence = [row for row in known.rows("evidence") if row["condition"] == code]
    return {
        "condition": condition,
        "urgent": condition.get("urgency") in URGENT,
        "sites": [known.name("site", site) for site in condition.get("sites", [])],
        "structures": [known.name("structure", part) for part in condition.get("structures", [])],
        "mimics": [(other, known.name("condition", other)) for other in condition.get("mimics", [])],
        "priors": [row for row in known.rows("priors") if row["condition"] == code],
        "evidence": [_evidence_line(known, row) for row in evidence],
        "exclusions": [
            {
                **row,
                "name": known.name("finding", row["finding"]),
                "label": known.label(row["finding"], row["level"]),
            }
            for row in condition.get("excluded_by", [])
        ],
        "treatments": known.treatments_for(code),
    }


def _evidence_line(known: Catalogue, row: dict[str, Any]) -> dict[str, Any]:
    counts = [
        {"label": known.label(row["finding"], level), "count": count}
        for level, count in row.get("counts", {}).items()
    ]
    return {
        **row,
        "name": known.name("finding", row["finding"]),
        "label": known.label(row["finding"], row["level"]) if "level" in row else "",
        "all_counts": counts,
        "percent": _percent(row),
        "estimate": row.get("basis") == "expert_estimate",
    }


def _percent(row: dict[str, Any]) -> float | None:
    if "positives" in row:
        return float(100 * row["positives"] / row["n"])
    return 100 * row["probability"] if "probability" in row else None


def source_page(known: Catalogue, code: str) -> dict[str, Any] | None:
    """A source and every row that rests on it, by kind; None where the release does not have it."""
    source = known.source(code)
    if source is None:
        return None
    return {"source": source, "uses": [use for use in _uses(known, code) if use["rows"]]}


def _uses(known: Catalogue, code: str) -> list[dict[str, Any]]:
    """What rests on a source: titled lists of lines, each linked to its condition where it has one."""

    def lines(rows: list[dict[str, Any]], name: Any) -> list[dict[str, Any]]:
        return [
            {**row, "line": name(row), "condition_name": known.name("condition", row.get("condition", ""))}
            for row in rows
            if row.get("source") == code
        ]

    effects = [
        {**effect, "factor": factor["name"]}
        for factor in known.rows("risk_factors")
        for effect in factor.get("effects", [])
    ]
    inside = [row for condition in known.rows("conditions") for row in _claims_inside(condition)]
    defaults = [
        {**finding["default"], "name": finding["name"]}
        for finding in known.rows("findings")
        if "default" in finding
    ]
    return [
        {
            "title": "Evidence",
            "rows": lines(known.rows("evidence"), lambda row: known.name("finding", row["finding"])),
        },
        {"title": "How common", "rows": lines(known.rows("priors"), lambda row: row.get("setting", ""))},
        {"title": "Default rates", "rows": lines(defaults, lambda row: row["name"])},
        {"title": "Risk factors", "rows": lines(effects, lambda row: row["factor"])},
        {"title": "Red flags", "rows": lines(known.rows("rules"), lambda row: row["name"])},
        {
            "title": "Treatments",
            "rows": lines(
                known.rows("condition_treatments"), lambda row: known.name("treatment", row["treatment"])
            ),
        },
        {
            "title": "Contributing factors",
            "rows": lines(known.rows("contributing_factors"), lambda row: row["name"]),
        },
        {"title": "Programmes", "rows": lines(known.rows("programmes"), lambda row: row["name"])},
        {"title": "Recovery, exclusions and disputes", "rows": lines(inside, lambda row: row["line"])},
    ]


def _claims_inside(condition: Any) -> list[dict[str, Any]]:
    code = condition["code"]
    recovery = [{**condition["recovery"], "line": "recovery"}] if "recovery" in condition else []
    excluded = [{**row, "line": "excluded by"} for row in condition.get("excluded_by", [])]
    positions = [
        {**position, "line": f"{dispute['topic']}: {position['claim']}"}
        for dispute in condition.get("disputes", [])
        for position in dispute["positions"]
    ]
    return [{**row, "condition": code} for row in (*recovery, *excluded, *positions)]
