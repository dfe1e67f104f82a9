"""Finding a patient among the 10,000 of a clinic: `python -m benchmarks.patient_search [--json]`."""

from __future__ import annotations

import argparse
import json

from config.development import prepare_environment


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.patient_search", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    as_json = parser.parse_args().json
    prepare_environment()

    import django  # noqa: PLC0415 - settings read the environment that was just prepared

    django.setup()

    from benchmarks.search_cost import measure  # noqa: PLC0415 - needs the settings

    figures = measure()
    if as_json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
