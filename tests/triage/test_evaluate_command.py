"""`manage.py evaluate`, as a knowledge editor at a terminal meets it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.ranking.releases import case
from tests.triage.factories import make_release

F = {"finding": "f", "level": "present", "stage": "intake"}
TENDER = {"finding": "tender", "level": "present", "side": "left"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def proven(name: str, diagnosis: str, *observations: Any, **more: Any) -> dict[str, Any]:
    return case(*observations) | {"id": name, "diagnosis": diagnosis, "proof": "imaging"} | more


def write(tmp_path: Path, *lines: Any) -> str:
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return str(path)


def run(*command: str, stderr: io.StringIO | None = None) -> str:
    out = io.StringIO()
    call_command("evaluate", *command, stdout=out, stderr=stderr or io.StringIO())
    return out.getvalue()


def refusal(*command: str) -> list[str]:
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("evaluate", *command, stdout=out, stderr=io.StringIO())
    assert refused.value.returncode == 2
    assert not out.getvalue()
    return str(refused.value).splitlines()


@pytest.fixture
def four(db: None, tmp_path: Path) -> str:
    """Two right, one wrong, one of which the release knows nothing."""
    make_release()
    return write(
        tmp_path,
        proven("one", "b", F, TENDER),
        "",
        proven("two", "b", TENDER, proof="surgery"),
        proven("three", "b", F),
        proven("four", "tendre_b", TENDER),
    )


def test_json_holds_every_measure(four: str) -> None:
    printed = json.loads(run(four, "--json"))
    assert printed["cases"] == 4
    assert printed["top1"]["count"] == 2
    assert printed["top1"]["share"] == 0.5
    assert printed["top1"]["low"] == pytest.approx(0.150039, abs=1e-6)
    assert {stage: row["cases"] for stage, row in printed["stages"].items()} == {
        "intake": 2,
        "exam": 3,
        "investigation": 0,
    }
    assert printed["stages"]["intake"]["top1"]["count"] == 0
    assert printed["stages"]["investigation"]["log_score"] is None
    assert (printed["held"]["cases"], printed["not_held"]["cases"]) == (3, 1)
    assert printed["not_held"]["diagnoses"] == {"tendre_b": 1}
    assert printed["proofs"] == {"imaging": 3, "surgery": 1}
    assert sum(row["right"]["total"] for row in printed["reliability"]) == 4
    assert all(row["too_few"] for row in printed["reliability"])
    assert len(printed["release"]) == 64


def test_text_shows_the_tables(four: str) -> None:
    printed = run(four)
    rows = [line.split("  ")[0] for line in printed.splitlines()]
    names = ("all facts", "up to intake", "up to examination", "up to investigation", "in the release")
    assert [row for row in rows if row in names] == list(names)
    assert "50 % (15–85)" in printed
    assert "too few" in printed
    assert "proof: imaging 3, surgery 1" in printed
    assert "tendre_b: 1 case" in printed
    assert run(four) == printed


def test_each_case_is_named_with_its_place_by_stage(four: str) -> None:
    printed = run(four, "--each").splitlines()
    one = next(line for line in printed if line.startswith("one ")).split()
    assert one[1:5] == ["b", "2", "1", "–"]
    four_th = next(line for line in printed if line.startswith("four ")).split()
    assert four_th[1:6] == ["tendre_b", "–", "3", "(Other)", "–"]
    assert not any(line.startswith("one ") for line in run(four).splitlines())
    row = json.loads(run(four, "--json"))["rows"][0]
    assert (row["id"], row["held"], list(row["places"])) == ("one", True, ["intake", "exam", "all"])
    assert row["places"]["exam"]["place"] == row["places"]["all"]["place"] == 1


def test_urgent_truths_are_looked_for_in_the_panel(db: None, tmp_path: Path) -> None:
    excluded_by = [{"finding": "tender", "level": "present", "basis": "expert_estimate"}]
    urgent = {
        "code": "b",
        "name": "B",
        "urgency": "urgent",
        "excluded_by": excluded_by,
        "panel_threshold": 0.9,
    }
    make_release(conditions=[{"code": "a", "name": "A"}, urgent])
    path = write(tmp_path, proven("one", "b", F, TENDER), proven("two", "a", F))
    assert json.loads(run(path, "--json"))["panel"] == {
        "intake": {"not_screened": 1},
        "exam": {"excluded": 1},
        "investigation": {},
    }
    printed = run(path)
    assert "one: b was called excluded up to examination" in printed
    assert "up to intake             0                 1         0" in printed


def test_a_full_bin_is_shown_and_an_exclusion_error_is_named(db: None, tmp_path: Path) -> None:
    """b 0.45 · 0.895 against a 0.45 · 0.01 and Other 0.10 · 0.01: b is given 0.9865, Other 0.0024."""
    make_release(model={"defaults": {"symptom": {"rate": 0.2, "n": 9}, "tenderness": {"rate": 0.01, "n": 9}}})
    lines = [proven(f"c{n}", "b", TENDER) for n in range(20)]
    printed = run(write(tmp_path, *lines, proven("missed", "gout", TENDER)))
    last_bin = next(line for line in printed.splitlines() if line.startswith("90–100 %"))
    assert last_bin.split() == ["90–100", "%", "21", "99", "%", "95", "%", "(77–99)"]
    assert "missed: gout (as Other) was given 0.24 %, number 3; first was b" in printed
    assert "Over all cases 99 % claimed, 95 % (77–99) right." in printed


def test_long_lists_are_cut_and_say_so(db: None, tmp_path: Path) -> None:
    make_release(model={"other_prior": 0.01})
    path = write(tmp_path, *(proven(f"c{n:02}", f"gout_{n:02}") for n in range(23)))
    printed = run(path)
    assert "c19: gout_19 (as Other)" in printed
    assert "c20: " not in printed
    assert printed.count("3 more; --json names all") == 2
    assert len(json.loads(run(path, "--json"))["exclusion_errors"]) == 23


def test_every_fault_of_every_line_at_once(db: None, tmp_path: Path) -> None:
    make_release()
    lines = refusal(
        write(
            tmp_path,
            proven("one", "b", F),
            "{not json",
            "[1]",
            proven("one", "b", ("tendre", "present"), ("f", "prezent")),
            case(F),
            proven("six", 3, F, proof=" "),
            proven("seven", "a", F, colour="red"),
        )
    )
    starts = [line.split(":")[0] for line in lines[:-1]]
    assert starts == [f"line {n}" for n in (2, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7)]
    for number, words in [
        (0, "is not JSON: column 2"), (1, "one JSON object"), (2, "“prezent” is no level"),
        (2, "Nearest: present"), (3, "Nearest: tender"), (4, "line 1 already"), (5, "id: is missing"),
        (8, "diagnosis: must be a word"), (9, "proof: is missing"), (10, "colour"),
    ]:  # fmt: skip
        assert any(words in line for line in lines), (number, words)
    assert "11 faults" in lines[-1]
    assert "nothing was evaluated" in lines[-1]


def test_refuses_what_holds_nothing(db: None, tmp_path: Path) -> None:
    make_release()
    assert "holds no case" in refusal(write(tmp_path, "", " "))[0]
    assert "cannot be read" in refusal(str(tmp_path / "missing.jsonl"))[0]
    assert "No release has a hash" in refusal(write(tmp_path, proven("one", "b", F)), "--release", "ffff")[0]
    assert "is not JSON that can be read" in refusal(write(tmp_path, "[" * 100_000))[0]


def test_reads_standard_input_and_an_older_release(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    older = make_release()
    make_release(name="Newer")
    line = "\ufeff" + json.dumps(proven("one", "b", F, note="x") | {"id": "a\u2028b"}, ensure_ascii=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(line.replace(', "note": "x"', "") + "\r\n"))
    printed = json.loads(run("-", "--release", older.sha256[:12], "--json"))
    assert (printed["release"], printed["cases"]) == (older.sha256, 1)


def test_before_the_first_release_reads_the_shipped_knowledge(db: None, tmp_path: Path) -> None:
    said = io.StringIO()
    seen = [("tender_behind_navicular", "present", "left"), ("tinel_navicular", "present", "left")]
    path = write(tmp_path, proven("one", "medial_plantar_neuropraxia", *seen))
    printed = json.loads(run(path, "--json", stderr=said))
    assert (printed["held"]["cases"], printed["not_held"]["cases"]) == (1, 0)
    assert "Nothing has been published yet" in said.getvalue()


def test_the_bar_is_for_a_terminal(four: str) -> None:
    watched, unwatched = Terminal(), io.StringIO()
    assert run(four, stderr=watched) == run(four, stderr=unwatched)
    assert "2 of 4 cases" in watched.getvalue()
    assert watched.getvalue().endswith("\r\033[K")
    assert not unwatched.getvalue()
