"""What all errors of the record share."""

from __future__ import annotations


class TriageError(Exception):
    """Base of every refusal below."""

    code = "refused"
