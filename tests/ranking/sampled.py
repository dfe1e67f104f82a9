"""Random releases and cases for the laws: every part of the schema turns up in some of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.ranking.releases import classed, condition, finding, opinion, release, study

Document = dict[str, Any]

CONDITIONS = ("bone", "fascia", "nerve", "tendon")
BINARY = ("ache", "burning", "burning_heel", "squeeze", "tinel", "tinel_arch")
ZONES = ("heel", "arch", "toes")
CLASSES = ("very_frequent", "frequent", "occasional", "rare", "never")
RISKS = ("load", "load_more", "old")


def _findings(epsilon: float) -> list[Document]:
    return [
        finding("ache", side_aware=True),
        finding("burning", side_aware=True),
        finding(
            "burning_heel", side_aware=True, parents=["burning"], default={"rates": {"present": 0.1}, "n": 9}
        ),
        finding("squeeze", side_aware=True, side_control=True, cluster="provoked"),
        finding("tinel", side_aware=True, side_control=True, cluster="provoked"),
        finding(
            "tinel_arch", side_aware=True, parents=["tinel"], default={"rates": {"present": 0.05}, "n": 9}
        ),
        finding(
            "zone", side_aware=True, levels=[{"code": code, "name": code} for code in ZONES], epsilon=epsilon
        ),
        finding("other_side_painful"),
    ]


@st.composite
def evidence(draw: st.DrawFn) -> list[Document]:
    """Up to one row of each kind per cell."""
    rows = []
    for code in CONDITIONS:
        for name in BINARY:
            kind = draw(st.sampled_from(("none", "class", "study", "both")))
            if kind in ("class", "both"):
                rows.append(opinion(code, name, draw(st.sampled_from(CLASSES))))
            if kind in ("study", "both"):
                n = draw(st.integers(1, 60))
                rows.append(study(code, name, draw(st.integers(0, n)), n))
        if draw(st.booleans()):
            counts = {zone: draw(st.integers(1, 20)) for zone in ZONES}
            rows.append({"condition": code, "finding": "zone", "counts": counts, "basis": "expert_estimate"})
    return rows


@st.composite
def documents(draw: st.DrawFn, **model: Any) -> Document:
    """A clinic release of four conditions and eight findings."""
    risks = [
        {"code": "load", "group": "load", "effects": [{"condition": "bone", "odds_ratio": 4.0}]},
        {"code": "load_more", "group": "load", "effects": [{"condition": "bone", "odds_ratio": 0.3}]},
        {
            "code": "old",
            "applies_if": {"age_at_least": 50},
            "effects": [{"condition": "fascia", "odds_ratio": 30.0}],
        },
    ]
    rule = {"code": "stop", "urgency": "same_day", "when": {"finding": "squeeze", "level": "present"}}
    classes = [draw(st.sampled_from(("common", "uncommon", "rare"))) for _ in CONDITIONS]
    return release(
        conditions=[
            condition(code, urgency="urgent" if code == "bone" else "routine") for code in CONDITIONS
        ],
        findings=_findings(draw(st.sampled_from((0.0, 0.1)))),
        clusters=[{"code": "provoked", "name": "provoked"}],
        priors=[classed(code, name) for code, name in zip(CONDITIONS, classes, strict=True)],
        evidence=draw(evidence()),
        risk_factors=risks,
        rules=[rule],
        model={"epsilon": draw(st.sampled_from((0.0, 0.04)))} | model,
    )


@st.composite
def cases(draw: st.DrawFn) -> Document:
    """A case with sides, equivocal and untested observations, risk factors and an age."""
    observations = []
    for name in (*BINARY, "zone", "other_side_painful"):
        levels = ZONES if name == "zone" else ("absent", "present")
        for side in draw(st.sets(st.sampled_from(("left", "right", None)), max_size=2)):
            status = draw(st.sampled_from(("observed", "observed", "equivocal", "not_tested")))
            observations.append(
                {"finding": name, "level": draw(st.sampled_from(levels)), "status": status, "side": side}
            )
    return {
        "setting": draw(st.sampled_from(("runners", "sports_clinic", "primary_care"))),
        "age_years": draw(st.none() | st.integers(10, 90)),
        "sex": draw(st.sampled_from((None, "female", "male"))),
        "side": draw(st.sampled_from(("left", "right", "both", "unknown"))),
        "risk_factors": draw(st.lists(st.sampled_from(RISKS), unique=True)),
        "observations": observations,
    }
