"""`python -m benchmarks [NAME …] [--json FILE]`: run the measurements, print tables, then one JSON object."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from config.development import prepare_environment

NAMES = ("answer_cost",)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures there instead of printing"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    prepare_environment()

    import django  # noqa: PLC0415 - settings read the environment that was just prepared

    django.setup()
    figures = {
        name: importlib.import_module(f"benchmarks.{name}").measure() for name in arguments.names or NAMES
    }
    written = json.dumps(figures, indent=2)
    if arguments.json:
        arguments.json.write_text(written + "\n", encoding="utf-8")
    else:
        sys.stdout.write(written + "\n")


if __name__ == "__main__":
    main()
