"""A treatment: what it is, where it is used and with which cautions, and which factors it addresses."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.catalogue import STAGES, Catalogue
from knowledge.pages.lines import Item, Line, Link, basis_of, link_to


@dataclass(frozen=True)
class Use:
    """One condition that it is used for."""

    condition: Link
    line: Line


@dataclass(frozen=True)
class TreatmentPage:
    treatment: Item
    uses: tuple[tuple[str, tuple[Use, ...]], ...]
    addresses: tuple[Link, ...]


def treatment_page(known: Catalogue, code: str) -> TreatmentPage | None:
    """A treatment by stage of care; None where the release does not have it."""
    treatment = known.treatment(code)
    if treatment is None:
        return None
    rows = [row for row in known.rows("condition_treatments") if row["treatment"] == code]
    uses = (
        (
            stage,
            tuple(
                Use(link_to(known, "condition", row["condition"]), Line(row, "", basis_of(known, row)))
                for row in rows
                if row["stage"] == stage
            ),
        )
        for stage in STAGES
    )
    return TreatmentPage(
        treatment=treatment,
        uses=tuple((stage, used) for stage, used in uses if used),
        addresses=tuple(
            link_to(known, "contributing_factor", row["code"])
            for row in known.rows("contributing_factors")
            if code in row.get("addressed_by", [])
        ),
    )
