"""Exporting: exported files say what was imported, and one content has one spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.exporting import NothingImported, working_content, write_content
from knowledge.importing import import_content
from knowledge.loading import Content, load
from tests.knowledge.folders import small

pytestmark = pytest.mark.django_db


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_the_shipped_content_survives_import_and_export(working_copy: Content, tmp_path: Path) -> None:
    write_content(working_content(), tmp_path / "first")
    exported = load(tmp_path / "first")
    assert exported.document.plain() == working_copy.document.plain()
    assert exported.cases == working_copy.cases
    assert import_content(exported).changes == ()
    write_content(working_content(), tmp_path / "second")
    assert tree(tmp_path / "second") == tree(tmp_path / "first")


def test_export_of_an_export_is_the_same_bytes(tmp_path: Path) -> None:
    import_content(small(tmp_path / "small"))
    write_content(working_content(), tmp_path / "first")
    write_content(load(tmp_path / "first"), tmp_path / "second")
    assert tree(tmp_path / "second") == tree(tmp_path / "first")


def test_an_empty_working_copy_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingImported, match=r"run: manage\.py kb import"):
        working_content()
