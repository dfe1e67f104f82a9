"""The administration of the knowledge: every page opens, history is told, releases are only read."""

from __future__ import annotations

import re
from pathlib import Path

import pghistory
import pytest
from django.contrib import admin
from django.urls import reverse

from knowledge.importing import import_content
from knowledge.loading import Content
from knowledge.models import Condition, Finding, Release, Site
from knowledge.publishing import publish
from tests.factories import Browser as Client
from tests.factories import make_user
from tests.knowledge.folders import small


@pytest.fixture
def keeper(db: None) -> Client:
    client = Client()
    client.force_login(make_user("Kit Keeper", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def copy(db: None, tmp_path: Path) -> Content:
    content = small(tmp_path)
    import_content(content)
    return content


@pytest.fixture
def published(copy: Content) -> Release:
    return publish()


def address(model: type, page: str, *arguments: object) -> str:
    return reverse(f"admin:knowledge_{model._meta.model_name}_{page}", args=arguments)  # type: ignore[attr-defined]


def test_every_list_and_first_row_open(keeper: Client, copy: Content, published: Release) -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "knowledge"]
    assert len(models) > 12
    for model in models:
        assert keeper.get(address(model, "changelist")).status_code == 200, model
        row = model._default_manager.first()
        assert row is not None, model
        page = keeper.get(address(model, "change", row.pk))
        assert page.status_code == 200, model
        assert " style=" not in page.content.decode(), model


def test_lists_are_searched(keeper: Client, copy: Content) -> None:
    page = keeper.get(address(Condition, "changelist"), {"q": "policeman"})
    assert "fasciitis" in page.content.decode()
    assert "fracture/change" not in page.content.decode()


def test_condition_shows_its_evidence_and_treatments(keeper: Client, copy: Content) -> None:
    condition = Condition.objects.filter(evidence__isnull=False).first()
    assert condition is not None
    text = keeper.get(address(Condition, "change", condition.pk)).content.decode()
    assert f'name="evidence-INITIAL_FORMS" value="{condition.evidence.count()}"' in text
    assert f'name="treatments-INITIAL_FORMS" value="{condition.treatments.count()}"' in text


def test_condition_is_saved_as_it_was_shown(keeper: Client, copy: Content) -> None:
    """The whole form, sent back unchanged but for the definition, changes the definition alone."""
    condition = Condition.objects.filter(evidence__isnull=False).first()
    assert condition is not None
    page = keeper.get(address(Condition, "change", condition.pk))
    form = page.context["adminform"].form
    data = {form.add_prefix(name): form[name].value() for name in form.fields}
    for inline in page.context["inline_admin_formsets"]:
        for part in (inline.formset.management_form, *inline.formset.forms):
            data |= {part.add_prefix(name): part[name].value() for name in part.fields}
    data = {name: value for name, value in data.items() if value is not None and value is not False}
    data["definition"] = "Changed by hand."
    answer = keeper.post(address(Condition, "change", condition.pk), data)
    assert answer.status_code == 302, re.findall(r"errorlist[^>]*>.*?</ul>", answer.content.decode(), re.S)
    condition.refresh_from_db()
    assert condition.definition == "Changed by hand."


def test_code_cannot_be_edited_and_row_cannot_be_deleted(keeper: Client, copy: Content) -> None:
    site = Site.objects.first()
    assert site is not None
    keeper.post(address(Site, "change", site.pk), {"code": "renamed", "name": "New name", "synonyms": ""})
    assert not Site.objects.filter(code="renamed").exists()
    assert Site.objects.get(pk=site.pk).name == "New name"
    assert keeper.post(address(Site, "delete", site.pk), {"post": "yes"}).status_code == 403


def test_history_tells_field_old_new_and_who(keeper: Client, copy: Content) -> None:
    finding = Finding.objects.first()
    assert finding is not None
    before = finding.name
    with pghistory.context(why="a test"):
        Finding.objects.filter(pk=finding.pk).update(name="Quite another name")
    text = keeper.get(address(Finding, "history", finding.pk)).content.decode()
    assert "Quite another name" in text
    assert before.split()[0] in text
    assert "a test" in text


def test_history_names_the_person_and_what_hangs_on_the_row(keeper: Client, copy: Content) -> None:
    site = Site.objects.get(pk="heel")
    keeper.post(address(Site, "change", site.pk), {"name": "Hind foot", "synonyms": "", "parent": "foot"})
    text = keeper.get(address(Site, "history", site.pk)).content.decode()
    assert "<td>Kit Keeper</td>" in text
    assert "Heel → Hind foot" in text
    page = keeper.get(address(Condition, "history", "fasciitis"))
    assert {event.what for event in page.context["own"]} == {"insert"}
    rows = {event.row.partition(" ")[0] for event in page.context["around"]}
    assert {"Evidence", "Prior", "IcdCode", "ConditionTreatment"} <= rows
    assert not any(event.row == "Condition fasciitis" for event in page.context["around"])
    assert "<strong>positives</strong>: 18" in page.content.decode()


def test_release_is_only_read(keeper: Client, published: Release) -> None:
    assert keeper.get(address(Release, "add")).status_code == 403
    assert keeper.post(address(Release, "change", published.pk), {"notes": "x"}).status_code == 403
    assert keeper.post(address(Release, "delete", published.pk), {"post": "yes"}).status_code == 403


def test_admin_is_for_staff(client: Client, db: None) -> None:
    client.force_login(make_user("Nora Nobody"))
    assert client.get(address(Condition, "changelist")).status_code in (302, 403, 404)
