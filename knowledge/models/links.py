"""History of the many-to-many links, one proxy of each link table."""

from __future__ import annotations

import pghistory
from django.db import models

from knowledge.models.conditions import Condition
from knowledge.models.findings import ContributingFactor, Finding
from knowledge.models.places import Structure
from knowledge.models.plans import Programme

LINKS: tuple[tuple[type[models.Model], str], ...] = (
    (Structure, "sites"),
    (Finding, "parents"),
    (Finding, "sites"),
    (Finding, "structures"),
    (Finding, "block_structures"),
    (Condition, "sites"),
    (Condition, "structures"),
    (Condition, "mimics"),
    (ContributingFactor, "addressed_by"),
    (Programme, "conditions"),
)


def _tracked_link(owner: type[models.Model], field: str) -> type[models.Model]:
    through = getattr(owner, field).through
    name = f"{owner.__name__}{field.title().replace('_', '')}Link"
    meta = type("Meta", (), {"proxy": True, "app_label": "knowledge"})
    proxy = type(name, (through,), {"__module__": __name__, "Meta": meta})
    track = pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent(), obj_field=None)
    return track(proxy)


LINK_MODELS = {(owner, field): _tracked_link(owner, field) for owner, field in LINKS}
