"""Files that are wrong or hostile: each is refused in a sentence, and nothing of it is imported."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.documents import document_text, parse_document, read_document_file
from knowledge.exporting import working_document
from knowledge.faults import ContentFaults
from knowledge.importing import ImportConflict, import_content, preview_import
from knowledge.loading import Content, load
from knowledge.models import Condition, ImportedEntity
from knowledge.plans import plan_words
from knowledge.reading import LIMIT_BYTES, LIMIT_DEPTH, LIMIT_NODES
from knowledge.sheets import LIMIT_ROWS, read_sheet
from tests.knowledge.folders import Files, small, small_files, write

HEAD = "schema: tinel.release/1\nname: X\nkind: clinic\n"
BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"


def refusal(raw: bytes, name: str) -> str:
    with pytest.raises(ContentFaults) as caught:
        parse_document(raw, name)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("x.yaml", BOMB.encode(), "uses a YAML anchor"),
        ("x.yaml", b"a: *b", "uses a YAML alias"),
        ("x.yaml", b"a: !!python/object/apply:os.system [ls]", "uses a YAML tag"),
        ("x.yaml", b"[" * 3000, "nested deeper"),
        ("x.yaml", b"a: 1\na: 2\n", "this key stands twice"),
        ("x.yaml", "name: Füße".encode("latin-1"), "not UTF-8"),
        ("x.yaml", b"\x00\x01\x02", "not valid YAML"),
        ("x.yaml", b"- a\n" * (LIMIT_NODES + 1), "holds more than 250,000 values"),
        ("x.yaml", b" " * (LIMIT_BYTES + 1), "the limit is 5,000,000"),
        ("x.yaml", b"", "is not a release document"),
        ("x.yaml", b"--- a\n--- b\n", "several YAML documents"),
        ("x.json", b'{"schema": "tinel.release/1", "a": 1, "a": 2}', "the key a stands twice"),
        ("x.json", b"[" * 100_000, f"nested deeper than {LIMIT_DEPTH}"),
        ("x.json", b"[" * 30 + b"]" * 30, f"nested deeper than {LIMIT_DEPTH}"),
        ("x.json", b"[" + b"0," * 1_000_001 + b"0]", "holds more than 250,000 values"),
        ("x.json", b"[" + b"0," * 300_000 + b"0]", "holds more than 250,000 values"),
        ("x.json", b"[NaN]", "NaN is not a number"),
        ("x.json", b"[-Infinity]", "-Infinity is not a number"),
        ("x.json", b"[1e999]", "is not a finite number"),
        ("x.json", b"[" + b"9" * 5000 + b"]", "holds a number that is too long"),
        ("x.json", b"{", "not valid JSON"),
        ("x.json", b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ("x.json", b"null", "is not a release document"),
        ("x.json", b'{"schema": "other/1"}', "is not a release document"),
        ("x.csv", b"", "is neither a .yaml nor a .json file"),
        ("x.yaml", HEAD.encode() + b"model: 5\n", "5 is not a mapping"),
        ("x.yaml", HEAD.encode() + b"sites: {a: b}\n", "is not a list"),
        ("x.yaml", HEAD.encode() + b"surprise: 1\n", "this key is not part of the format"),
    ],
)
def test_each_is_refused_in_a_sentence(name: str, raw: bytes, complaint: str) -> None:
    told = refusal(raw, name)
    assert complaint in told
    assert all(line.startswith(name) for line in told.splitlines())


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"condition,finding\n" + b"a,b\n" * 1_000_000, "more than 50,000 rows"),
        (b"x" * (LIMIT_BYTES + 1), "the limit is 5,000,000"),
        ("condition,finding\nFuß,b".encode("latin-1"), "not UTF-8"),
        (b"condition,finding\n\x00,b", "is not a text file"),
        (b'condition,finding\n"never closed', "not valid CSV"),
        (b"condition,finding\n" + b"x" * 200_000 + b",b", "not valid CSV"),
        (b"", "the column condition is missing"),
        (b"PK\x03\x04 not a table", "the column condition is missing"),
    ],
)
def test_hostile_tables_are_refused(raw: bytes, complaint: str) -> None:
    with pytest.raises(ContentFaults, match=complaint):
        read_sheet(raw, "x.csv")


def test_too_many_rows_are_refused() -> None:
    row = b"a,b,rare,expert_estimate\n"
    with pytest.raises(ContentFaults, match="more than 50,000 rows"):
        read_sheet(b"condition,finding,class,basis\n" + row * (LIMIT_ROWS + 1), "x.csv")


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
@settings(max_examples=150)
def test_noise_is_refused_and_nothing_else(raw: bytes) -> None:
    for name in ("x.yaml", "x.json"):
        with pytest.raises(ContentFaults):
            parse_document(raw, name)


@given(raw=st.binary(max_size=200) | st.text('",;\n\r =cfa:', max_size=200).map(str.encode))
@settings(max_examples=150)
def test_noise_as_a_table_is_refused_or_empty(raw: bytes) -> None:
    for head in (b"", b"condition,finding,class,basis\n"):
        with suppress(ContentFaults):
            assert read_sheet(head + raw, "x.csv") == []


values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data(), value=values)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_anywhere_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: object
) -> None:
    """One value of a sound document replaced by anything: content, or faults, and never another error."""
    document = small(tmp_path_factory.mktemp("content")).document.plain()
    place: object = document
    while isinstance(place, dict | list) and place:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]  # type: ignore[index]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            place[key] = value  # type: ignore[index]
            break
        place = inner
    raw = json.dumps(document).encode()
    with suppress(ContentFaults):
        assert isinstance(parse_document(raw, "x.json"), Content)


@pytest.mark.parametrize("hidden", ["\u0000", "\u0007", "\ud800"])
def test_control_characters_are_no_writing(tmp_path: Path, hidden: str) -> None:
    document = small(tmp_path).document.plain()
    document["conditions"][0]["definition"] = f"It {hidden} hurts."
    assert refusal(json.dumps(document).encode(), "x.json")


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_document_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    document = small(tmp_path).document
    path = tmp_path / f"all{suffix}"
    path.write_text(document_text(document.plain(), suffix), encoding="utf-8")
    assert read_document_file(path).document.plain() == document.plain()


def test_faults_of_a_document_name_their_line(tmp_path: Path) -> None:
    text = document_text(small(tmp_path).document.plain(), ".yaml").replace(
        "finding: tender_heel", "finding: x"
    )
    told = refusal(text.encode(), "x.yaml").splitlines()
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if "finding: x" in line]
    assert any(line.startswith(f"x.yaml:{numbers[0]} ") and "there is no finding x" in line for line in told)


@pytest.fixture
def files(db: None, tmp_path: Path) -> Files:
    import_content(small(tmp_path / "first"))
    return small_files()


def document_of(root: Path, files: Files) -> Content:
    plain = load(write(root, files)).document.plain()
    return parse_document(json.dumps(plain).encode(), "x.json")


def test_a_document_is_an_edit_and_leaves_golden_cases(files: Files, tmp_path: Path) -> None:
    files["conditions/fasciitis.yaml"]["definition"] = "Theirs."
    _, cases = working_document()
    import_content(document_of(tmp_path / "theirs", files))
    assert Condition.objects.get(pk="fasciitis").definition == "Theirs."
    assert working_document()[1] == cases
    assert ImportedEntity.objects.get(kind="conditions", code="fasciitis").content["definition"] != "Theirs."
    plan = import_content(small(tmp_path / "shipped"))
    assert [str(change) for change in plan.changes] == ["keep conditions fasciitis"]


def test_the_base_may_be_given(files: Files, tmp_path: Path) -> None:
    """Made from an export with a local edit: only what was changed in it counts."""
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    files["conditions/fasciitis.yaml"]["definition"] = "Mine."
    base = document_of(tmp_path / "base", files)
    files["conditions/fasciitis.yaml"]["definition"] = "Mine, and theirs."
    theirs = document_of(tmp_path / "theirs", files)
    with pytest.raises(ImportConflict):
        import_content(theirs)
    assert [str(change) for change in import_content(theirs, base).writes] == ["update conditions fasciitis"]


def test_preview_tells_and_keeps_nothing(files: Files, tmp_path: Path) -> None:
    files["conditions/fasciitis.yaml"]["evidence"][0]["positives"] = 17
    files["sites.yaml"]["sites"].append({"code": "toe", "name": "Toe"})
    before = working_document()
    words = plan_words(preview_import(load(write(tmp_path / "theirs", files))))
    assert [(step.what, step.code) for step in words.steps] == [("changed", "fasciitis"), ("new", "toe")]
    assert any("17 of 20" in sentence for sentence in words.steps[0].sentences)
    assert working_document() == before


def test_a_conflict_shows_base_mine_and_theirs(files: Files, tmp_path: Path) -> None:
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    files["conditions/fasciitis.yaml"]["definition"] = "Theirs."
    with pytest.raises(ImportConflict) as caught:
        preview_import(load(write(tmp_path / "theirs", files)))
    (clash,) = plan_words(caught.value.plan).clashes
    assert [(side.field, side.base, side.mine, side.theirs) for side in clash.sides] == [
        ("definition", "The fascia hurts.", "Mine.", "Theirs.")
    ]
    assert "mine:   Mine." in str(clash)
