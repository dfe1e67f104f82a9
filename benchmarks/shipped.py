"""The shipped release as publishing gives it, without a database: `python -m benchmarks.shipped FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from knowledge.loading import SHIPPED, load
from triage.ranking import misfit_centiles


def shipped_document() -> dict[str, Any]:
    """The document of the shipped content with its measured centiles of misfit."""
    plain = load(SHIPPED).document.plain()
    return {**plain, "model": {**plain["model"], "misfit": misfit_centiles(plain)}}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(shipped_document()), encoding="utf-8")
