from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from knowledge.admin.base import CodedAdmin
from knowledge.models import GoldenCase, Release, WorkingCopy


@admin.register(WorkingCopy)
class WorkingCopyAdmin(admin.ModelAdmin):
    """The constants of the engine: one row, made by the first import."""

    actions = None
    list_display = ["name", "kind", "epsilon", "other_prior", "temperature"]
    autocomplete_fields = ("symptom_free_finding",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(GoldenCase)
class GoldenCaseAdmin(CodedAdmin):
    list_display = ["code", "title", "source"]
    search_fields = ["code", "title"]
    list_select_related = ("source",)
    autocomplete_fields = ("source",)


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    """Releases are made by publishing; here they are only read."""

    actions = None
    list_display = ["number", "name", "published_at", "published_by", "sha256"]
    fields = ("number", "name", "sha256", "published_at", "published_by", "notes", "holds")
    readonly_fields = fields
    list_select_related = ("published_by",)

    @admin.display(description="holds")
    def holds(self, row: Release) -> str:
        lists = {key: value for key, value in row.document.items() if isinstance(value, list)}
        return ", ".join(f"{len(rows)} {key.replace('_', ' ')}" for key, rows in lists.items())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
