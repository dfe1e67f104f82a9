"""`python -m benchmarks [PART …] [--data DIR] [--peers PYTHON] [--json FILE]`: run the measurements.

Parts: answers (what one costs), load (fifty people at once), pages (of a large clinic), patient_search, laws,
growth, robustness; with --data (sub-folders hpo/ and ddxplus/) hpo and ddxplus; peers too, where their
environment was made (`make bench-peers`). Each part is a program of its own, one after the other, and can be
run alone (`python -m benchmarks.laws`). Their figures go into one JSON file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
RESULTS = PROJECT / "var" / "benchmarks.json"
RELEASE = PROJECT / "var" / "benchmarks-release.json"
PEERS = PROJECT / ".venv-peers" / "bin" / "python"
NO_DATA = "skipped, no data: name the folder with --data or make bench DATA=…"
NAMES = (
    "answers",
    "load",
    "pages",
    "patient_search",
    "laws",
    "growth",
    "robustness",
    "hpo",
    "ddxplus",
    "peers",
)


@dataclass(frozen=True)
class Run:
    """One program to run, or why it is skipped."""

    title: str
    module: str
    arguments: Sequence[str] = field(default_factory=tuple)
    python: str = sys.executable
    skipped: str = ""


def plan(names: Sequence[str], data: Path | None, peers: Path) -> list[Run]:
    """What to run, in order."""
    runs: list[Run] = []
    for name in names:
        if name == "hpo":
            runs += _hpo(data)
        elif name == "ddxplus":
            runs += _ddxplus(data)
        elif name == "peers":
            runs.append(_peers(data, peers))
        else:
            more = ["--data", str(data / "ddxplus")] if name == "robustness" and data else []
            runs.append(Run(name, name, more))
    return runs


def _hpo(data: Path | None) -> list[Run]:
    if data is None:
        return [Run("hpo", "hpo", skipped=NO_DATA)]
    files = _hpo_files(data)
    dropped = [*files, "--drop-own-pmid"]
    return [Run("hpo_full", "hpo", files), Run("hpo_without_own_paper", "hpo", dropped)]


def _hpo_files(data: Path) -> list[str]:
    return ["--kb", str(data / "hpo" / "kb.json.gz"), "--cases", str(data / "hpo" / "cases_dev.jsonl.gz")]


def _ddxplus(data: Path | None) -> list[Run]:
    if data is None:
        return [Run("ddxplus", "ddxplus", skipped=NO_DATA)]
    folder = data / "ddxplus"
    files = ["--data", str(folder), "--patients", str(folder / "patients_dev.jsonl.gz")]
    wrong = [*files, "--epsilon", "0.04", "--wrong", "0.05"]
    return [Run("ddxplus", "ddxplus", files), Run("ddxplus_wrong_answers", "ddxplus", wrong)]


def _peers(data: Path | None, python: Path) -> Run:
    if not python.exists():
        return Run("peers", "peers", skipped=f"skipped, {python} is not there: make bench-peers makes it")
    arguments = ["--release", str(RELEASE)]
    if data is not None:
        arguments += [*_hpo_files(data), "--data", str(data / "ddxplus")]
    return Run("peers", "peers", arguments, python=str(python))


def run(one: Run) -> Any:
    """The figures of one program; what it prints is shown. None after a failure."""
    print(f"\n{one.title}", "–", one.skipped or "running …", flush=True)
    if one.skipped:
        return {"skipped": one.skipped}
    if one.module == "peers":
        subprocess.run([sys.executable, "-m", "benchmarks.shipped", str(RELEASE)], cwd=PROJECT, check=True)
    command = [one.python, "-W", "ignore", "-m", f"benchmarks.{one.module}", *one.arguments, "--json"]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        print(f"{one.title} failed with {done.returncode}")
        return None
    print("\n".join(lines[:-1]) or table(json.loads(lines[-1])), flush=True)
    return json.loads(lines[-1])


def table(figures: Any, indent: str = "  ") -> str:
    """Nested figures as lines."""
    rows = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += [f"{indent}{name}", table(value, indent + "  ")]
        else:
            rows.append(f"{indent}{name:24} {value}")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PART", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--data", type=Path, help="folder of the data sets, with hpo/ and ddxplus/")
    parser.add_argument("--peers", type=Path, default=PEERS, help="Python of the peers' environment")
    parser.add_argument(
        "--json", type=Path, default=RESULTS, metavar="FILE", help="default: var/benchmarks.json"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    if arguments.data is not None and not arguments.data.is_dir():
        parser.error(f"no such folder: {arguments.data}")
    data = arguments.data.resolve() if arguments.data else None
    RELEASE.parent.mkdir(exist_ok=True)
    began = time.time()
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    }
    for one in plan(arguments.names or NAMES, data, arguments.peers):
        figures[one.title] = run(one)
    arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    failed = [title for title, found in figures.items() if found is None]
    print(f"\n{time.time() - began:.0f} s; figures in {arguments.json}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
