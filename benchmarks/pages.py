"""The pages of a clinic of 5,000 sampled patients: `python -m benchmarks.pages [--patients N] [--json]`."""

from __future__ import annotations

import argparse
import json

from config.development import prepare_environment


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--patients", type=int, default=5000, help="default: 5000")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    arguments = parser.parse_args()
    prepare_environment()

    import django  # noqa: PLC0415 - settings read the environment that was just prepared

    django.setup()

    from benchmarks.page_cost import measure  # noqa: PLC0415 - needs the settings

    figures = measure(arguments.patients)
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
