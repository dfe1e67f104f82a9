"""A small sound folder of content, and the ways to change it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from knowledge.faults import ContentFaults, Fault
from knowledge.loading import Content, load

Files = dict[str, Any]

MODEL = {
    "epsilon": 0.04,
    "beta_prior": [0.5, 0.5],
    "n_max": 200,
    "defaults": {"symptom": {"rate": 0.15, "n": 5}, "tenderness": {"rate": 0.12, "n": 6}},
    "class_weights": {
        "always": {"mean": 0.98, "strength": 5},
        "very_frequent": {"mean": 0.895, "strength": 5},
        "frequent": {"mean": 0.545, "strength": 5},
        "occasional": {"mean": 0.17, "strength": 5},
        "rare": {"mean": 0.025, "strength": 5},
        "never": {"mean": 0.02, "strength": 5},
    },
    "prior_classes": {"common": 0.1, "uncommon": 0.03, "rare": 0.01, "very_rare": 0.002},
    "other_prior": 0.1,
    "kappa": 100,
    "temperature": 1.0,
    "phi": 0.3,
    "v_q": 0.6,
    "v_root": 0.2,
    "eta": 0.9,
    "silence": 0,
    "silence_scale": 7,
    "breadth": 0,
    "absent_weight": 1,
    "odds_cap": [0.2, 10],
    "pair_factor": 3,
    "draws": 400,
}


def small_files() -> Files:
    """Two conditions, three findings, one row of every other kind."""
    estimate = {"basis": "expert_estimate"}
    studied = {"source": "rose2003", "locator": "table 2"}
    return {
        "release.yaml": {"name": "Small", "kind": "clinic", "model": deepcopy(MODEL)},
        "sites.yaml": {
            "sites": [{"code": "foot", "name": "Foot"}, {"code": "heel", "name": "Heel", "parent": "foot"}],
            "structures": [{"code": "fascia", "name": "Fascia", "kind": "fascia", "sites": ["heel"]}],
        },
        "clusters.yaml": {"clusters": [{"code": "start", "name": "Start-up pain"}]},
        "findings/history.yaml": {
            "stage": "intake",
            "package": "history",
            "group": "Pain",
            "findings": [
                {"code": "first_steps", "name": "First steps hurt", "kind": "symptom", "cluster": "start"},
                {
                    "code": "worst_when",
                    "name": "Worst when",
                    "kind": "symptom",
                    "levels": [{"code": code, "name": code} for code in ("morning", "evening", "night")],
                },
            ],
        },
        "findings/prone.yaml": {
            "findings": [
                {
                    "code": "tender_heel",
                    "name": "Tender heel",
                    "synonyms": ["sore heel bone"],
                    "kind": "tenderness",
                    "stage": "exam",
                    "package": "prone",
                    "group": "Heel",
                    "side_aware": True,
                    "sites": ["heel"],
                    "default": {"rates": {"present": 0.1}, "n": 8, **estimate},
                }
            ]
        },
        "conditions/fasciitis.yaml": {
            "code": "fasciitis",
            "name": "Fasciitis",
            "synonyms": ["policeman's heel"],
            "definition": "The fascia hurts.",
            "nature": "fascia",
            "sites": ["heel"],
            "structures": ["fascia"],
            "pain_from": {"fascia": 0.9},
            "icd10cm": [{"code": "M72.2", "title": "Plantar fascial fibromatosis", "verified": True}],
            "mimics": ["fracture"],
            "prior": [{"class": "common", **estimate}],
            "evidence": [
                {"finding": "first_steps", "positives": 18, "n": 20, "weight": 0.5, **studied},
                {"finding": "tender_heel", "class": "frequent", **estimate},
                {"finding": "worst_when", "counts": {"morning": 8, "evening": 1, "night": 1}, **estimate},
            ],
            "treatments": [
                {
                    "treatment": "rest",
                    "stage": "first_line",
                    **estimate,
                    "cautions": [{"text": "Not too long.", "if": {"risk_factor": "heavy"}}],
                }
            ],
            "disputes": [
                {
                    "topic": "Rest",
                    "positions": [{"claim": "It helps.", **estimate}, {"claim": "It does not.", **estimate}],
                }
            ],
        },
        "conditions/fracture.yaml": {
            "code": "fracture",
            "name": "Fracture",
            "definition": "The bone gives way.",
            "nature": "bone",
            "urgency": "urgent",
            "prior": [{"class": "rare", **estimate}],
            "evidence": [{"finding": "first_steps", "class": "rare", **estimate}],
            "excluded_by": [{"finding": "tender_heel", "level": "absent", **estimate}],
            "recovery": {"text": "Weeks.", "weeks": [6, 12], **estimate},
        },
        "risk_factors.yaml": {
            "risk_factors": [
                {
                    "code": "heavy",
                    "name": "Heavy",
                    "group": "load",
                    "effects": [{"condition": "fasciitis", "odds_ratio": 2.0, **estimate}],
                }
            ]
        },
        "contributing_factors.yaml": {
            "contributing_factors": [
                {
                    "code": "weak_hip",
                    "name": "Weak hip",
                    "package": "standing",
                    "group": "Hip",
                    "addressed_by": ["rest"],
                    **estimate,
                }
            ]
        },
        "rules.yaml": {
            "rules": [
                {
                    "code": "image_now",
                    "name": "Image now",
                    "condition": "fracture",
                    "urgency": "days",
                    "when": {
                        "all": [{"finding": "tender_heel", "level": "present"}, {"risk_factor": "heavy"}]
                    },
                    "action": "Image.",
                    **estimate,
                }
            ]
        },
        "treatments.yaml": {"treatments": [{"code": "rest", "name": "Rest"}]},
        "programmes.yaml": {
            "programmes": [
                {
                    "code": "back",
                    "name": "Back",
                    "conditions": ["fasciitis"],
                    "steps": [{"title": "Walk", "text": "Walk.", "stop_rules": ["Pain"]}],
                    **estimate,
                }
            ]
        },
        "sources.yaml": {
            "sources": [
                {"code": "rose2003", "citation": "Rose A. Heels. 2003", "status": "verified"},
                {"code": "lost1999", "citation": "Lost B. Feet. 1999", "status": "untraced"},
            ]
        },
        "cases/morning.yaml": {
            "code": "morning",
            "title": "First steps hurt",
            "case": {
                "setting": "sports_clinic",
                "observations": [{"finding": "first_steps", "level": "present"}],
            },
            "expect": {"first": "fasciitis"},
        },
    }


def write(root: Path, files: Mapping[str, Any]) -> Path:
    """Files under `root`: plain data as YAML, text and bytes as they are."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))
    return root


def small(root: Path, files: Files | None = None) -> Content:
    return load(write(root, files or small_files()))


def faults(root: Path, files: Files) -> list[Fault]:
    """What is wrong with the files; empty where nothing is."""
    try:
        load(write(root, files))
    except ContentFaults as error:
        return error.faults
    return []
