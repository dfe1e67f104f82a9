"""The attacks in their short form run with every test run; `make attack` runs them long (ATTACK=1)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.installation import Installation

CLINICIANS = 8
DISK_MEGABYTES = 400


def rounds(short: int, long: int) -> int:
    return long if os.environ.get("ATTACK") else short


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Built once. A folder of its own, for PostgreSQL may run under another account."""
    folder = Path(tempfile.mkdtemp(prefix="tinel-attack-"))
    folder.chmod(0o755)
    (folder / "static").mkdir()
    made = Installation(folder)
    mounted = _on_a_disk_of_its_own(folder / "var" / "postgres")
    try:
        made.build(clinicians=CLINICIANS)
        made.start_web()
        yield made
    finally:
        made.stop()
        if mounted:
            subprocess.run(["umount", folder / "var" / "postgres"], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def _on_a_disk_of_its_own(folder: Path) -> bool:
    """A small disk for the database, so that a test may fill it. Only root can; others go without."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    (folder.parent).mkdir(mode=0o755)
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
