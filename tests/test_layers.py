"""Nobody imports from a floor above (docs/architecture.md). Reads the sources, so that hidden imports count
too.
"""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
FLOORS = {"triage.ranking": 1, "clinics": 2, "knowledge": 3, "triage": 4, "config": 5}
OUTSIDE_WORLD = ("django", "psycopg", "pghistory", "pgtrigger", "os", "io", "socket", "subprocess", "pathlib")


def floor_of(module: str) -> int | None:
    """The floor of the longest known prefix: triage.ranking.rank 1, triage.views 4, numpy none."""
    known = [name for name in FLOORS if module == name or module.startswith(f"{name}.")]
    return FLOORS[max(known, key=len)] if known else None


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, source: str | None = None) -> set[str]:
    """Every module named in an import, relative ones resolved, wherever in the file it stands."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(source if source is not None else path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def wrong_imports(path: Path, source: str | None = None) -> list[str]:
    own = floor_of(module_name(path))
    assert own is not None
    named = {name: floor_of(name) for name in imports_of(path, source)}
    # `from triage import ranking` names the package triage too; it is on the floor of what it brings.
    bringers = {name.rpartition(".")[0] for name, floor in named.items() if floor == 1}
    return sorted(
        name
        for name, floor in named.items()
        if floor is not None and floor > own and not (name == "triage" and name in bringers)
    )


def sources() -> list[Path]:
    tops = sorted({name.split(".")[0] for name in FLOORS})
    return sorted(path for top in tops for path in (PROJECT / top).rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_imports_nothing_from_a_floor_above(path):
    assert not wrong_imports(path)


@pytest.mark.parametrize(
    "path", [path for path in sources() if floor_of(module_name(path)) == 1], ids=module_name
)
def test_engine_knows_neither_database_nor_files(path):
    assert not {name for name in imports_of(path) if name.split(".")[0] in OUTSIDE_WORLD}


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        (
            "clinics/models.py",
            "from triage.models import Patient",
            ["triage.models", "triage.models.Patient"],
        ),
        ("knowledge/models.py", "def f():\n    import triage.services", ["triage.services"]),
        ("knowledge/compiled.py", "from triage.ranking import rank", []),
        ("knowledge/compiled.py", "from triage import ranking", []),
        ("triage/ranking/rank.py", "from .. import models", ["triage", "triage.models"]),
        ("triage/ranking/rank.py", "from . import cells", []),
        ("triage/views/a.py", "from knowledge.models import Release\nfrom clinics import tenancy", []),
        ("triage/views/a.py", "from config import settings", ["config", "config.settings"]),
    ],
)
def test_the_reader_itself_sees_what_it_should(module, source, wrong):
    assert wrong_imports(PROJECT / module, source) == wrong
