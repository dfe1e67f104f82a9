"""What disturbed answers do: `python -m benchmarks.robustness [--data DIR] [--images DIR] [--json]`.

Cases sampled from the shipped release (`benchmarks.disturbed`), and all evidence of the interviews' patients,
ranked by a release with ε = 0.04 that was not fitted on them: answers wrong, left out, said twice, and
findings of somebody else. Each time the share right and the share claimed for the first.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import disturbed
from benchmarks.charts import line_chart
from benchmarks.corpora.interviews import (
    Interviews,
    Patient,
    given_by,
    person,
    read_interviews,
    release_document,
)
from benchmarks.corpora.phenotypes import code_of
from benchmarks.corpora.settings import DDXPLUS_MODEL
from benchmarks.ddxplus import FOLDS, Patients, case_of, first_of
from triage.ranking import CompiledModel, Observation, compile_release, rank

Random = np.random.Generator
Seen = list[Observation]
SEED, EPSILON, COPY = 20260101, 0.04, "_again"
Disturb = Callable[[Seen, float, Random], Seen]


def with_copies(document: Mapping[str, Any]) -> dict[str, Any]:
    """The release with a second finding for every yes/no finding, in one cluster with the first (φ = 1)."""
    binary = [row for row in document["findings"] if "levels" not in row]
    copied = {row["code"] for row in binary}
    clusters = [{"code": f"same_{code}", "name": code, "phi": 1.0} for code in sorted(copied)]
    findings = [
        row | ({"cluster": f"same_{row['code']}"} if row["code"] in copied else {})
        for row in document["findings"]
    ]
    twins = [row | {"code": row["code"] + COPY, "cluster": f"same_{row['code']}"} for row in binary]
    rows = [
        row | {"finding": row["finding"] + COPY} for row in document["evidence"] if row["finding"] in copied
    ]
    more = {"findings": [*findings, *twins], "evidence": [*document["evidence"], *rows], "clusters": clusters}
    return {**document, **more}


def answers(data: Interviews, patient: Patient, wrong: float, random: Random) -> Seen:
    """All answers of a patient, a share of them wrong."""
    given, source = given_by(patient), Patients(data.questions, wrong)
    asked = [evidence for evidence in data.questions.evidences if data.questions.arises(evidence, given)]
    return [*person(patient), *(o for evidence in asked for o in source.ask(evidence, given, random))]


def left_out(seen: Seen, share: float, random: Random) -> Seen:
    return [o for o in seen if random.random() >= share]


def twice(seen: Seen, share: float, random: Random) -> Seen:
    """A share of the positive yes/no answers said once more in other words."""
    again = [o for o in seen if o.level == "present" and random.random() < share]
    return [*seen, *(Observation(o.finding + COPY, "present") for o in again)]


def measure(
    model: CompiledModel, data: Interviews, patients: Sequence[Patient], disturb: Disturb, amount: float
) -> tuple[float, float]:
    """(share right, share claimed). A wrong share is applied where answers are given."""
    right, claimed = [], []
    for number, patient in enumerate(patients):
        random = np.random.default_rng([SEED, number])
        wrong = amount if disturb is flipped else 0.0
        seen = disturb(answers(data, patient, wrong, random), amount, random)
        if disturb is foreign:
            seen = add_foreign(data, seen, patients[(number + 7) % len(patients)], int(amount), random)
        first, share = first_of(model, rank(model, case_of(seen)))
        right.append(first == code_of(patient["pathology"]))
        claimed.append(share)
    return round(float(np.mean(right)), 4), round(float(np.mean(claimed)), 4)


def flipped(seen: Seen, share: float, random: Random) -> Seen:
    """Wrong answers are given as they are asked."""
    return seen


def foreign(seen: Seen, count: float, random: Random) -> Seen:
    """Findings of another patient are added below."""
    return seen


def add_foreign(data: Interviews, seen: Seen, other: Patient, count: int, random: Random) -> Seen:
    """`count` yes/no findings that another patient has and this one denied."""
    theirs = {code_of(evidence) for evidence in given_by(other)}
    denied = [at for at, o in enumerate(seen) if o.level == "absent" and o.finding in theirs]
    chosen = set(random.permutation(denied)[:count].tolist())
    return [Observation(o.finding, "present") if at in chosen else o for at, o in enumerate(seen)]


CURVES: dict[str, tuple[Disturb, tuple[float, ...]]] = {
    "flipped": (flipped, (0.0, 0.05, 0.1, 0.2)),
    "unanswered": (left_out, (0.0, 0.2, 0.4, 0.6)),
    "duplicates": (twice, (0.0, 0.5, 1.0)),
    "foreign": (foreign, (0.0, 4.0, 8.0, 16.0)),
}
WORDS = {
    "flipped": "wrong answers",
    "unanswered": "answers missing",
    "duplicates": "positive answers said twice",
    "foreign": "findings of somebody else",
}
ACROSS = {
    "flipped": "share of answers that are wrong",
    "unanswered": "share of answers missing",
    "duplicates": "share of positive answers said twice",
    "foreign": "findings of somebody else",
}
TITLES = {"foot": "Shipped release", "interviews": "DDXPlus"}
HEIGHTS = {"foot": (0.2, 0.8), "interviews": (0.5, 1.0)}


def curves(directory: Path, limit: int) -> dict[str, list[dict[str, float]]]:
    """Every curve's points on the interviews."""
    data = read_interviews(directory)
    patients = [p for at, p in enumerate(data.development) if at % FOLDS == 0][:limit]
    others = [p for at, p in enumerate(data.development) if at % FOLDS]
    document = release_document(data, others, DDXPLUS_MODEL | {"epsilon": EPSILON})
    plain, copies = compile_release(document, "plain"), compile_release(with_copies(document), "copies")
    result = {}
    for name, (disturb, amounts) in CURVES.items():
        model = copies if disturb is twice else plain
        points = [(amount, *measure(model, data, patients, disturb, amount)) for amount in amounts]
        result[name] = [{"amount": a, "right": r, "claimed": c} for a, r, c in points]
    return result


