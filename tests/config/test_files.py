"""Nobody can hand Tinel a file: what does not exist needs no guard."""

from __future__ import annotations

from django.apps import apps
from django.db.models import FileField
from django.forms import FileField as FormFileField
from django.forms import Form, ModelForm

from triage import forms


def test_no_model_keeps_a_file():
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]
    assert len(fields) > 100
    assert [field for field in fields if isinstance(field, FileField)] == []


def test_no_form_takes_a_file():
    kinds = [
        kind for kind in vars(forms).values() if isinstance(kind, type) and issubclass(kind, Form | ModelForm)
    ]
    assert kinds
    assert [
        kind for kind in kinds for field in kind.base_fields.values() if isinstance(field, FormFileField)
    ] == []
