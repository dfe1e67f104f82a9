"""The `model` blocks of the corpora: every constant of the engine, with where each comes from."""

from __future__ import annotations

from typing import Any

COMMON: dict[str, Any] = {
    "temperature": 1.0,
    "silence": 0.0,
    "silence_scale": 1.0,
    "breadth": 0.0,
    "absent_weight": 1.0,
    "n_max": 200,
    "prior_classes": {"common": 0.10},
    "kappa": 100,
    "phi": 0.3,
    "odds_cap": [0.2, 10],
    "pair_factor": 3,
    "draws": 400,
}


def _classes(prefix: str, strength: float) -> dict[str, dict[str, float]]:
    means = {"always": 0.98, "very_frequent": 0.895, "frequent": 0.545, "occasional": 0.17, "rare": 0.025}
    return {f"{prefix}{name}": {"mean": mean, "strength": strength} for name, mean in means.items()}


HPO_PRIOR_EXPONENT = 0.5  # of the number of papers on a disease
HPO_MODEL: dict[str, Any] = COMMON | {
    "epsilon": 0,
    "beta_prior": [0.1, 1.9],
    "defaults": {"sign": {"rate": 1e-5, "n": 1}},
    "class_weights": {
        **_classes("", 10),
        **_classes("linked_", 1),
        "unstated": {"mean": 0.5, "strength": 5},
        "named": {"mean": 0.8, "strength": 5},
    },
    "other_prior": 0.10,
    "v_q": 0.6,
    "v_root": 0.3,
    "eta": 1.0,
    "silence": 0.1,
    "silence_scale": 7,
    "breadth": 0.7,
    "absent_weight": 0,
    "temperature": 1.3,
}

DDXPLUS_SHRINKAGE = 10.0  # patients' worth of "all conditions together" added to each condition's own
DDXPLUS_VALUE_SHRINKAGE = 1.0  # the same for questions with one value of several
DDXPLUS_MODEL: dict[str, Any] = COMMON | {
    "epsilon": 0.0005,
    "n_max": 1e6,
    "beta_prior": [0.01, 0.01],
    "defaults": {"answer": {"rate": 1e-3, "n": 1}},
    "class_weights": _classes("", 10),  # no row uses one
    "settings": ["interview"],
    "other_prior": 1e-6,  # every patient has one of the conditions
    "v_q": 0.999999,
    "v_root": 1e-6,
    "eta": 1.0,
}

HPO_DROP_MODEL: dict[str, Any] = HPO_MODEL | {"temperature": 1.65}  # less is known: claims must be smaller
