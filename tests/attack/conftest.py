"""The attacks in their short form run with every test run; `make attack` runs them long (ATTACK=1)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.installation import Installation

CLINICIANS = 8


def rounds(short: int, long: int) -> int:
    return long if os.environ.get("ATTACK") else short


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Built once. A folder of its own, for PostgreSQL may run under another account."""
    folder = Path(tempfile.mkdtemp(prefix="tinel-attack-"))
    folder.chmod(0o755)
    (folder / "static").mkdir()
    made = Installation(folder)
    try:
        made.build(clinicians=CLINICIANS)
        made.start_web()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
