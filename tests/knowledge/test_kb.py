"""The command `kb`: what it says, what it changes, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from knowledge.loading import load
from knowledge.models import Condition, Release
from tests.knowledge.folders import small_files, write

pytestmark = pytest.mark.django_db


def kb(*arguments: object) -> str:
    out = StringIO()
    call_command("kb", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "content", small_files())


def test_check_ranks_the_golden_cases(folder: Path) -> None:
    said = kb("check", folder)
    assert "2 conditions, 3 findings, 4 evidence rows" in said
    assert "passed  morning: first is fasciitis" in said


def test_check_fails_with_a_golden_case(tmp_path: Path) -> None:
    files = small_files()
    files["cases/morning.yaml"]["expect"] = {"first": "fracture", "red_flags": ["image_now"]}
    with pytest.raises(CommandError, match="1 of 1 golden case failed"):
        kb("check", write(tmp_path, files))


def test_check_takes_each_observation_away(tmp_path: Path) -> None:
    files = small_files()
    assert "passed" in kb("check", write(tmp_path, files), "--without-each")


def test_check_tells_all_faults(tmp_path: Path) -> None:
    files = small_files()
    files["conditions/fasciitis.yaml"]["evidence"][0]["positives"] = 30
    files["conditions/fracture.yaml"]["evidence"][0]["finding"] = "first_stps"
    out = StringIO()
    with pytest.raises(CommandError, match="2 faults; nothing was changed"):
        call_command("kb", "check", str(write(tmp_path, files)), stdout=out, stderr=out)
    assert "positives 30 is above n 20" in out.getvalue()
    assert "did you mean first_steps" in out.getvalue()


def test_import_says_what_it_did(folder: Path) -> None:
    assert "created, 0 updated, 0 deleted" in kb("import", folder)
    assert "Nothing to do" in kb("import", folder)


def test_import_of_faulty_files_changes_nothing(tmp_path: Path) -> None:
    files = small_files()
    files["sites.yaml"] = "sites: ["
    with pytest.raises(CommandError, match="nothing was changed"):
        kb("import", write(tmp_path, files))
    assert not Condition.objects.exists()


def test_import_tells_kept_edits_and_conflicts(folder: Path) -> None:
    kb("import", folder)
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    assert "local edit kept: condition fasciitis\n  definition" in kb("import", folder)
    files = small_files()
    files["conditions/fasciitis.yaml"]["definition"] = "Theirs."
    with pytest.raises(CommandError, match="1 conflict between local edits and the new content"):
        kb("import", write(folder, files))


def test_export_gives_back_what_was_imported(folder: Path, tmp_path: Path) -> None:
    kb("import", folder)
    assert "files written" in kb("export", tmp_path / "out")
    assert load(tmp_path / "out").document.plain() == load(folder).document.plain()


def test_dry_run_tells_the_plan_and_keeps_nothing(folder: Path, tmp_path: Path) -> None:
    kb("import", folder)
    files = small_files()
    files["conditions/fasciitis.yaml"]["definition"] = "Theirs."
    said = kb("import", write(tmp_path / "theirs", files), "--dry-run")
    assert "changed: condition fasciitis" in said
    assert "Would be imported: 0 created, 1 updated, 0 deleted." in said
    assert Condition.objects.get(pk="fasciitis").definition != "Theirs."


@pytest.mark.parametrize("name", ["all.json", "all.yaml"])
def test_one_document_both_ways(folder: Path, tmp_path: Path, name: str) -> None:
    kb("import", folder)
    path = tmp_path / name
    assert "One document written" in kb("export", path)
    assert "Nothing to do" in kb("import", path)
    base = tmp_path / f"base-{name}"
    base.write_text(path.read_text())
    path.write_text(path.read_text().replace("The fascia hurts.", "Theirs."))
    assert "Imported: 0 created, 1 updated, 0 deleted." in kb("import", path, "--base", base)
    assert Condition.objects.get(pk="fasciitis").definition == "Theirs."


def test_export_of_nothing_and_onto_a_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="working copy is empty"):
        kb("export", tmp_path / "out")
    (tmp_path / "file").write_text("here")
    with pytest.raises(CommandError, match="is a file"):
        kb("export", tmp_path / "file")


def test_publish_prints_number_and_hash(folder: Path) -> None:
    kb("import", folder)
    said = kb("publish", "--notes", "the first")
    release = Release.objects.get()
    assert release.sha256 in said
    assert release.notes == "the first"
    assert release.sha256 in kb("publish")
    assert Release.objects.count() == 1


def test_unknown_folder_is_said(tmp_path: Path) -> None:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("kb", "check", str(tmp_path / "nowhere"), stdout=out, stderr=out)
    assert "there is no such folder" in out.getvalue()


def test_the_shell_sees_success_and_failure(tmp_path: Path) -> None:
    """CommandError ends with 1, and nothing of a fault is printed as a traceback."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "kb", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=settings.PROJECT)

    sound = run("check", str(write(tmp_path / "sound", small_files())))
    assert (sound.returncode, sound.stdout.splitlines()[-1]) == (0, "The knowledge is sound.")
    broken = run("check", str(write(tmp_path / "broken", {**small_files(), "sites.yaml": "sites: ["})))
    assert broken.returncode == 1
    assert "sites.yaml:" in broken.stderr
    assert "Traceback" not in broken.stderr
