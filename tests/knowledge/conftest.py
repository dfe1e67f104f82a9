"""A small published release, and the people who change it: an editor, and a reviewer who changed nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from clinics.models import Clinic, User
from knowledge.importing import import_content
from knowledge.models import Evidence, Release
from knowledge.publishing import publish
from tests.factories import make_clinic, make_member
from tests.knowledge.folders import small


@pytest.fixture
def base(db: None, tmp_path: Path) -> Release:
    import_content(small(tmp_path))
    return publish(notes="first")


@pytest.fixture
def home(db: None) -> Clinic:
    """Where both work; the only clinic, unless a test asks for more."""
    return make_clinic("Home")


@pytest.fixture
def editor(home: Clinic) -> User:
    return make_member(home, name="Edda Editor", is_knowledge_editor=True).user


@pytest.fixture
def reviewer(home: Clinic) -> User:
    return make_member(home, name="Rhea Reviewer", is_knowledge_reviewer=True).user


@pytest.fixture
def draft(db: None, tmp_path: Path) -> None:
    """A small working copy; nothing is published."""
    import_content(small(tmp_path))


@pytest.fixture
def desk(editor: User, draft: None, client_for: Callable[[User], Client]) -> Client:
    """The editor in front of the small working copy."""
    return client_for(editor)


@pytest.fixture
def counted(draft: None) -> Evidence:
    """First-step pain in 18 of 20."""
    return Evidence.objects.get(condition="fasciitis", finding="first_steps")
