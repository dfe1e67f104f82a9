"""A finding, a risk factor or a contributing factor: how to ask for it, and what its answers say."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.catalogue import Catalogue
from knowledge.pages.lines import Basis, Item, Line, Link, basis_of, link_to
from triage.ranking import CompiledModel

KINDS = ("finding", "risk_factor", "contributing_factor")


@dataclass(frozen=True)
class Level:
    """One answer, and how often it is seen with the same complaint from another cause (per cent)."""

    name: str
    usual: float | None


@dataclass(frozen=True)
class Speaker:
    """What the answers say of one condition: per level p(level | condition), per cent, and the ratio."""

    condition: Link
    levels: tuple[tuple[str, float, float], ...]  # name, per cent, ratio against the usual rate
    rows: tuple[Line, ...]

    @property
    def strongest(self) -> float:
        """The largest ratio or inverse ratio of any answer."""
        return max(max(ratio, 1 / ratio) for _, _, ratio in self.levels)


@dataclass(frozen=True)
class FindingPage:
    kind: str
    item: Item
    levels: tuple[Level, ...]
    default: Basis | None
    speakers: tuple[Speaker, ...]
    effects: tuple[tuple[Link, Line], ...]
    related: tuple[tuple[str, tuple[Link, ...]], ...]
    avoid: tuple[str, ...]
    rules: tuple[Item, ...]
    basis: Basis | None


def finding_page(known: Catalogue, model: CompiledModel, code: str) -> FindingPage | None:
    """Whatever may be recorded under a code; None where the release does not have it."""
    kind, item = next(((kind, item) for kind in KINDS if (item := known.row(kind, code))), ("", None))
    if item is None:
        return None
    votes = code in model.finding_at
    return FindingPage(
        kind=kind,
        item=item,
        levels=_levels(known, model, code) if votes else (),
        default=basis_of(known, item["default"]) if "default" in item else None,
        speakers=_speakers(known, model, code) if votes else (),
        effects=tuple(
            (link_to(known, "condition", effect["condition"]), Line(effect, "", basis_of(known, effect)))
            for effect in item.get("effects", [])
        ),
        related=_related(known, item, code),
        avoid=tuple(_avoided(known, reason) for reason in item.get("avoid_if", [])),
        rules=tuple(rule for rule in known.rows("rules") if _mentions(rule["when"], code)),
        basis=basis_of(known, item) if "basis" in item else None,
    )


def _levels(known: Catalogue, model: CompiledModel, code: str) -> tuple[Level, ...]:
    finding = model.findings[model.finding_at[code]]
    return tuple(
        Level(known.label(code, level), 100 * rate)
        for level, rate in zip(finding.levels, finding.rates, strict=True)
    )


def _speakers(known: Catalogue, model: CompiledModel, code: str) -> tuple[Speaker, ...]:
    """Every condition with evidence of its own, the ones that the answers move most first."""
    rows: dict[str, list[Line]] = {}
    for row in known.rows("evidence"):
        if row["finding"] == code:
            line = Line(
                row, "", basis_of(known, row), known.label(code, row["level"]) if "level" in row else ""
            )
            rows.setdefault(row["condition"], []).append(line)
    at = model.finding_at[code]
    table = model.table.probabilities(at)
    names = [known.label(code, level) for level in model.findings[at].levels]
    found = [
        Speaker(
            link_to(known, "condition", condition),
            tuple(
                (name, 100 * float(p), float(p / usual))
                for name, p, usual in zip(names, table[model.condition_at[condition]], table[-1], strict=True)
            ),
            tuple(lines),
        )
        for condition, lines in rows.items()
        if condition in model.condition_at
    ]
    return tuple(sorted(found, key=lambda speaker: (-speaker.strongest, speaker.condition.name)))


def _related(known: Catalogue, item: Item, code: str) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    findings = known.rows("findings")
    cluster = item.get("cluster")
    groups = {
        "More general": [("finding", parent) for parent in item.get("parents", [])],
        "More particular": [("finding", row["code"]) for row in findings if code in row.get("parents", [])],
        "Says much the same": [
            ("finding", row["code"])
            for row in findings
            if cluster and row.get("cluster") == cluster and row["code"] != code
        ],
        "Sites": [("site", site) for site in item.get("sites", [])],
        "Addressed by": [("treatment", treatment) for treatment in item.get("addressed_by", [])],
    }
    linked = {
        title: tuple(link_to(known, kind, other) for kind, other in sorted(pairs))
        for title, pairs in groups.items()
    }
    return tuple((title, links) for title, links in linked.items() if links)


def _avoided(known: Catalogue, reason: Item) -> str:
    if "condition" in reason:
        return f"{known.name('condition', reason['condition'])} is at {100 * reason['share']:g} % or more"
    if "rule" in reason:
        return f"the red flag “{known.name('rule', reason['rule'])}” is up"
    return f"allergy: {str(reason['allergy']).replace('_', ' ')}"


def _mentions(expression: object, code: str) -> bool:
    """Whether a rule's condition reads this code, however deep."""
    if isinstance(expression, dict):
        return code in (expression.get("finding"), expression.get("risk_factor")) or any(
            _mentions(part, code) for part in expression.values()
        )
    return isinstance(expression, list) and any(_mentions(part, code) for part in expression)
