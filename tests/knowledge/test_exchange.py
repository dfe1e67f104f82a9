"""Import and export on pages: the plan before, all or nothing, and only for editors."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, User
from knowledge.documents import document_text
from knowledge.exporting import working_document
from knowledge.models import Condition, Evidence, Source
from knowledge.schema.published import release_schema
from knowledge.sheets import read_sheet

IMPORT, TABLE = reverse("knowledge:document-import"), reverse("knowledge:evidence-import")
CSV = reverse("knowledge:evidence-export")
YAML, JSON = (reverse("knowledge:document-export", args=[form]) for form in ("yaml", "json"))
SCHEMA = reverse("knowledge:release-schema")
EDITORS = (IMPORT, TABLE, CSV, YAML, JSON)


def upload(name: str, raw: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw)


def changed_document(old: str = "The fascia hurts.", new: str = "Theirs.") -> bytes:
    document, _ = working_document()
    return document_text(document, ".yaml").replace(old, new).encode()


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_only_editors_take_part(reviewer: User, draft: None, client_for: Callable[[User], Client]) -> None:
    client = client_for(reviewer)
    for address in EDITORS:
        assert client.get(address).status_code == 403, address
    for address in (IMPORT, TABLE):
        assert client.post(address).status_code == 403, address
    assert client.get(SCHEMA).json() == release_schema()


def test_pages_open_and_other_methods_do_not(desk: Client) -> None:
    for address in (*EDITORS, SCHEMA):
        assert desk.get(address).status_code == 200, address
        assert desk.delete(address).status_code == 405, address
    assert desk.get(reverse("knowledge:document-export", args=["exe"])).status_code == 404
    assert desk.get(CSV, {"condition": "nowhere"}).status_code == 404


def test_nothing_to_export_is_no_page(editor: User, client_for: Callable[[User], Client]) -> None:
    assert client_for(editor).get(YAML).status_code == 404


def test_document_leaves_as_a_file(desk: Client) -> None:
    answer = desk.get(JSON)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="working-copy.json"'
    assert answer.json() == working_document()[0]


def test_plan_keeps_nothing_and_import_keeps_all(desk: Client) -> None:
    raw = changed_document()
    answer = desk.post(IMPORT, {"document": upload("x.yaml", raw), "plan": "yes"})
    assert answer.status_code == 200
    assert "This would change 1 row" in text(answer)
    assert Condition.objects.get(pk="fasciitis").definition == "The fascia hurts."
    assert desk.post(IMPORT, {"document": upload("x.yaml", raw), "import": "yes"}).status_code == 302
    assert Condition.objects.get(pk="fasciitis").definition == "Theirs."
    assert AuditEvent.objects.filter(action="knowledge.document_imported").count() == 1


def test_conflict_shows_both_and_base_resolves_it(desk: Client) -> None:
    Condition.objects.filter(pk="fasciitis").update(definition="Mine.")
    base, raw = changed_document("x", "x"), changed_document("Mine.", "Mine and theirs.")
    answer = desk.post(IMPORT, {"document": upload("x.yaml", raw), "import": "yes"})
    assert answer.status_code == 409
    for version in ("The fascia hurts.", "Mine.", "Mine and theirs."):
        assert version in text(answer)
    given = {"document": upload("x.yaml", raw), "base": upload("b.yaml", base), "import": "yes"}
    assert desk.post(IMPORT, given).status_code == 302
    assert Condition.objects.get(pk="fasciitis").definition == "Mine and theirs."


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("x.yaml", b"a: &a [*a]", "uses a YAML anchor"),
        ("x.json", b"[" * 9999, "nested deeper"),
        ("x.zip", b"PK", "is neither a .yaml nor a .json file"),
        ("<b>.yaml", b"a: 1", "&lt;b&gt;.yaml"),
        ("x.yaml", b" " * 5_000_001, "the limit is 5,000,000"),
        ("x.yaml", b"", "empty"),
    ],
)
def test_hostile_documents_are_refused(desk: Client, name: str, raw: bytes, complaint: str) -> None:
    before = working_document()
    answer = desk.post(IMPORT, {"document": upload(name, raw), "import": "yes"})
    assert answer.status_code == 422
    assert complaint in text(answer)
    assert working_document() == before


def test_what_only_the_database_refuses_is_a_fault(desk: Client) -> None:
    document, _ = working_document()
    document["findings"][0]["order"] = 10**17
    given = {"document": upload("x.json", json.dumps(document).encode()), "import": "yes"}
    assert desk.post(IMPORT, given).status_code == 422


def test_a_file_withdraws_no_source(desk: Client) -> None:
    """That is a reviewer's act, with a reason, on the source's own page."""
    document, _ = working_document()
    for source in document["sources"]:
        source["status"] = "withdrawn" if source["status"] == "untraced" else source["status"]
    given = {"document": upload("x.json", json.dumps(document).encode()), "import": "yes"}
    assert desk.post(IMPORT, given).status_code == 422
    assert not Source.objects.filter(status="withdrawn").exists()


def test_no_file_is_asked_for(desk: Client) -> None:
    for address in (IMPORT, TABLE):
        assert desk.post(address, {"import": "yes"}).status_code == 422


def test_table_goes_out_and_comes_back(desk: Client, counted: Evidence) -> None:
    raw = desk.get(CSV, {"condition": "fasciitis"}).content
    assert raw.startswith(b"\xef\xbb\xbf")
    assert {line.row.condition for line in read_sheet(raw, "x.csv")} == {"fasciitis"}
    changed = raw.replace(b'"18"', b'"17"')
    answer = desk.post(TABLE, {"table": upload("x.csv", changed), "plan": "yes"})
    assert "This would change 1 row" in text(answer)
    counted.refresh_from_db()
    assert counted.positives == 18
    assert desk.post(TABLE, {"table": upload("x.csv", changed), "import": "yes"}).status_code == 302
    counted.refresh_from_db()
    assert counted.positives == 17
    assert AuditEvent.objects.filter(action="knowledge.evidence_imported").count() == 1


def test_table_conflict_and_fault(desk: Client, counted: Evidence) -> None:
    raw = desk.get(CSV).content
    Evidence.objects.filter(pk=counted.pk).update(positives=12)
    answer = desk.post(TABLE, {"table": upload("x.csv", raw.replace(b'"18"', b'"17"')), "import": "yes"})
    assert answer.status_code == 409
    assert "positives 12" in text(answer)
    answer = desk.post(TABLE, {"table": upload("x.csv", raw.replace(b'"20"', b'"many"')), "import": "yes"})
    assert answer.status_code == 422
    assert " n: " in text(answer)
