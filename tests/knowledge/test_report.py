"""`kb check --report`: what the knowledge holds, and each gathered fact used or refused with its reason."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from knowledge import accounting
from knowledge.accounting import COLUMNS, Fact, accounting_faults, read_accounting
from knowledge.faults import ContentFaults
from knowledge.loading import SHIPPED, Content
from knowledge.reporting import stage_results, unsourced
from knowledge.schema import Claim
from tests.knowledge.folders import Files, small, small_files, write
from tests.knowledge_fixtures import Shipped
from triage.ranking import compile_release

USED = {
    "id": "a001",
    "kind": "accuracy",
    "condition": "fasciitis",
    "finding": "first steps",
    "source": "rose2003",
    "figures": "sensitivity 0.9; 20 with",
    "share": "0.9",
    "n": "20",
    "odds_ratio": "",
    "outcome": "used",
    "row": "evidence:fasciitis/first_steps",
    "reason": "",
}
REFUSED = {
    **USED,
    "id": "f001",
    "kind": "frequency",
    "outcome": "refused",
    "row": "",
    "reason": "Tells the course, not a sign.",
}


@pytest.fixture(autouse=True)
def two_facts(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "shipped" not in request.fixturenames:
        monkeypatch.setattr(accounting, "EXPECTED", {"accuracy": 1, "frequency": 1})


def table(*lines: dict[str, str]) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def with_table(*lines: dict[str, str]) -> Files:
    return {**small_files(), "accounting.csv": table(*lines)}


def facts(root: Path, *lines: dict[str, str]) -> tuple[list[Fact], Content]:
    content = small(root, with_table(*lines))
    return read_accounting(root), content


def complaints(root: Path, *lines: dict[str, str]) -> list[str]:
    rows, content = facts(root, *lines)
    return [str(fault) for fault in accounting_faults(rows, content.document)]


def report(folder: Path) -> str:
    out = StringIO()
    call_command("kb", "check", str(folder), "--report", stdout=out, stderr=out)
    return out.getvalue()


def test_report_tells_what_the_knowledge_holds(tmp_path: Path) -> None:
    said = report(write(tmp_path, with_table(USED, REFUSED)))
    for line in (
        "conditions: 2",
        "findings: 3",
        "evidence rows: 4",
        "  from a study: 1 (25.0%)",
        "  an expert's class: 2 (50.0%)",
        "sources: 2 (1 untraced, 1 verified; 1 cited)",
        "golden cases passed at intake: 1 of 1 (1 have facts of this stage)",
        "golden cases passed after examination: 1 of 1 (0 have facts of this stage)",
        "golden cases passed after investigation: 1 of 1",
        "accuracy facts: 1 (1 used, 0 refused)",
        "frequency facts: 1 (0 used, 1 refused)",
    ):
        assert line in said, line


def test_stages_rank_only_what_was_known(tmp_path: Path) -> None:
    files = small_files()
    files["cases/morning.yaml"]["case"]["observations"][0]["stage"] = "intake"
    content = small(tmp_path, files)
    results = list(stage_results(content, compile_release(content.document.plain())))
    assert [(result.passed, result.with_facts) for result in results] == [(1, 1), (1, 0), (1, 0)]


def test_stage_left_out_is_that_of_the_finding(tmp_path: Path) -> None:
    content = small(tmp_path)
    results = list(stage_results(content, compile_release(content.document.plain())))
    assert [result.with_facts for result in results] == [1, 0, 0]


def test_a_sound_table_has_no_complaint(tmp_path: Path) -> None:
    assert complaints(tmp_path, USED, REFUSED) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"row": "evidence:fasciitis/second_steps"}, "there is no evidence fasciitis/second_steps"),
        ({"row": "evidence:fasciitis/tender_heel"}, "no evidence fasciitis/tender_heel rests on rose2003"),
        ({"row": "somewhere"}, "is used in 'somewhere'"),
        ({"row": "effect:heavy/fasciitis"}, "no effect heavy/fasciitis rests on rose2003"),
        ({"share": "0.7"}, "has other figures"),
        ({"n": "21"}, "has other figures"),
        ({"source": "lost1999"}, "its source lost1999 is untraced"),
        ({"source": "nobody"}, "its source nobody is unknown"),
        ({"outcome": "open"}, "is not accounted for"),
        ({"outcome": "refused", "row": ""}, "is refused without a reason"),
        ({"outcome": "refused", "reason": "Tells the course, not a sign."}, "is refused and names a row"),
    ],
)
def test_each_fault_of_a_line_is_told(tmp_path: Path, change: dict[str, str], complaint: str) -> None:
    told = complaints(tmp_path, {**USED, **change}, REFUSED)
    assert any(complaint in line and line.startswith("accounting.csv:2 a001") for line in told), told


def test_a_missing_line_and_a_double_one_are_told(tmp_path: Path) -> None:
    assert any("0 lines of the kind 'frequency'" in line for line in complaints(tmp_path / "a", USED))
    assert any("stands in several" in line for line in complaints(tmp_path / "b", USED, USED, REFUSED))


def test_a_class_may_lie_one_step_beside_the_share(tmp_path: Path) -> None:
    files = with_table({**USED, "row": "evidence:fasciitis/tender_heel", "n": ""}, REFUSED)
    evidence = files["conditions/fasciitis.yaml"]["evidence"]
    evidence[1] |= {"source": "rose2003", "locator": "table 1"}
    near = small(tmp_path / "near", files)
    assert accounting_faults(read_accounting(tmp_path / "near"), near.document) == []
    evidence[1]["class"] = "rare"
    far = small(tmp_path / "far", files)
    assert "has other figures" in str(accounting_faults(read_accounting(tmp_path / "far"), far.document)[0])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,kind\n", "has other columns"),
        (",".join(COLUMNS) + "\n" + ",".join(["x"] * 6 + ["half"] + ["x"] * 5) + "\n", "half"),
        (",".join(COLUMNS) + "\nonly,three,cells\n", "too few or too many columns"),
    ],
)
def test_a_table_of_another_form_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "accounting.csv").write_text(text)
    with pytest.raises(ContentFaults, match=complaint):
        read_accounting(tmp_path)


def test_report_fails_without_the_table_and_on_an_unaccounted_fact(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="1 fault"):
        report(write(tmp_path / "none", small_files()))
    with pytest.raises(CommandError, match="1 fault"):
        report(write(tmp_path / "open", with_table(USED, {**REFUSED, "outcome": "open", "reason": ""})))


def test_report_fails_on_an_unsourced_claim(tmp_path: Path) -> None:
    files = with_table(USED, REFUSED)
    del files["conditions/fasciitis.yaml"]["evidence"][1]["basis"]
    with pytest.raises(CommandError, match="1 fault"):
        report(write(tmp_path, files))


def test_unsourced_looks_for_itself(tmp_path: Path) -> None:
    """The schema refuses such claims already; the report does not take its word for it."""
    document = small(tmp_path).document
    assert unsourced(document) == []
    bare = document.evidence[0].model_copy(update={"locator": None})
    untraced = document.priors[0].model_copy(update={"source": "lost1999"})
    broken = document.model_copy(
        update={"evidence": (bare, *document.evidence[1:]), "priors": (untraced, *document.priors[1:])}
    )
    assert isinstance(bare, Claim)
    assert sorted(fault.key for fault in unsourced(broken)) == ["fasciitis", "fasciitis first_steps"]


def test_shipped_knowledge_accounts_for_every_fact(shipped: Shipped) -> None:
    rows = read_accounting(SHIPPED)
    assert [str(fault) for fault in accounting_faults(rows, shipped.content.document)] == []
    changed = [replace(row, n=row.n + 1) if row.n and row.outcome == "used" else row for row in rows]
    assert accounting_faults(changed, shipped.content.document) != []
