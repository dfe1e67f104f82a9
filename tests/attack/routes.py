"""Every route of the site with real records behind its parameters.

A parameter is named after what it finds (`patient_id`, `encounter_id`, …); `PARAMETERS` holds the exceptions.
A route with a parameter that nothing here understands fails the tests: a new page is attacked from its first
day.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import get_resolver, reverse

from tests.test_access import Route, walk

# Parameters that are not called after a model, and values of those that name no row.
PARAMETERS = {
    "block_id": "diagnosticblock",
    "glass_id": "breakglass",
    "item_id": "patientitem",
    "programme_id": "episodeprogramme",
    "request_id": "outcomerequest",
    "reading_id": "painreading",
    "score_id": "outcomescore",
}
WORDS: dict[str, list[Any]] = {
    "app_label": ["clinics"],
    "code": ["a", "f"],
    "kind": ["conditions", "findings"],
    "part": ["evidence"],
    "finding": ["block_tunnel"],
    "form": ["yaml", "json"],
    "condition": ["a"],
    "content_type_id": [1],
    "measure": ["nprs", "psfs"],
    "key": ["abc"],
    "object_id": [uuid.UUID(int=7)],
    "pk": [7],  # of somebody's passkey
    "rule": ["stop"],
    "session_id": [7],  # of somebody's session
    "table": ["outcomes", "waits", "referrals", "calibration", "own-lists", "base-rates"],
    "token": ["no-such-token"],
    "uidb36": ["abc"],
    "url": ["nowhere"],
}
NOT_OURS = ("admin",)


@dataclass(frozen=True)
class Address:
    route: str
    path: str


@cache
def routes() -> tuple[Route, ...]:
    found = sorted(set(walk(get_resolver())), key=lambda route: route.name)
    return tuple(route for route in found if route.space not in NOT_OURS)


def unknown_parameters() -> list[str]:
    return [
        f"{route.name}: {key}"
        for route in routes()
        for key in route.keys
        if key not in WORDS and _model_name(key) not in _models()
    ]


def addresses(rows: Mapping[str, list[Any]]) -> list[Address]:
    """Every route with every fitting combination of `rows`, keys of rows by the small name of their model."""
    found = []
    for route in routes():
        values = [
            WORDS.get(key) or rows.get(_model_name(key), []) or [uuid.UUID(int=7)] for key in route.keys
        ]
        found += [
            Address(route.name, reverse(route.name, kwargs=dict(zip(route.keys, chosen, strict=True))))
            for chosen in product(*values)
        ]
    return found


def _model_name(key: str) -> str:
    return PARAMETERS.get(key, key.removesuffix("_id").replace("_", ""))


@cache
def _models() -> dict[str, type[Model]]:
    return {model._meta.model_name or "": model for model in apps.get_models()}
