"""Small releases made by hand, with numbers a reader can check with a pocket calculator."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Document = dict[str, Any]

MODEL: Document = {
    "epsilon": 0.0,
    "beta_prior": [0.5, 0.5],
    "n_max": 200,
    "defaults": {"symptom": {"rate": 0.2, "n": 10}, "tenderness": {"rate": 0.3, "n": 10}},
    "class_weights": {
        "always": {"mean": 0.98, "strength": 5},
        "very_frequent": {"mean": 0.895, "strength": 5},
        "frequent": {"mean": 0.545, "strength": 5},
        "occasional": {"mean": 0.17, "strength": 5},
        "rare": {"mean": 0.025, "strength": 5},
        "never": {"mean": 0.02, "strength": 5},
    },
    "prior_classes": {"common": 0.10, "uncommon": 0.03, "rare": 0.01, "very_rare": 0.002},
    "other_prior": 0.10,
    "kappa": 100,
    "temperature": 1.0,
    "phi": 0.3,
    "v_q": 0.6,
    "v_root": 0.2,
    "eta": 0.9,
    "odds_cap": [0.2, 10],
    "pair_factor": 3,
    "draws": 400,
    "symptom_free": {"finding": "other_side_painful", "level": "absent"},
}


def finding(code: str, **more: Any) -> Document:
    """A binary symptom unless told otherwise."""
    row: Document = {"code": code, "name": code, "kind": "symptom", "role": "votes", "stage": "exam"}
    return row | more


def condition(code: str, **more: Any) -> Document:
    row: Document = {"code": code, "name": code, "urgency": "routine"}
    return row | more


def study(condition: str, finding: str, positives: float, n: float, **more: Any) -> Document:
    row: Document = {
        "condition": condition, "finding": finding, "level": "present", "positives": positives, "n": n,
        "source": "s1", "locator": "t1", "basis": "study",
    }  # fmt: skip
    return row | more


def opinion(condition: str, finding: str, frequency: str, **more: Any) -> Document:
    row: Document = {
        "condition": condition, "finding": finding, "level": "present", "class": frequency, "basis":
        "expert_estimate",
    }  # fmt: skip
    return row | more


def classed(condition: str, name: str = "common") -> Document:
    return {"condition": condition, "class": name, "basis": "expert_estimate"}


def release(**parts: Any) -> Document:
    """A release of conditions a and b with whatever is given; `model` is merged into the constants above."""
    document: Document = {
        "schema": "tinel.release/1",
        "name": "By hand",
        "kind": "clinic",
        "conditions": [condition("a"), condition("b")],
        "findings": [finding("f"), finding("other_side_painful")],
        "priors": [classed("a"), classed("b")],
        "evidence": [],
    }
    document |= deepcopy({key: value for key, value in parts.items() if key != "model"})
    document["model"] = deepcopy(MODEL) | parts.get("model", {})
    return document


def case(*observations: Any, **more: Any) -> Document:
    """A case file. An observation is a dict, or (finding, level) or (finding, level, side)."""
    rows = [
        o if isinstance(o, dict) else dict(zip(("finding", "level", "side"), o, strict=False))
        for o in observations
    ]
    document: Document = {
        "setting": "sports_clinic", "age_years": 34, "sex": "female", "side": "left", "risk_factors": [],
        "observations": rows,
    }  # fmt: skip
    return document | more
