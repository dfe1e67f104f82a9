"""The evidence table as CSV, both ways: what is written comes back, three-way, all or nothing."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from knowledge.evidence_import import EvidenceConflict, evidence_rows, import_evidence, preview_evidence
from knowledge.exporting import working_document
from knowledge.faults import ContentFaults
from knowledge.importing import import_content
from knowledge.models import Evidence
from knowledge.sheets import COLUMNS, Line, read_sheet, sheet_text, token_of
from tests.knowledge.folders import small

NAME = "evidence.csv"
Cells = dict[str, str]


@pytest.fixture
def imported(db: None, tmp_path: Path) -> None:
    import_content(small(tmp_path))


def cells(conditions: tuple[str, ...] = ()) -> list[Cells]:
    return list(csv.DictReader(io.StringIO(sheet_text(evidence_rows(conditions)))))


def lines(rows: list[Cells]) -> list[Line]:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return read_sheet(out.getvalue().encode(), NAME)


def sheet(*rows: str, header: str = "condition,finding,class,basis") -> bytes:
    return "\n".join([header, *rows]).encode()


def complaints(raw: bytes) -> list[str]:
    with pytest.raises(ContentFaults) as caught:
        read_sheet(raw, NAME)
    return [str(fault) for fault in caught.value.faults]


def find(rows: list[Cells], finding: str) -> Cells:
    return next(row for row in rows if row["finding"] == finding)


def test_unchanged_file_changes_nothing(imported: None) -> None:
    before = working_document()
    assert import_evidence(lines(cells()), NAME) == []
    assert working_document() == before


def test_every_row_comes_back_as_it_was(imported: None) -> None:
    rows = evidence_rows()
    assert [line.row.plain() for line in read_sheet(sheet_text(rows).encode(), NAME)] == rows
    assert [line.token for line in lines(cells())] == [token_of(row) for row in rows]


def test_only_the_asked_conditions_are_written(imported: None) -> None:
    assert {row["condition"] for row in cells(("fracture",))} == {"fracture"}
    assert {row["condition"] for row in cells()} == {"fasciitis", "fracture"}


def test_a_changed_row_is_changed_in_place(imported: None) -> None:
    rows = cells()
    find(rows, "first_steps")["positives"] = "17"
    kept = Evidence.objects.get(condition="fasciitis", finding="first_steps").pk
    assert [change.action for change in import_evidence(lines(rows), NAME)] == ["update"]
    changed = Evidence.objects.get(pk=kept)
    assert (changed.positives, changed.n, changed.source_id) == (17, 20, "rose2003")
    assert import_evidence(lines(rows), NAME) == [], "the same file again has nothing to do"


def test_counts_can_be_changed_and_left_for_another_form(imported: None) -> None:
    rows = cells()
    row = find(rows, "worst_when")
    row["counts"] = "morning: 5; night: 2.5"
    import_evidence(lines(rows), NAME)
    changed = Evidence.objects.get(finding="worst_when")
    assert {count.level: count.value for count in changed.counts.all()} == {"morning": 5, "night": 2.5}
    rows = cells()
    find(rows, "worst_when").update({"counts": "", "class": "frequent", "level": "morning"})
    import_evidence(lines(rows), NAME)
    assert Evidence.objects.get(finding="worst_when").counts.count() == 0


def test_new_rows_and_deletions(imported: None) -> None:
    new = dict.fromkeys(COLUMNS, "") | {
        "condition": "fracture",
        "finding": "tender_heel",
        "class": "always",
        "basis": "expert_estimate",
    }
    gone = find(cells(("fracture",)), "first_steps") | {"delete": "yes"}
    changes = import_evidence(lines([new, gone]), NAME)
    assert [change.action for change in changes] == ["create", "delete"]
    assert [row["finding"] for row in evidence_rows(("fracture",))] == ["tender_heel"]
    assert import_evidence(lines([new, gone]), NAME) == []


def test_lines_that_are_missing_take_nothing_out(imported: None) -> None:
    before = working_document()
    assert import_evidence(lines(cells()[:1]), NAME) == []
    assert working_document() == before


@pytest.mark.parametrize("change", [{"positives": "17"}, {"delete": "yes"}])
def test_a_row_changed_here_meanwhile_is_a_conflict(imported: None, change: Cells) -> None:
    rows = cells()
    Evidence.objects.filter(condition="fasciitis", finding="first_steps").update(positives=12)
    find(rows, "first_steps").update(change)
    find(rows, "tender_heel")["class"] = "always"
    before = working_document()
    with pytest.raises(EvidenceConflict) as caught:
        import_evidence(lines(rows), NAME)
    (conflict,) = caught.value.conflicts
    assert "positives 12" in conflict.rivals[0]
    assert f"positives {change.get('positives', 18)}" in conflict.words
    assert working_document() == before


def test_a_row_changed_here_and_not_in_the_file_stays(imported: None) -> None:
    rows = cells()
    Evidence.objects.filter(condition="fasciitis", finding="first_steps").update(positives=12)
    find(rows, "tender_heel")["class"] = "always"
    assert [change.action for change in import_evidence(lines(rows), NAME)] == ["update"]
    assert Evidence.objects.get(condition="fasciitis", finding="first_steps").positives == 12


def test_a_line_edited_into_another_row_leaves_that_one_alone(imported: None) -> None:
    rows = cells(("fasciitis",))
    first, heel = find(rows, "first_steps"), find(rows, "tender_heel")
    first.update({key: value for key, value in heel.items() if key != "token"})
    assert [change.action for change in import_evidence(lines(rows), NAME)] == ["update"]
    assert [row["finding"] for row in evidence_rows(("fasciitis",))].count("tender_heel") == 2


def test_preview_checks_everything_and_keeps_nothing(imported: None) -> None:
    rows = cells()
    find(rows, "first_steps")["positives"] = "17"
    before = working_document()
    assert [change.action for change in preview_evidence(lines(rows), NAME)] == ["update"]
    assert working_document() == before


def test_healthy_people_are_refused_as_in_the_form(imported: None) -> None:
    row = find(cells(), "first_steps") | {"population": "20 healthy volunteers"}
    with pytest.raises(ContentFaults, match="population: These are people without"):
        import_evidence(lines([row]), NAME)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"finding": "first_stps"}, "evidence.csv:2 finding: there is no finding first_stps"),
        ({"condition": "fasciitus"}, "evidence.csv:2 condition: there is no condition fasciitus"),
        ({"source": "lost1999"}, "evidence.csv:2 source: source lost1999 is untraced"),
        ({"level": "sometimes"}, "evidence.csv:2 level: finding first_steps has no level sometimes"),
    ],
)
def test_codes_of_a_line_must_exist(imported: None, change: Cells, complaint: str) -> None:
    before = working_document()
    with pytest.raises(ContentFaults) as caught:
        import_evidence(lines([find(cells(), "first_steps") | change]), NAME)
    assert str(caught.value).startswith(complaint)
    assert working_document() == before


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("fracture,first_steps,often,expert_estimate", "evidence.csv:2 class: 'often' is not one of"),
        ("fracture,first_steps,rare,", "evidence.csv:2: a claim without a source"),
        ("Fracture!,first_steps,rare,expert_estimate", "evidence.csv:2 condition: 'Fracture!' has the wrong"),
        ("fracture,first_steps,rare", "evidence.csv:2: has 3 cells, the header has 4"),
        (",,,expert_estimate", "evidence.csv:2: finding is missing"),
    ],
)
def test_faults_name_line_and_column(row: str, complaint: str) -> None:
    assert any(line.startswith(complaint) for line in complaints(sheet(row))), complaints(sheet(row))


@pytest.mark.parametrize(
    ("positives", "n", "column"),
    [("0,5", "10", "positives"), ("18", "many", "n"), ("true", "10", "positives")],
)
def test_numbers_are_numbers(positives: str, n: str, column: str) -> None:
    header = "condition,finding,basis,positives,n"
    raw = sheet(f'fracture,first_steps,expert_estimate,"{positives}",{n}', header=header)
    assert complaints(raw)[0].startswith(f"evidence.csv:2 {column}: ")


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    header = "condition,finding,class,basis,note"
    raw = sheet('a,b,rare,expert_estimate,"two\nlines"', "a,b,often,expert_estimate,", header=header)
    assert complaints(raw)[0].startswith("evidence.csv:4 class")


def test_all_faults_come_at_once() -> None:
    assert len(complaints(sheet("a,b,often,expert_estimate", "a,b,seldom,expert_estimate"))) == 2


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("condition,class", "the column finding is missing"),
        ("condition,finding,often", "there is no column 'often'"),
        ("condition,finding,finding", "the column finding stands twice"),
        ("", "the column condition is missing"),
    ],
)
def test_other_headers_are_refused(header: str, complaint: str) -> None:
    assert any(complaint in line for line in complaints(sheet(header=header)))


def test_byte_order_mark_and_semicolons_are_understood() -> None:
    raw = b"\xef\xbb\xbfcondition;finding;class;basis\r\nfracture;first_steps;rare;expert_estimate\r\n"
    (line,) = read_sheet(raw, NAME)
    assert line.row.frequency_class == "rare"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@SUM(A1)", "'=1", "''=1", "＝1"])
def test_formulas_are_neutralised_and_come_back(text: str) -> None:
    row = {"condition": "a", "finding": "b", "class": "rare", "basis": "expert_estimate", "note": text}
    row |= {"level": "present", "weight": 1.0}
    written = sheet_text([row])
    (cell,) = [entry["note"] for entry in csv.DictReader(io.StringIO(written))]
    assert cell.startswith("'")
    (line,) = read_sheet(written.encode(), NAME)
    assert line.row.note == text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip))
def test_any_text_survives_the_way_there_and_back(text: str) -> None:
    row = {"condition": "a", "finding": "b", "class": "rare", "basis": "expert_estimate", "level": "present"}
    row |= {"weight": 1.0, "note": text.strip()}
    (line,) = read_sheet(sheet_text([row]).encode(), NAME)
    assert line.row.plain() == row


def test_commands(imported: None, tmp_path: Path) -> None:
    path, out = tmp_path / NAME, io.StringIO()
    call_command("kb", "evidence", "export", str(path), "--condition", "fasciitis", stdout=out)
    assert "3 rows written" in out.getvalue()
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace('"18"', '"17"'), encoding="utf-8")
    call_command("kb", "evidence", "import", str(path), "--dry-run", stdout=out)
    assert "1 row of 3 would be written" in out.getvalue()
    assert Evidence.objects.get(condition="fasciitis", finding="first_steps").positives == 18
    Evidence.objects.filter(condition="fasciitis", finding="first_steps").update(positives=12)
    with pytest.raises(CommandError, match="nothing was imported"):
        call_command("kb", "evidence", "import", str(path), stdout=out, stderr=out)
    assert "mine:   level present, positives 12" in out.getvalue()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("kb", "evidence", "import", str(tmp_path / "nowhere.csv"), stdout=out)
