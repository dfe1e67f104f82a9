"""From the working copy to releases: the same content is the same bytes, and a release never changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.compiled import compiled_model, current_model
from knowledge.exporting import NothingImported, as_yaml
from knowledge.faults import ContentFaults
from knowledge.importing import import_content
from knowledge.models import Condition, Release, Source
from knowledge.publishing import publish, publishable
from knowledge.reading import parse_page
from knowledge.schema import document_hash
from tests.knowledge.folders import small
from triage.ranking import InvalidRelease

FIELDS = ["document_bytes", "sha256", "number", "name", "published_at"]


values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**17), 10**17),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff")),
        st.sampled_from(
            ["yes", "no", "null", "~", "1e5", "0x1f", "012", "1:30", "2020-01-01", "- a", "a: b", "#"]
        ),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_: #'\"", min_size=1), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text("abcxyz_", min_size=1), values, max_size=4))
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    page = parse_page(as_yaml(data).encode(), "page.yaml")
    assert (page.data or {}) == data


@pytest.mark.django_db
def test_same_content_is_the_same_release(tmp_path: Path) -> None:
    import_content(small(tmp_path))
    first = publish(notes="first")
    second = publish(notes="again")
    assert first == second
    assert Release.objects.count() == 1
    assert first.sha256 == document_hash(first.document)
    assert Release.objects.current() == first


@pytest.mark.django_db
def test_hash_does_not_depend_on_the_way_in(tmp_path: Path) -> None:
    """Published from rows or measured from files: the same bytes."""
    content = small(tmp_path / "in")
    import_content(content)
    release = publish()
    assert document_hash(publishable(content)) == release.sha256


@pytest.mark.django_db
def test_new_content_is_a_new_release(tmp_path: Path) -> None:
    import_content(small(tmp_path))
    first = publish()
    Condition.objects.filter(pk="fasciitis").update(definition="Another.")
    second = publish()
    assert (first.number, second.number) == (1, 2)
    assert Release.objects.current() == second
    model = current_model()
    assert model is not None
    assert model is compiled_model(second.sha256)
    assert model is not compiled_model(first.sha256)


@pytest.mark.django_db
@pytest.mark.parametrize("field", FIELDS)
def test_release_never_changes(tmp_path: Path, field: str) -> None:
    import_content(small(tmp_path))
    release = publish()
    value = {"document_bytes": b"{}", "number": 7, "published_at": "2020-01-01T00:00Z"}.get(field, "0" * 64)
    with (
        pytest.raises(ProgrammingError, match=r"release_is_immutable|[Cc]annot update"),
        transaction.atomic(),
    ):
        Release.objects.filter(pk=release.pk).update(**{field: value})
    assert Release.objects.get(pk=release.pk).sha256 == release.sha256


@pytest.mark.django_db
def test_release_never_goes(tmp_path: Path) -> None:
    import_content(small(tmp_path))
    release = publish()
    with pytest.raises(ProgrammingError, match=r"release_is_kept|[Cc]annot delete"), transaction.atomic():
        Release.objects.filter(pk=release.pk)._raw_delete("default")
    assert Release.objects.filter(pk=release.pk).exists()


@pytest.mark.django_db
def test_nothing_imported_is_said() -> None:
    with pytest.raises(NothingImported, match="kb import"):
        publish()


@pytest.mark.django_db
def test_unsound_working_copy_is_not_published(tmp_path: Path) -> None:
    import_content(small(tmp_path))
    Source.objects.filter(pk="rose2003").update(status="untraced")
    with pytest.raises((ContentFaults, InvalidRelease)):
        publish()
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE knowledge_release SET document_bytes = 'x'",
        "UPDATE knowledge_release SET number = number + 1",
        "DELETE FROM knowledge_release",
        "TRUNCATE knowledge_release CASCADE",
        "ALTER TABLE knowledge_release DISABLE TRIGGER ALL",
    ],
)
def test_no_statement_of_the_application_reaches_a_release(release: Release, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)
    assert document_hash(Release.objects.get(pk=release.pk).document) == release.sha256
