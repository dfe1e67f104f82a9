"""How the cost grows: `python -m benchmarks.growth [--images DIR] [--json]`.

Made-up corpora of growing size, each condition with 15 findings of its own in a hierarchy of fixed breadth:
seconds to compile, milliseconds of a ranking and of the gain of every finding, beside how many numbers of the
table a ranking reads.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.charts import line_chart
from benchmarks.corpora.settings import HPO_MODEL
from triage.ranking import Case, CompiledModel, Observation, compile_release, next_gains, rank

SIZES = ((200, 600), (500, 1500), (1000, 3000), (2000, 6000), (5000, 12000), (10000, 20000))
OWN, CHILDREN, OBSERVED, CASES, SEED = 15, 6, (5, 10, 20), 30, 20260101


def document(conditions: int, findings: int) -> dict[str, Any]:
    """A corpus: finding n is below finding (n − 1) // 6; each condition has 15 findings, a fifth of them
    general.
    """
    random = np.random.default_rng([SEED, conditions])
    general = random.integers(1, findings // 10, size=(conditions, OWN // 5))
    special = random.integers(findings // 10, findings, size=(conditions, OWN - OWN // 5))
    rows = [
        {
            "condition": f"c{condition}", "finding": f"f{finding}", "positives": int(random.integers(1, 9)),
            "n": 10, "basis": "expert_estimate",
        }
        for condition, own in enumerate(np.concatenate([general, special], axis=1).tolist())
        for finding in own
    ]  # fmt: skip
    return {
        "schema": "tinel.release/1",
        "name": "Made up",
        "kind": "corpus",
        "model": HPO_MODEL,
        "findings": [
            {"code": f"f{n}", "kind": "sign", "parents": [f"f{(n - 1) // CHILDREN}"] if n else []}
            for n in range(findings)
        ],
        "conditions": [{"code": f"c{n}", "urgency": "routine"} for n in range(conditions)],
        "evidence": rows,
    }


def cases(model: CompiledModel, observed: int) -> list[Case]:
    """Random cases with so many findings."""
    random = np.random.default_rng([SEED, observed])
    chosen = [random.choice(len(model.findings), size=observed, replace=False) for _ in range(CASES)]
    return [
        Case(
            "primary_care", None, None, "unknown", (), tuple(Observation(f"f{n}", "present") for n in one)
        )
        for one in chosen
    ]  # fmt: skip


def measure() -> list[dict[str, float]]:
    """One row per size and number of observations."""
    rows = []
    for conditions, findings in SIZES:
        made = document(conditions, findings)
        began = time.perf_counter()
        model = compile_release(made, "growth")
        build = time.perf_counter() - began
        for observed in OBSERVED:
            given = cases(model, observed)
            next_gains(model, given[0])
            row = {"conditions": conditions, "findings": findings, "observed": observed, "build_s": build}
            row["rank_ms"] = _median(lambda case, model=model: rank(model, case), given)
            row["gains_ms"] = _median(lambda case, model=model: next_gains(model, case), given)
            row["touched"] = float(np.mean([_touched(model, case) for case in given]))
            rows.append({name: round(value, 3) for name, value in row.items()})
    return rows


def _median(work: Any, given: list[Case]) -> float:
    spent = []
    for case in given:
        began = time.perf_counter()
        work(case)
        spent.append(1000 * (time.perf_counter() - began))
    return float(np.median(spent))


def _touched(model: CompiledModel, case: Case) -> int:
    """Numbers read: cells of F in the ancestors of what was observed."""
    starts = model.table.start  # type: ignore[attr-defined]
    codes = [model.finding_at[o.finding] for o in case.observations]
    union = np.unique(np.concatenate([model.hierarchy.closure(code) for code in codes]))
    return int((starts[union + 1] - starts[union]).sum())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measure()
    for row in rows:
        print("  ".join(f"{name} {value:g}" for name, value in row.items()))
    if arguments.images:
        arguments.images.mkdir(parents=True, exist_ok=True)
        lines = {
            f"{o} observed": [(r["conditions"], r["rank_ms"]) for r in rows if r["observed"] == o]
            for o in OBSERVED
        }
        high = float(np.ceil(max(row["rank_ms"] for row in rows)))
        chart = line_chart("Milliseconds of a ranking", "conditions", lines, 0.0, high)
        (arguments.images / "growth.svg").write_text(chart, encoding="utf-8")
    if arguments.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
