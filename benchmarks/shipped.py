"""The shipped release as publishing it would give, without a database."""

from __future__ import annotations

from typing import Any

from knowledge.loading import SHIPPED, load
from triage.ranking import misfit_centiles


def shipped_document() -> dict[str, Any]:
    """The document of the shipped content with its measured centiles of misfit."""
    plain = load(SHIPPED).document.plain()
    return {**plain, "model": {**plain["model"], "misfit": misfit_centiles(plain)}}
