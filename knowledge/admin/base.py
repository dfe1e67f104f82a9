"""What the pages of coded rows have in common: codes for ever, no deletion, history by field."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.forms import Textarea
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from clinics.middleware import membership_not_required
from knowledge.admin import history

SMALL_TEXT: Any = {
    models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 40})},
    models.URLField: {"assume_scheme": "https"},
}


class CodedAdmin(admin.ModelAdmin):
    """A row known by its code: it is retired, never deleted, and every version of it can be read."""

    actions = None
    formfield_overrides = SMALL_TEXT
    list_display = ["code", "name"]
    search_fields = ["code", "name"]
    search_help_text = "Code or name"
    list_per_page = 50

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Names and texts of a list stand one on a line: they contain commas."""
        if isinstance(db_field, ArrayField) and isinstance(db_field.base_field, models.CharField):
            widget = Textarea(attrs={"rows": 5, "cols": 60})
            options |= {"delimiter": "\n", "widget": widget, "help_text": "One on each line."}
            return db_field.formfield(**options)
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["code"] if obj else [])]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @membership_not_required
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every change of the row and of what hangs on it, newest first, by whom and in which fields."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "object": row,
            "opts": self.opts,
            "own": history.of_row(row),
            "around": history.around(row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "knowledge/admin_history.html", context)


class Entries(admin.TabularInline):
    """Rows that hang on a coded row; empty ones are added on request."""

    extra = 0
    formfield_overrides = SMALL_TEXT
