"""The shipped knowledge for tests: read, measured and compiled once per run, one row of it per test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from knowledge.importing import import_content
from knowledge.loading import SHIPPED, Content, load
from knowledge.models import Release
from knowledge.publishing import publishable
from knowledge.schema import canonical_bytes, document_hash


@dataclass
class Shipped:
    """What the shipped folder says; everything costly is made once, when it is first asked for."""

    @cached_property
    def content(self) -> Content:
        return load(SHIPPED)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document as it is published, with the measures of publishing."""
        return publishable(self.content)

    @cached_property
    def document_bytes(self) -> bytes:
        return canonical_bytes(self.document)

    @cached_property
    def sha256(self) -> str:
        return document_hash(self.document)


@pytest.fixture(scope="session")
def shipped() -> Shipped:
    return Shipped()


@pytest.fixture
def release(db: None, shipped: Shipped) -> Release:
    """The shipped knowledge, published. The working copy is empty: ask for `working_copy` if a test edits."""
    return Release.objects.create(
        number=1,
        name=shipped.document["name"],
        document_bytes=shipped.document_bytes,
        sha256=shipped.sha256,
    )


@pytest.fixture
def working_copy(db: None, shipped: Shipped) -> Content:
    """The shipped knowledge, imported and not published."""
    import_content(shipped.content)
    return shipped.content
