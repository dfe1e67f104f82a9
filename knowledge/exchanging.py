"""Files that an editor gives to the working copy over a page: the document, or the evidence table.

A preview does everything the import does and keeps nothing. Raises ContentFaults, ImportConflict or
EvidenceConflict, and then nothing has changed.
"""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from clinics.audit import record_event
from clinics.models import User
from knowledge.documents import parse_document
from knowledge.evidence_import import RowChange, import_evidence, preview_evidence
from knowledge.importing import import_content, preview_import
from knowledge.plans import PlanWords, plan_words
from knowledge.reading import LIMIT_BYTES
from knowledge.sheets import read_sheet

NAME_LENGTH = 80


def bytes_of(file: UploadedFile) -> tuple[bytes, str]:
    """Never more than is read anyway, and the name as it is shown."""
    return file.read(LIMIT_BYTES + 1), str(file.name)[-NAME_LENGTH:]


def take_document(*, file: UploadedFile, base: UploadedFile | None, by: User, keep: bool) -> PlanWords:
    content = parse_document(*bytes_of(file))
    made_from = parse_document(*bytes_of(base)) if base else None
    if not keep:
        return plan_words(preview_import(content, made_from))
    with transaction.atomic():
        words = plan_words(import_content(content, made_from))
        record_event(action="knowledge.document_imported", user=by, detail={"changed": len(words.steps)})
    return words


def take_evidence(*, file: UploadedFile, by: User, keep: bool) -> list[RowChange]:
    raw, name = bytes_of(file)
    lines = read_sheet(raw, name)
    if not keep:
        return preview_evidence(lines, name)
    with transaction.atomic():
        changes = import_evidence(lines, name)
        record_event(action="knowledge.evidence_imported", user=by, detail={"changed": len(changes)})
    return changes