def all_curves(directory: Path | None, limit: int, cases: int) -> dict[str, Any]:
    """Curves of the shipped release, and of the interviews where they are given."""
    found = {"foot": disturbed.curves(cases)}
    return found | ({"interviews": curves(directory, limit)} if directory else {})


def draw(found: Mapping[str, Any], images: Path) -> None:
    """One SVG a curve: share right and share claimed."""
    images.mkdir(parents=True, exist_ok=True)
    for data, kinds in found.items():
        low, high = HEIGHTS[data]
        for kind, points in kinds.items():
            lines = {f"share {key}": [(p["amount"], p[key]) for p in points] for key in ("right", "claimed")}
            chart = line_chart(f"{TITLES[data]}: {WORDS[kind]}", ACROSS[kind], lines, low, high)
            (images / f"robustness-{data}-{kind}.svg").write_text(chart, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness", description=__doc__)
    parser.add_argument("--data", type=Path, help="the interviews; without, only the shipped release")
    parser.add_argument("--limit", type=int, default=137, help="patients of the interviews (default: 137)")
    parser.add_argument("--cases", type=int, default=2000, help="sampled from the release (default: 2000)")
    parser.add_argument("--images", type=Path, help="write one SVG a curve there")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    arguments = parser.parse_args()
    found = all_curves(arguments.data, arguments.limit, arguments.cases)
    show(found)
    if arguments.images:
        draw(found, arguments.images)
    if arguments.json:
        print(json.dumps(found))


def show(found: Mapping[str, Any]) -> None:
    for data, kinds in found.items():
        for kind, points in kinds.items():
            pairs = "  ".join(f"{p['amount']:g}: {p['right']:.3f} / {p['claimed']:.3f}" for p in points)
            print(f"{data:11} {kind:11} right / claimed  {pairs}")


if __name__ == "__main__":
    main()
