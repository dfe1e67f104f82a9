"""Content into the working copy: all or nothing, twice is once, and no local edit is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from knowledge.exporting import working_content
from knowledge.faults import ContentFaults
from knowledge.importing import ImportConflict, import_content, make_plan
from knowledge.models import Condition, Evidence, Finding, Level, RiskFactor, Site, Source, Treatment
from knowledge.publishing import publish
from tests.knowledge.folders import Files, small, small_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def files() -> Files:
    return small_files()


@pytest.fixture
def imported(tmp_path: Path, files: Files) -> Path:
    import_content(small(tmp_path / "first", files))
    return tmp_path


def rows_of_all_tables() -> dict[str, int]:
    """Table → number of rows, of everything that knowledge keeps, histories too."""
    with connection.cursor() as cursor:
        tables = [
            name for name in connection.introspection.table_names(cursor) if name.startswith("knowledge_")
        ]
        counts = {}
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counts[name] = cursor.fetchone()[0]
    return counts


def test_import_makes_rows_of_everything(imported: Path) -> None:
    counts = rows_of_all_tables()
    for model in (Site, Finding, Level, Condition, Evidence, RiskFactor, Treatment, Source):
        assert counts[model._meta.db_table] > 0, model
    evidence = Evidence.objects.get(condition="fasciitis", finding="first_steps")
    assert (evidence.positives, evidence.n, evidence.weight, evidence.source_id) == (18, 20, 0.5, "rose2003")
    assert evidence.basis == "study"


def test_twice_changes_nothing_and_leaves_no_history(imported: Path, files: Files) -> None:
    before = rows_of_all_tables()
    plan = import_content(small(imported / "again", files))
    assert plan.writes == []
    assert plan.changes == ()
    assert rows_of_all_tables() == before


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"positives": 17.5}, "17.5 is not a whole number"),
        ({"positives": None, "n": None, "class": "often"}, "'often' is not one of the choices"),
    ],
)
def test_what_only_a_corpus_may_say_is_refused_and_not_rounded(
    imported: Path, files: Files, changed: dict[str, Any], told: str
) -> None:
    before = rows_of_all_tables()
    files["release.yaml"]["kind"] = "corpus"
    files["release.yaml"]["model"]["class_weights"]["often"] = {"mean": 0.6, "strength": 5}
    files["conditions/fasciitis.yaml"]["evidence"][0] |= changed
    corpus = small(imported / "corpus", files)
    with pytest.raises(ContentFaults, match=told):
        import_content(corpus)
    assert rows_of_all_tables() == before


def test_change_touches_only_what_changed(imported: Path, files: Files) -> None:
    before = rows_of_all_tables()
    files["conditions/fasciitis.yaml"]["definition"] = "Another."
    plan = import_content(small(imported / "again", files))
    assert [str(change) for change in plan.writes] == ["update conditions fasciitis"]
    after = rows_of_all_tables()
    grown = {name for name in after if after[name] != before[name]}
    assert grown == {"knowledge_conditionevent"}
    assert Condition.objects.get(pk="fasciitis").definition == "Another."


def test_local_edit_is_kept(imported: Path, files: Files) -> None:
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    plan = import_content(small(imported / "again", files))
    assert [str(change) for change in plan.changes] == ["keep conditions fasciitis"]
    assert Condition.objects.get(pk="fasciitis").definition == "Mine."


def test_local_edit_survives_a_change_elsewhere(imported: Path, files: Files) -> None:
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    files["conditions/fracture.yaml"]["definition"] = "Theirs."
    import_content(small(imported / "again", files))
    assert Condition.objects.get(pk="fasciitis").definition == "Mine."
    assert Condition.objects.get(pk="fracture").definition == "Theirs."


def test_both_changed_is_a_conflict_and_nothing_is_imported(imported: Path, files: Files) -> None:
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    before = rows_of_all_tables()
    files["conditions/fasciitis.yaml"]["definition"] = "Theirs."
    files["conditions/fracture.yaml"]["definition"] = "Theirs too."
    with pytest.raises(ImportConflict) as caught:
        import_content(small(imported / "again", files))
    assert [conflict.fields for conflict in caught.value.conflicts] == [("definition",)]
    assert "Mine." in str(caught.value)
    assert "Theirs." in str(caught.value)
    assert rows_of_all_tables() == before
    assert Condition.objects.get(pk="fracture").definition != "Theirs too."


def test_both_made_the_same_change(imported: Path, files: Files) -> None:
    Condition.objects.filter(pk="fasciitis").update(definition="The same.")
    files["conditions/fasciitis.yaml"]["definition"] = "The same."
    assert import_content(small(imported / "again", files)).writes == []
    files["conditions/fasciitis.yaml"]["definition"] = "Newer."
    import_content(small(imported / "third", files))
    assert Condition.objects.get(pk="fasciitis").definition == "Newer."


def test_row_added_here_is_kept(imported: Path, files: Files) -> None:
    Site.objects.create(code="toe", name="Toe", parent_id="foot")
    import_content(small(imported / "again", files))
    assert Site.objects.filter(pk="toe").exists()


def test_local_removal_of_what_new_content_uses_is_refused(imported: Path, files: Files) -> None:
    """The local edit holds, and the sum would not be sound: nothing is imported."""
    Finding.objects.get(pk="worst_when").levels.filter(code="night").delete()
    files["conditions/fracture.yaml"]["evidence"].append(
        {"finding": "worst_when", "level": "night", "class": "frequent", "basis": "expert_estimate"}
    )
    with pytest.raises(ContentFaults, match=r"fasciitis|worst_when"):
        import_content(small(imported / "again", files))
    assert Evidence.objects.filter(condition="fracture").count() == 1


def test_a_row_that_a_local_edit_needs_does_not_go(imported: Path, files: Files) -> None:
    Condition.objects.get(pk="fracture").treatments.create(
        treatment_id="rest", stage="first_line", basis="expert_estimate"
    )
    before = rows_of_all_tables()
    files["treatments.yaml"]["treatments"] = []
    files["conditions/fasciitis.yaml"].pop("treatments")
    files["contributing_factors.yaml"]["contributing_factors"][0].pop("addressed_by")
    with pytest.raises(ContentFaults, match=r"treatment rest: .* still uses it \(rest for fracture\)"):
        import_content(small(imported / "again", files))
    assert rows_of_all_tables() == before


def test_levels_may_change_their_order(imported: Path, files: Files) -> None:
    """The first level is the reference; that codes are unique must not stand in the way of moving them."""
    files["findings/history.yaml"]["findings"][1]["levels"].reverse()
    import_content(small(imported / "again", files))
    levels = Finding.objects.get(pk="worst_when").levels.order_by("position")
    assert [level.code for level in levels] == ["night", "evening", "morning"]


def test_unpublished_finding_may_go(imported: Path, files: Files) -> None:
    files["findings/history.yaml"]["findings"].pop()
    files["conditions/fasciitis.yaml"]["evidence"].pop()
    import_content(small(imported / "again", files))
    assert not Finding.objects.filter(pk="worst_when").exists()
    assert not Level.objects.filter(finding="worst_when").exists()


@pytest.mark.parametrize("gone", ["finding", "level"])
def test_published_code_stays(imported: Path, files: Files, gone: str) -> None:
    publish()
    history = files["findings/history.yaml"]["findings"]
    files["conditions/fasciitis.yaml"]["evidence"].pop()
    if gone == "finding":
        history.pop()
    else:
        history[-1]["levels"].pop()
    with pytest.raises(ContentFaults, match="replaced_by"):
        import_content(small(imported / "again", files))
    assert Level.objects.filter(finding="worst_when", code="night").exists()


def test_plan_only_reads(imported: Path, files: Files) -> None:
    before = rows_of_all_tables()
    files["conditions/fasciitis.yaml"]["definition"] = "Another."
    assert len(make_plan(small(imported / "again", files)).writes) == 1
    assert rows_of_all_tables() == before


def test_working_copy_that_became_unsound_says_where(imported: Path) -> None:
    Source.objects.filter(pk="rose2003").update(status="untraced")
    with pytest.raises(ContentFaults, match="fasciitis first_steps source: source rose2003"):
        working_content()


def refused(row: models.Model) -> str:
    """Why the database does not take a row."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        row.save(force_insert=True)
    return str(caught.value)


def wrong_rows() -> Iterator[tuple[models.Model, str]]:
    estimate: dict[str, Any] = {"basis": "expert_estimate"}
    cell: dict[str, Any] = {"condition_id": "fasciitis", "finding_id": "first_steps", "level": "present"}
    yield Evidence(**cell, positives=21, n=20, **estimate), "positives_within_n"
    yield Evidence(**cell, positives=1, n=20, frequency_class="rare", **estimate), "one_form"
    yield Evidence(**cell, frequency_class="rare", weight=2, **estimate), "weight"
    yield Evidence(**cell, frequency_class="rare", basis="study"), "sourced"
    yield RiskFactor(code="tender_heel", name="Taken", group="x"), "already stands for another observation"
    yield Site(code="Not a code", name="x"), "code_form"
    yield Condition(code="other", name="Other"), "is_not_other"


def test_the_database_holds_the_rules(imported: Path) -> None:
    for row, reason in wrong_rows():
        assert reason in refused(row)
