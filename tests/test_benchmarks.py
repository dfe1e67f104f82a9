"""What `make bench` runs and what it leaves out, and the pictures it draws."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from benchmarks.__main__ import NAMES, plan, table
from benchmarks.charts import line_chart


def test_without_data_and_peers_those_parts_are_skipped_with_a_sentence(tmp_path):
    runs = plan(NAMES, None, tmp_path / "python")
    assert [run.title for run in runs if run.skipped] == ["hpo", "ddxplus", "peers"]
    assert all("make bench" in run.skipped for run in runs if run.skipped)
    assert {"answers", "load", "pages", "patient_search", "laws", "growth", "robustness"} == {
        run.title for run in runs if not run.skipped
    }


def test_with_data_every_part_is_given_its_files(tmp_path):
    python = tmp_path / "python"
    python.touch()
    runs = {run.title: run for run in plan(NAMES, tmp_path, python)}
    assert not any(run.skipped for run in runs.values())
    assert runs["peers"].python == str(python)
    assert str(tmp_path / "hpo" / "kb.json.gz") in runs["peers"].arguments
    assert "--drop-own-pmid" in runs["hpo_without_own_paper"].arguments
    assert list(runs["robustness"].arguments) == ["--data", str(tmp_path / "ddxplus")]


def test_every_part_is_a_program_of_its_own():
    folder = Path(__file__).parent.parent / "benchmarks"
    for name in NAMES:
        assert '__name__ == "__main__"' in (folder / f"{name}.py").read_text(encoding="utf-8")


def test_figures_are_lines():
    assert table({"a": {"b": 1}}) == f"  a\n    {'b':24} 1"


def test_a_chart_is_sound_xml_and_follows_a_dark_page():
    drawn = line_chart("Right & claimed", "share", {"right": [(0, 0.5), (0.2, 0.9)]}, 0.0, 1.0)
    root = ElementTree.fromstring(drawn)
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [line.get("points") for line in lines] == ["56.0,156.0 410.0,60.0"]
    assert "prefers-color-scheme: dark" in drawn


def test_labels_of_a_chart_do_not_lie_on_one_another():
    drawn = line_chart("Cost", "size", {"ms": [(200, 0), (500, 1), (1000, 1), (10000, 2)]}, 0.0, 2.0)
    root = ElementTree.fromstring(drawn)
    told = [text.text for text in root.findall("{http://www.w3.org/2000/svg}text")]
    assert {"200", "1000", "10000"} <= set(told)
    assert "500" not in told
