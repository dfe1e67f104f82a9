"""The documents that promise something: every test they name exists, and no requirement is left out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("SECURITY.md", "docs/security.md", "docs/hazards.md", "docs/recovery.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
YARDSTICK = re.findall(
    r"\S+",
    """
    2.3.3 2.3.4 2.3.5 2.4.1 3.3.1 3.4.3 3.4.4 3.4.5 3.4.6 3.4.7 3.4.8 3.6.1 5.2 5.4 6.2.9 6.3.3 6.3.8 6.4.3
    6.5.1 7.1.1 7.3.1 7.3.2 7.4.2 7.4.3 7.4.5 7.5.1 8.2.2 8.2.3 8.3.2 8.4.1 13.2.2 13.4.1 14.2.1 14.3.1 14.3.2
    14.3.3 15.1.2 16.1.1 16.2.1 16.2.2 16.2.5 16.3.1 16.4.1 16.4.2 16.5.1
    """,
)
WITHOUT_TEST = {"16.1.1"}  # the inventory itself


@cache
def names_of_tests(path: str) -> frozenset[str]:
    file = PROJECT / path
    if not file.exists():
        return frozenset()
    nodes = ast.parse(file.read_text()).body
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


def rows(document: str) -> dict[str, list[str]]:
    """The lines of its tables by the first cell, without ranges (5.2–5.3 stands under 5.2)."""
    found: dict[str, list[str]] = {}
    for line in (PROJECT / document).read_text().splitlines():
        first = line.strip("| ").partition("|")[0].strip().partition("–")[0]
        if line.startswith("|") and re.fullmatch(r"H?[\d.]+", first):
            found.setdefault(first, []).append(line)
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_is_named_exists(document):
    named = NAMED.findall((PROJECT / document).read_text())
    assert named or document == "SECURITY.md"
    missing = [(path, name) for path, name in named if name and name not in names_of_tests(path)]
    assert missing == []
    assert [path for path, _ in named if not (PROJECT / path).exists()] == []


def test_every_requirement_is_answered_by_a_test():
    answered = rows("docs/security.md")
    assert sorted(answered) == sorted(YARDSTICK)
    untested = {number for number, lines in answered.items() if not NAMED.search(" ".join(lines))}
    assert untested == WITHOUT_TEST


def test_every_hazard_has_a_control_with_a_test():
    hazards = rows("docs/hazards.md")
    assert [number for number, (_, *controls) in hazards.items() if not controls] == []
    controls = [line for _, *lines in hazards.values() for line in lines]
    assert [line for line in controls if not NAMED.search(line)] == []


def test_packages_are_pinned_with_hashes():
    for path in sorted(PROJECT.glob("requirements*.txt")):
        text = path.read_text()
        blocks = re.findall(r"^[a-zA-Z0-9._-]+(?:\[[\w,-]+\])?==.*(?:\n +.*)*", text, re.MULTILINE)
        assert blocks, path.name
        assert [block for block in blocks if "--hash=sha256:" not in block] == []
        assert "://" not in text.replace("# via", ""), path.name
